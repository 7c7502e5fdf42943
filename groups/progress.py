"""How far syncs have come: the runs that a person started, and all that those started."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any

from django.db.models import Count, F, Max, Min, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from groups.models import SyncRun
from groups.services import ACTIVE, family
from groups.sync.errors import TOO_MANY_GONE
from kaizala_admin.outbox.models import State

SHOWN = 20  # runs named one by one
HEADROOM = 0.95  # of a budget the limiter uses (design, Limits)


@dataclass(frozen=True)
class Progress:
    """Sums over the runs. `seconds_left` is None when nothing is left or no budget is known."""

    total: int
    waiting: int
    working: int
    done: int
    failed: int
    cancelled: int
    pages: int  # each is one call
    expected: int
    seen: int
    created: int
    changed: int
    gone: int
    started_at: datetime | None
    settled_at: datetime | None
    seconds_left: int | None
    under_way: tuple[SyncRun, ...]
    problems: tuple[SyncRun, ...]
    notes: tuple[SyncRun, ...]  # done, with something that a person should know

    @property
    def finished(self) -> bool:
        return not self.waiting and not self.working

    @property
    def percent(self) -> int:
        """0 to 100; 100 only when finished."""
        if self.finished:
            return 100
        return min(99, 100 * self.pages // max(1, self.expected))

    @property
    def asks(self) -> tuple[SyncRun, ...]:
        """Runs that stopped to ask whether so many are really gone."""
        return tuple([run for run in self.problems if run.reason == TOO_MANY_GONE])


def progress(runs: Sequence[SyncRun]) -> Progress:
    """Five queries, however many runs there are."""
    rows = family(*runs).order_by()
    states = {state: Count("pk", filter=Q(state=state)) for state in State.values}
    sums = {name: Sum(name) for name in ("pages", "expected_pages", "seen", "created", "changed", "gone")}
    over = rows.aggregate(**states, **sums, started=Min("started_at"), settled=Max("settled_at"))
    named = rows.select_related("group", "grant__connector", "connector")
    return Progress(
        total=sum(over[state] for state in State.values),
        waiting=over[State.QUEUED] + over[State.UNKNOWN],
        working=over[State.SENDING],
        done=over[State.SENT],
        failed=over[State.FAILED],
        cancelled=over[State.CANCELLED],
        pages=over["pages"] or 0,
        expected=over["expected_pages"] or 0,
        seen=over["seen"] or 0,
        created=over["created"] or 0,
        changed=over["changed"] or 0,
        gone=over["gone"] or 0,
        started_at=over["started"],
        settled_at=over["settled"],
        seconds_left=seconds_left(rows),
        under_way=tuple(named.filter(state__in=ACTIVE).order_by("-pages", "pk")[:SHOWN]),
        problems=tuple(named.filter(state=State.FAILED).order_by("pk")[:SHOWN]),
        notes=tuple(named.filter(state=State.SENT).exclude(detail="").order_by("pk")[:SHOWN]),
    )


@dataclass(frozen=True)
class Summary:
    """One sync in a few numbers: the run that a person or a schedule started, with all that it started.

    `pages` and `expected` are calls; the people and groups of all of them are summed up.
    """

    total: int
    waiting: int
    failed: int
    cancelled: int
    pages: int
    expected: int
    seen: int
    created: int
    changed: int
    gone: int
    settled_at: datetime | None

    @property
    def finished(self) -> bool:
        return not self.waiting

    @property
    def done(self) -> int:
        """Runs that need no more calls, with or without success."""
        return self.total - self.waiting


def summaries(runs: Sequence[SyncRun]) -> dict[int, Summary]:
    """By primary key of each run; one query, however many there are."""
    counts = {"total": Count("pk"), "settled_at": Max("settled_at"), "expected": Sum("expected_pages")}
    states = {
        "waiting": Count("pk", Q(state__in=[*ACTIVE, State.UNKNOWN])),
        "failed": Count("pk", Q(state=State.FAILED)),
        "cancelled": Count("pk", Q(state=State.CANCELLED)),
    }
    # A sum must not be named like the column that it sums up.
    sums = {f"all_{name}": Sum(name) for name in ("pages", "seen", "created", "changed", "gone")}
    rows = family(*runs).order_by().annotate(root=Coalesce("parent_id", "pk")).values("root")
    found: Any = rows.annotate(**counts, **states, **sums)
    return {row["root"]: _summary(row) for row in found}


def _summary(row: dict[str, Any]) -> Summary:
    return Summary(**{name.removeprefix("all_"): value for name, value in row.items() if name != "root"})


def seconds_left(rows: QuerySet[SyncRun]) -> int | None:
    """Time to go at the connectors' budgets, if nothing else used them; each connector works by itself."""
    left = (
        rows.filter(state__in=ACTIVE)
        .order_by()
        .values("connector__calls_per_minute", "connector__tenant__calls_per_minute", "connector_id")
        .annotate(calls=Sum(F("expected_pages") - F("pages")))
    )
    times = [
        60
        * max(1, row["calls"])
        / (
            HEADROOM
            * max(1, min(row["connector__calls_per_minute"], row["connector__tenant__calls_per_minute"]))
        )
        for row in left
    ]
    return ceil(max(times)) if times else None


def in_words(seconds: int | None) -> str:
    """ "about 3 min", "about 2 h 5 min"; "" when nothing is known."""
    from django.utils.translation import gettext as _

    if seconds is None:
        return ""
    if seconds < 60:
        return _("less than a minute")
    hours, minutes = divmod(ceil(seconds / 60), 60)
    if not hours:
        return _("about %(minutes)d min") % {"minutes": minutes}
    return _("about %(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes}
