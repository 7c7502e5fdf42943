"""The home page's panels: None where the person may not look, else a fixed number of queries."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, Sum
from django.http import HttpRequest
from django.utils.translation import gettext as _

from groups.models import Group, Member, Subscriber, SyncRun
from kaizala_admin.connectors import limiter
from kaizala_admin.connectors.models import Connector, Grant
from kaizala_admin.outbox.models import State
from kaizala_admin.outbox.words import TONES

from .links import may_see, row_url, rows_url

MOST_CONNECTORS = 8
MOST_SYNCS = 6


@dataclass(frozen=True)
class Number:
    value: int
    label: str
    url: str


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
    if may_see(request, Member):
        shown.append(Number(found["members"] or 0, _("Members"), rows_url(Member)))
    if may_see(request, Subscriber):
        shown.append(Number(found["subscribers"] or 0, _("Subscribers"), rows_url(Subscriber)))
    return shown


@dataclass(frozen=True)
class ConnectorLine:
    connector: Connector
    url: str
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
    active = Connector.objects.filter(is_active=True).select_related("tenant")
    rows = list(active.order_by("-health", "name")[:MOST_CONNECTORS])
    usage = limiter.usage([row.pk for row in rows])
    return [_line(row, usage[row.pk]) for row in sorted(rows, key=_troubled_first)]


def _troubled_first(row: Connector) -> tuple[bool, str]:
    return row.health == Connector.Health.WORKING, row.name


def _line(row: Connector, usage: Any) -> ConnectorLine:
    return ConnectorLine(
        connector=row,
        url=row_url(row),
        used=usage.used_last_minute,
        allowed=usage.allowed,
        tenant_used=usage.tenant_used,
        tenant_allowed=usage.tenant_allowed,
        paused_for=usage.paused_for,
    )


@dataclass(frozen=True)
class SyncLine:
    title: str
    url: str
    state: str
    tone: str
    run: SyncRun
    when: datetime


def syncs(request: HttpRequest) -> list[SyncLine] | None:
    """The latest runs that a person or a schedule started; what those started stands on their pages."""
    if not may_see(request, SyncRun):
        return None
    runs = SyncRun.objects.select_related("group", "grant__connector").filter(parent=None)
    return [_sync_line(run) for run in runs.order_by("-id")[:MOST_SYNCS]]


def _sync_line(run: SyncRun) -> SyncLine:
    state = State(run.state)
    return SyncLine(
        title=run.group.name if run.group else str(run.grant),
        url=row_url(run),
        state=str(state.label),
        tone=TONES[state],
        run=run,
        when=run.settled_at or run.started_at or run.created_at,
    )


def broadcasts(request: HttpRequest) -> list[Any] | None:
    return None


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
    return [
        Step(_("Add a connector: the registration with Kaizala."), has_connector, ""),
        Step(_("Add a grant, so that the console may see your groups."), has_grant, ""),
        Step(_("Sync: read the groups and the people from Kaizala."), has_groups, ""),
        Step(_("Write the first broadcast."), False, ""),
    ]
