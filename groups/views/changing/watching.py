"""Changes on their way: the page that updates itself, what is pending beside the mirror, and taking back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.generic import TemplateView, View

from groups.access import may
from groups.changes import checking, services, undoing
from groups.changes.models import GroupChange
from groups.changes.results import TONES as RESULT_TONES
from groups.changes.results import Outcome
from groups.models import Group, Member
from kaizala_admin.outbox.models import State
from kaizala_admin.outbox.words import TONES, why_waiting
from kaizala_admin.ui.confirm import Confirmation, ask_first, confirmed
from kaizala_admin.ui.views import ConsoleMixin

from .base import MANAGE, group_url, progress_url

MOST_CHANGES, MOST_RESULTS, PENDING_SHOWN = 200, 500, 20
RELATED = ("group", "other", "created_by", "connector", "grant")


@dataclass
class Line:
    """One number and what came of it. `note`: what the list read afterwards says of it."""

    number: str
    word: str
    tone: str
    reason: str
    note: str = ""


@dataclass
class Shown:
    """A change as the page shows it."""

    change: GroupChange
    tone: str
    why: str
    lines: list[Line]
    can_undo: bool
    by_hand: bool  # a person has to say what became of it

    @property
    def title(self) -> str:
        return self.change.title()


def named(words: str) -> list[GroupChange]:
    """The changes named "1,2,3", with those that they were cut into. Raises Http404 when there is none."""
    keys = words.split(",")[:MOST_CHANGES]
    if not all(key.isdecimal() and len(key) < 19 for key in keys):
        raise Http404(_("There is no such change."))
    rows = _rows(keys)
    if not rows:
        raise Http404(_("There is no such change."))
    return _with_parts(rows)


def _with_parts(rows: Sequence[GroupChange]) -> list[GroupChange]:
    """A change that Kaizala refused as a whole is shown as its parts. A query a level."""
    whole = [row for row in rows if not row.payload.get("parts")]
    keys = [key for row in rows for key in row.payload.get("parts", ())]
    if not keys:
        return whole
    return [*whole, *_with_parts(_rows(keys))]


def _rows(keys: Sequence[Any]) -> list[GroupChange]:
    """With all that their lines are made of. Two queries."""
    undoings = Prefetch("undone_by", GroupChange.objects.only("state", "undoes_id"))
    rows = GroupChange.objects.filter(pk__in=keys).select_related(*RELATED)
    return list(rows.prefetch_related(undoings).order_by("pk"))


class Progress(ConsoleMixin, TemplateView):
    """The whole page, or only its moving part when htmx asks."""

    permission_required = "groups.view_groupchange"

    def get_template_names(self) -> list[str]:
        part = self.request.headers.get("HX-Request") == "true"
        return ["groups/changes/progress_part.html" if part else "groups/changes/progress.html"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        keys = self.request.GET.get("changes", "")
        rows = named(keys)
        moving = any(row.state in (State.QUEUED, State.SENDING) for row in rows)
        undo = may(self.request, MANAGE)
        first = rows[0]
        more = {
            "keys": keys,
            "moving": moving,
            "shown": _shown(rows, undo),
            "totals": _totals(rows),
            "group": first.group or first.other,
            "tab": _tab(first),
            "may_settle": may(self.request, "outbox.settle"),
        }
        title = first.title() if len(rows) == 1 else _("%(n)s changes") % {"n": len(rows)}
        return super().get_context_data(**{**more, "title": title, **kwargs})


def _tab(change: GroupChange) -> str:
    if change.kind in (GroupChange.Kind.ADD_SUBSCRIBERS, GroupChange.Kind.REMOVE_SUBSCRIBERS):
        return "subscribers"
    links = (GroupChange.Kind.LINK, GroupChange.Kind.UNLINK, GroupChange.Kind.CREATE_SUBGROUP)
    return "sub_groups" if change.kind in links else "members"


def _totals(rows: Sequence[GroupChange]) -> dict[str, int]:
    asked = sum(row.people for row in rows)
    done, refused = sum(row.done for row in rows), sum(row.refused for row in rows)
    return {"people": asked, "done": done, "refused": refused}


def _shown(rows: Sequence[GroupChange], undo: bool) -> list[Shown]:
    missing = _missing(rows)
    return [
        Shown(
            row,
            TONES[State(row.state)],
            row.detail or (why_waiting(row) if row.state != State.SENT else ""),
            _lines(row, missing),
            undo and undoing.can_undo(row),
            row.state in (State.UNKNOWN, State.FAILED),
        )
        for row in rows
    ]


def _lines(row: GroupChange, missing: dict[tuple[int, str], datetime]) -> list[Line]:
    lines = []
    for name, (what, why) in list(row.results.items())[:MOST_RESULTS]:
        since = missing.get((row.group_id or 0, name)) if what == Outcome.ADDED else None
        lacks = since is not None and row.settled_at is not None and since >= row.settled_at
        note = _("Kaizala took the call, but its list does not have this number.") if lacks else ""
        tone = "warning" if note else RESULT_TONES.get(Outcome(what), "")
        lines.append(Line(name, str(Outcome(what).label), tone, why, note))
    return lines


def _missing(rows: Sequence[GroupChange]) -> dict[tuple[int, str], datetime]:
    """Whom Kaizala said nothing against, but whom a list that was read afterwards does not have: since when.

    By group and number. One query.
    """
    added = [row for row in rows if row.kind == GroupChange.Kind.ADD_MEMBERS and row.settled_at]
    if not added:
        return {}
    since = min(row.settled_at for row in added if row.settled_at)
    lost = Member.objects.filter(group__in={row.group_id for row in added}, person_id__startswith="tel:")
    found = lost.filter(gone_at__gte=since).values_list("group_id", "mobile_number", "gone_at")
    return {(group_id, number): gone_at for group_id, number, gone_at in found if gone_at}


class Pending(ConsoleMixin, TemplateView):
    """What is in line for a group, or for groups yet to be; the page is drawn anew when it moved."""

    permission_required = "groups.view_groupchange"
    template_name = "groups/changes/pending.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        group = get_object_or_404(Group, pk=kwargs["group_id"]) if "group_id" in kwargs else None
        if request.headers.get("HX-Request") != "true":  # it is a part, not a page
            lists = reverse("admin:groups_group_changelist")
            return HttpResponseRedirect(group_url(group.pk, "changes") if group else lists)
        now = pending_context(group)
        answer = self.render_to_response(self.get_context_data(**now))
        if request.GET.get("seen", now["pending_keys"]) != now["pending_keys"]:
            answer["HX-Refresh"] = "true"
        return answer


def pending_context(group: Group | None) -> dict[str, Any]:
    """What a group's page needs to show beside the mirror; without one, the list of groups. One query."""
    rows = list(services.pending(group)[: PENDING_SHOWN + 1])
    return {
        "pending_url": reverse("admin:groups_group_pending", args=[group.pk] if group else []),
        "pending": [(row, why_waiting(row)) for row in rows[:PENDING_SHOWN]],
        "pending_more": len(rows) > PENDING_SHOWN,
        "pending_keys": ",".join(f"{row.pk}{row.state[0]}" for row in rows),
    }


class Undo(ConsoleMixin, View):
    """Asks, then takes a change back."""

    permission_required = MANAGE

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._ask(request, self._row(pk))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self._row(pk)
        if not confirmed(request):
            return self._ask(request, row)
        by: Any = request.user
        try:
            return HttpResponseRedirect(progress_url(services.undo(change=row, by=by)))
        except checking.CannotChange as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(progress_url([row]))

    def _row(self, pk: int) -> GroupChange:
        return get_object_or_404(GroupChange.objects.select_related(*RELATED), pk=pk)

    def _ask(self, request: HttpRequest, row: GroupChange) -> HttpResponse:
        touched = len(undoing.touched(row))
        calls = touched if row.kind == GroupChange.Kind.ADD_MEMBERS else 1
        page = Confirmation(
            title=_("Take back"),
            question=_("Take this change back? Only what it really changed is touched."),
            button=_("Take back"),
            cancel_url=progress_url([row]),
            facts=[(_("Change"), row.title()), (_("People or groups"), touched), (_("Calls"), calls)],
            warnings=[why] if (why := undoing.told_before(row)) else [],
            url=request.path,
        )
        return ask_first(request, page)
