"""Where a broadcast stands, in one aggregate query over its calls (not over its people)."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models import Case, Count, F, Q, Sum, Value, When
from django.utils import timezone

from groups import pace
from kaizala_admin.outbox.models import Lane, State
from kaizala_admin.outbox.words import reason_words

from .models import Broadcast, Delivery, Dispatch

MOST_REASONS = 20  # that are told one by one


@dataclass(frozen=True)
class Reason:
    """Why people failed or are in doubt. `reason` is as it stands in the ledger."""

    state: str
    reason: str
    people: int

    @property
    def text(self) -> str:
        return reason_words(self.reason)


Waiting = tuple[str, int, int]


@dataclass
class Progress:
    """People by state; calls; `rate` is calls in the last 60 seconds; `seconds_left` at today's budgets.

    `ahead` are calls of other broadcasts that go first. `waiting_calls` counts by reason, connector, grant.
    """

    total: int = 0
    waiting: int = 0
    sent: int = 0
    failed: int = 0
    unknown: int = 0
    cancelled: int = 0
    calls: int = 0
    calls_open: int = 0
    calls_unknown: int = 0
    rate: int = 0
    seconds_left: int = 0
    ahead: int = 0
    reasons: list[Reason] = field(default_factory=list)  # the commonest
    others: dict[str, int] = field(default_factory=dict)  # people with any other, by state
    waiting_calls: Counter[Waiting] = field(default_factory=Counter)
    group_ids: list[int] = field(default_factory=list)

    @property
    def done(self) -> int:
        """People whose calls are over, well or not; those whose calls were cancelled never get that far."""
        return self.total - self.waiting - self.cancelled

    @property
    def time_left(self) -> str:
        return pace.in_words(self.seconds_left)


_FIELD = {
    State.QUEUED: "waiting",
    State.SENDING: "waiting",
    State.SENT: "sent",
    State.FAILED: "failed",
    State.UNKNOWN: "unknown",
    State.CANCELLED: "cancelled",
}


_KEYS = ("state", "connector_id", "grant_id", "group_id", "why")


def of(broadcast: Broadcast) -> Progress:
    """The numbers now."""
    found, calls = Progress(), Counter[int]()
    for row in _aggregated(broadcast):
        _add(found, row["state"], row["n"], row["p"] - row["refused"])
        found.failed += row["refused"]
        found.total += row["p"]
        found.rate += row["just_now"]
        if row["state"] in (State.QUEUED, State.SENDING):
            calls[row["connector_id"]] += row["n"]
        if row["state"] == State.QUEUED:
            found.waiting_calls[row["why"], row["connector_id"], row["grant_id"]] += row["n"]
        found.group_ids.append(row["group_id"])
    found.calls_open = sum(calls.values())
    if calls:
        ahead = _ahead(broadcast, list(calls))
        found.ahead = sum(ahead.values())
        found.seconds_left = pace.seconds(calls + ahead)
    found.reasons = _reasons(broadcast) if found.failed or found.unknown else []
    found.others = _others(found)
    found.group_ids = list(dict.fromkeys(found.group_ids))
    return found


def _aggregated(broadcast: Broadcast) -> Any:
    """The reason counts only while a call waits: it is what the hindrances speak of."""
    why = Case(When(state=State.QUEUED, then=F("reason")), default=Value(""))
    minute = Q(settled_at__gt=timezone.now() - timedelta(seconds=60), state=State.SENT)
    rows = Dispatch.objects.filter(broadcast=broadcast).order_by().annotate(why=why).values(*_KEYS)
    return rows.annotate(
        n=Count("pk"), p=Sum("people"), refused=Sum("people_failed"), just_now=Count("pk", filter=minute)
    )


def _ahead(broadcast: Broadcast, connectors: list[int]) -> Counter[int]:
    """Calls of other broadcasts that go first, by connector: more urgent ones, and older ones."""
    if broadcast.state != Broadcast.State.RUNNING or broadcast.launched_at is None:
        return Counter()
    older = Q(priority=broadcast.priority, not_before__lt=broadcast.launched_at)
    rows = Dispatch.objects.filter(
        Q(priority__lt=broadcast.priority) | older,
        connector__in=connectors,
        lane=Lane.BROADCAST,
        state=State.QUEUED,
        held=False,
    )
    counted = rows.order_by().values_list("connector_id").annotate(Count("pk"))
    return Counter(dict(counted))


def _add(found: Progress, state: str, calls: int, people: int) -> None:
    name = _FIELD[State(state)]
    setattr(found, name, getattr(found, name) + people)
    found.calls += calls
    if state == State.UNKNOWN:
        found.calls_unknown += calls


def _reasons(broadcast: Broadcast) -> list[Reason]:
    """By the partial index on failed and unknown lines. Kaizala may give each person their own."""
    wrong = Delivery.objects.filter(broadcast=broadcast, state__in=["failed", "unknown"])
    rows = wrong.values_list("state", "reason").annotate(n=Sum("people"))
    return [Reason(*row) for row in rows.order_by("-n", "state", "reason")[:MOST_REASONS]]


def _others(found: Progress) -> dict[str, int]:
    """Nobody, unless there are as many reasons as are told one by one."""
    if len(found.reasons) < MOST_REASONS:
        return {}
    told = Counter[str]()
    for one in found.reasons:
        told[one.state] += one.people
    rest = {"failed": found.failed - told["failed"], "unknown": found.unknown - told["unknown"]}
    return {state: people for state, people in rest.items() if people > 0}
