"""What each tab of a group's page shows."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from groups import queries, search, tree
from groups.changes.models import GroupChange
from groups.figures.models import Headcount
from groups.models import Group, Member, Subscriber, SyncRun
from groups.tabs import Tab, register
from groups.unregistered import unregistered
from kaizala_admin.outbox.models import State
from kaizala_admin.outbox.words import TONES

PAGE = 50  # people, and runs, on one page


def overview(group: Group, request: HttpRequest) -> dict[str, Any]:
    """Numbers that lead to their rows, what Kaizala tells of the group, and who reaches it."""
    live = {"gone_at__isnull": True}
    return {
        "parents": list(group.parents.filter(child_links__child=group, child_links__gone_at=None, **live)),
        "child_total": queries.present_links().filter(parent=group).count(),
        "reaches": list(group.reaches.filter(**live).select_related("grant__connector").order_by("grant_id")),
        "best_grant": queries.best_grant(group),
        "last_run": _runs(group).first(),
        "unregistered": unregistered(group),
        "growth_url": f"{reverse('admin:groups_figures_growth')}?group={group.pk}",
    }


def members(group: Group, request: HttpRequest) -> dict[str, Any]:
    return {**_people(Member, group, request), "total": group.member_count, "list": "members"}


def subscribers(group: Group, request: HttpRequest) -> dict[str, Any]:
    return {**_people(Subscriber, group, request), "total": group.subscriber_count, "list": "subscribers"}


def _people(row_class: type[Any], group: Group, request: HttpRequest) -> dict[str, Any]:
    """One page of present people, found by key: page 20,000 costs as much as page 1."""
    wanted, after = request.GET.get("q", "").strip(), request.GET.get("after", "")
    rows: QuerySet[Any] = row_class._default_manager.filter(group=group, gone_at__isnull=True).order_by("id")
    if wanted:
        rows = rows.filter(search.people(wanted, row_class))
    if after.isdecimal() and len(after) < 19:
        rows = rows.filter(id__gt=int(after))
    found = list(rows[: PAGE + 1])
    name = row_class._meta.model_name
    address = {"tab": f"{name}s", **({"q": wanted} if wanted else {})}
    return {
        "people": found[:PAGE],
        "q": wanted,
        "after": after,
        "first_url": f"?{urlencode(address)}",
        "next_url": f"?{urlencode({**address, 'after': found[PAGE - 1].pk})}" if len(found) > PAGE else "",
        "list_url": f"{reverse(f'admin:groups_{name}_changelist')}?group__id__exact={group.pk}",
    }


def sub_groups(group: Group, request: HttpRequest) -> dict[str, Any]:
    counted = Headcount.objects.filter(group=group).first()
    return {"graph": tree.sub_graph(group), "most": tree.MOST, "counted": counted}


def _runs(group: Group) -> QuerySet[SyncRun]:
    return group.sync_runs.select_related("connector", "grant").order_by("-id").defer("cursor")


def history(group: Group, request: HttpRequest) -> dict[str, Any]:
    return {"history": list(_runs(group)[:PAGE])}


def changes(group: Group, request: HttpRequest) -> dict[str, Any]:
    """Its own, and those of which it is the other group: how it was made, where it was linked."""
    latest = [GroupChange.objects.filter(**{name: group}).order_by("-id") for name in ("group", "other")]
    keys = [key for rows in latest for key in rows.values_list("pk", flat=True)[:PAGE]]
    found = GroupChange.objects.filter(pk__in=keys).select_related("group", "other", "created_by")
    return {"changes": [(row, TONES[State(row.state)]) for row in found.order_by("-id")[:PAGE]]}


def register_all() -> None:
    """The tabs that every group has."""
    own = [
        Tab("overview", _("Overview"), "groups.view_group", "groups/tabs/overview.html", overview, 0),
        Tab("members", _("Members"), "groups.view_member", "groups/tabs/people.html", members, 10),
        Tab(
            "subscribers",
            _("Subscribers"),
            "groups.view_subscriber",
            "groups/tabs/people.html",
            subscribers,
            20,
        ),
        Tab(
            "sub_groups", _("Sub-groups"), "groups.view_group", "groups/tabs/sub_groups.html", sub_groups, 30
        ),
        Tab("changes", _("Changes"), "groups.view_groupchange", "groups/tabs/changes.html", changes, 80),
        Tab("history", _("Sync history"), "groups.view_syncrun", "groups/tabs/history.html", history, 90),
    ]
    for tab in own:
        register(tab)
