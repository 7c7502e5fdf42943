"""Where a broadcast stands, in two aggregate queries over its calls (not over its people)."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models import Count, Q, Sum
from django.utils import timezone

from groups import pace
from kaizala_admin.outbox.models import State
from kaizala_admin.outbox.words import reason_words

from .models import Broadcast, Delivery, Dispatch


@dataclass(frozen=True)
class Reason:
    """Why people failed or are in doubt. `reason` is as it stands in the ledger."""

    state: str
    reason: str
    people: int

    @property
    def text(self) -> str:
        return reason_words(self.reason)


@dataclass
class Progress:
    """People by state; calls; `rate` is calls in the last 60 seconds; `seconds_left` at today's budgets."""

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
    reasons: list[Reason] = field(default_factory=list)

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


def of(broadcast: Broadcast) -> Progress:
    """The numbers now."""
    found, calls = Progress(), Counter[int]()
    minute = Q(settled_at__gt=timezone.now() - timedelta(seconds=60), state=State.SENT)
    rows: Any = Dispatch.objects.filter(broadcast=broadcast).order_by().values("state", "connector_id")
    sums = {"n": Count("pk"), "p": Sum("people"), "refused": Sum("people_failed")}
    for row in rows.annotate(**sums, just_now=Count("pk", filter=minute)):
        _add(found, row["state"], row["n"], row["p"] - row["refused"])
        found.failed += row["refused"]
        found.total += row["p"]
        found.rate += row["just_now"]
        if row["state"] in (State.QUEUED, State.SENDING):
            calls[row["connector_id"]] += row["n"]
    found.calls_open = sum(calls.values())
    found.seconds_left = pace.seconds(calls) if calls else 0
    found.reasons = _reasons(broadcast) if found.failed or found.unknown else []
    return found


def _add(found: Progress, state: str, calls: int, people: int) -> None:
    name = _FIELD[State(state)]
    setattr(found, name, getattr(found, name) + people)
    found.calls += calls
    if state == State.UNKNOWN:
        found.calls_unknown += calls


def _reasons(broadcast: Broadcast) -> list[Reason]:
    """By the partial index on failed and unknown lines: few, however large the broadcast."""
    wrong = Delivery.objects.filter(broadcast=broadcast, state__in=["failed", "unknown"])
    rows = wrong.order_by("state").values_list("state", "reason").annotate(people=Sum("people"))
    return [Reason(*row) for row in sorted(rows, key=lambda row: -row[2])]
