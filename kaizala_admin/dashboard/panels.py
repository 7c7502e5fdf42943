"""The home page's panels: None where the person may not look, else a fixed number of queries."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from groups.models import Group, Member, Subscriber, SyncRun
from groups.progress import Summary, summaries
from kaizala_admin.connectors import health, limiter
from kaizala_admin.connectors.models import Connector, Grant
from kaizala_admin.outbox.models import FINAL, State
from messaging.models import Broadcast, Dispatch
from messaging.timing import firings

from .links import may_see, row_url, rows_url

MOST_CONNECTORS = 8
MOST_SYNCS = 6
MOST_BROADCASTS = 8


@dataclass(frozen=True)
class Number:
    value: int
    label: str
    url: str
    hint: str = ""


def numbers(request: HttpRequest) -> list[Number]:
    """How big the mirror is: sums over the groups' own counts, never a count of a million rows."""
    if not may_see(request, Group):
        return []
    found = Group.objects.filter(gone_at=None).aggregate(
        groups=Count("pk"),
        public=Count("pk", Q(group_type=Group.Type.PUBLIC)),
        members=Sum("member_count"),
        subscribers=Sum("subscriber_count"),
    )
    shown = [
        Number(found["groups"], _("Groups"), rows_url(Group)),
        Number(found["public"], _("Public groups"), rows_url(Group, type=Group.Type.PUBLIC)),
    ]
    once = _("counted in each group they are in")
    if may_see(request, Member):
        shown.append(Number(found["members"] or 0, _("Members"), rows_url(Member), once))
    if may_see(request, Subscriber):
        shown.append(Number(found["subscribers"] or 0, _("Subscribers"), rows_url(Subscriber), once))
    return shown


@dataclass(frozen=True)
class ConnectorLine:
    connector: Connector
    url: str
    health: tuple[str, str]  # a word and its tone
    used: int
    allowed: int
    tenant_used: int
    tenant_allowed: int
    paused_for: float

    @property
    def tone(self) -> str:
        return "warning" if self.paused_for or self.used * 10 >= self.allowed * 9 else "primary"


def connectors(request: HttpRequest) -> list[ConnectorLine] | None:
    """Health and the last minute's calls, troubled ones first."""
    if not may_see(request, Connector):
        return None
    active = (
        Connector.objects.filter(is_active=True)
        .select_related("tenant")
        .annotate(grants_count=Count("grants"))
    )
    rows = list(active.order_by("-health", "name")[:MOST_CONNECTORS])
    usage = limiter.usage([row.pk for row in rows])
    return [_line(row, usage[row.pk]) for row in sorted(rows, key=_troubled_first)]


def _troubled_first(row: Any) -> tuple[bool, str]:
    return row.health == Connector.Health.WORKING and row.grants_count > 0, row.name


def _line(row: Connector, usage: Any) -> ConnectorLine:
    key, word = health.standing(row)
    return ConnectorLine(
        connector=row,
        url=row_url(row),
        health=(word, health.TONES[key]),
        used=usage.used_last_minute,
        allowed=usage.allowed,
        tenant_used=usage.tenant_used,
        tenant_allowed=usage.tenant_allowed,
        paused_for=usage.paused_for,
    )


@dataclass(frozen=True)
class SyncLine:
    """`sync` sums up the run and all that it started: it is under way until the last of them is done."""

    title: str
    url: str
    run: SyncRun
    sync: Summary
    when: datetime

    @property
    def state(self) -> tuple[str, str]:
        """The word and its tone."""
        if not self.sync.finished:
            return _("Under way"), "info"
        if self.sync.failed:
            return _("Failed") if self.sync.failed == self.sync.total else _("Failed in part"), "danger"
        return (_("Stopped"), "") if self.sync.cancelled else (_("Finished"), "success")


def syncs(request: HttpRequest) -> list[SyncLine] | None:
    """The latest syncs that a person or a schedule started, each with all that it started."""
    if not may_see(request, SyncRun):
        return None
    started = SyncRun.objects.select_related("group", "grant__connector").filter(parent=None)
    runs = list(started.order_by("-id")[:MOST_SYNCS])
    found = summaries(runs)
    return [_sync_line(run, found[run.pk]) for run in runs]


def _sync_line(run: SyncRun, sync: Summary) -> SyncLine:
    ended = sync.settled_at if sync.finished else None
    return SyncLine(
        title=run.group.name if run.group else str(run.grant),
        url=row_url(run),
        run=run,
        sync=sync,
        when=ended or run.started_at or run.created_at,
    )


@dataclass(frozen=True)
class BroadcastLine:
    """People, not calls. `done` counts whoever needs no more calls, with or without success."""

    broadcast: Broadcast
    url: str
    done: int
    sent: int
    failed: int
    unknown: int

    @property
    def tone(self) -> str:
        return "warning" if self.failed or self.unknown else "primary"


def broadcasts(request: HttpRequest) -> list[BroadcastLine] | None:
    """What is being sent now, and what is paused."""
    if not may_see(request, Broadcast):
        return None
    active = Broadcast.objects.filter(state__in=[Broadcast.State.RUNNING, Broadcast.State.PAUSED])
    rows = list(active.order_by("-id")[:MOST_BROADCASTS])
    people = _people_by_state([row.pk for row in rows])
    return [_broadcast_line(row, people[row.pk]) for row in rows]


def missed_times(request: HttpRequest) -> list[Any]:
    """Missed times that wait for a yes or a no, for who may say it."""
    if not request.user.has_perm("messaging.send_broadcast"):
        return []
    return firings.with_results(firings.to_decide()[:MOST_BROADCASTS])


def _people_by_state(keys: list[int]) -> dict[int, Counter[str]]:
    """One query for all: how many people the dispatches of each broadcast hold, by state."""
    states: dict[int, Counter[str]] = {key: Counter() for key in keys}
    held = Dispatch.objects.filter(broadcast__in=keys).order_by().values_list("broadcast", "state")
    for key, state, people in held.annotate(total=Sum("people")):
        states[key][state] = people
    return states


def _broadcast_line(row: Broadcast, people: Counter[str]) -> BroadcastLine:
    return BroadcastLine(
        broadcast=row,
        url=row.get_absolute_url(),
        done=sum(people[state] for state in (*FINAL, State.UNKNOWN)),
        sent=people[State.SENT],
        failed=people[State.FAILED],
        unknown=people[State.UNKNOWN],
    )


@dataclass(frozen=True)
class Step:
    text: str
    done: bool
    url: str


def first_steps(request: HttpRequest) -> list[Step]:
    """What a new install needs, until it has all of it; empty afterwards."""
    has_connector = Connector.objects.exists()
    has_grant = has_connector and Grant.objects.exists()
    has_groups = has_grant and Group.objects.exists()
    if has_groups:
        return []
    add_connector = _open_to(request, "connectors.add_connector", "admin:connectors_connector_add")
    add_grant = _open_to(request, "connectors.add_grant", "admin:connectors_grant_changelist")
    sync = _open_to(request, "groups.sync_group", "admin:groups_group_changelist")
    return [
        Step(_("Add a connector: the registration with Kaizala."), has_connector, add_connector),
        Step(_("Add a grant to it, so that the console may see your groups."), has_grant, add_grant),
        Step(_("Sync: read the groups and the people from Kaizala."), has_groups, sync),
        Step(_("Compose the first broadcast."), False, ""),
    ]


def _open_to(request: HttpRequest, permission: str, url_name: str) -> str:
    return reverse(url_name) if request.user.has_perm(permission) else ""
