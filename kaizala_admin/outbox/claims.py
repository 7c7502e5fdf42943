"""Taking permitted rows: one compare-and-set, committed before anything leaves (reliability 1.1)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from itertools import groupby

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from kaizala_admin.connectors.clock import later
from kaizala_admin.connectors.prepared import Prepared
from kaizala_admin.kaizala import NotSent

from .models import OutboxRow, State
from .registry import row_classes

LEASE = timedelta(
    seconds=120
)  # longer than connect and read time-outs together, shorter than visibility_timeout


@dataclass
class Claim:
    """A row that is ours until its lease ends. `calls_left` counts the permitted calls after this one."""

    row: OutboxRow
    calls_left: int
    taken_at: datetime = field(default_factory=lambda: timezone.now())  # on this process's clock

    def check_time(self) -> None:
        """Just before the call. Raises NotSent when the call could outlive the lease.

        A process that stood still (a laptop asleep, a token long in coming) may be taken for dead by now.
        """
        if timezone.now() - self.taken_at > LEASE / 2:
            raise NotSent("The row was held for too long before its call, so the call was not made.")


def permitted(row_class: type[OutboxRow]) -> QuerySet[OutboxRow]:
    """Rows that may call now: queued, not paused, with a permit that has not run out."""
    return row_class._default_manager.filter(
        state=State.QUEUED, held=False, permits__gt=0, permits_until__gt=Now()
    )


def claim(connector_id: int, most: int = 1, first: type[OutboxRow] | None = None) -> list[Claim]:
    """At most `most` permitted rows of the connector, now `sending`; committed with the caller's transaction.

    `first` is the class to look at first: where the last one came from there are likely more.
    """
    found: list[Claim] = []
    with transaction.atomic(savepoint=False):
        for row_class in sorted(row_classes(), key=lambda known: known is not first):
            if len(found) < most:
                found += _claim_of(row_class, connector_id, most - len(found))
    return found


def recall(connector_id: int) -> int:
    """Takes back the permits that no worker has used yet, because Kaizala asked for a rest. Returns how many.

    Rows that somebody claims or grants at this moment are left to them, so nobody waits for anybody. A row
    that is read page by page makes no more calls once those under way are written.
    """
    count = 0
    for row_class in row_classes():
        with transaction.atomic():
            granted = permitted(row_class).filter(connector_id=connector_id)
            locked = granted.select_for_update(skip_locked=True, of=("self",))
            keys = list(locked.values_list("pk", flat=True))
            count += granted.filter(pk__in=keys).update(permits=0) if keys else 0
        if row_class.repeatable:
            _stop_reading(row_class, connector_id)
    return count


def _stop_reading(row_class: type[OutboxRow], connector_id: int) -> None:
    """The calls that a worker may still make for a row are in its memory; their end is on the row."""
    with transaction.atomic():
        reading = row_class._default_manager.filter(connector_id=connector_id, state=State.SENDING)
        keys = list(reading.select_for_update().order_by("pk").values_list("pk", flat=True))
        reading.filter(pk__in=keys).update(permits_until=Now())


def _claim_of(row_class: type[OutboxRow], connector_id: int, most: int) -> list[Claim]:
    """The rows are locked between the look and the claim: by the transaction on SQLite, else one by one."""
    taken = take(_first(row_class, most).objects(connector_id))
    if taken:
        row_class.prepare_many(taken)
    return [Claim(row, calls_left=row.permits - 1) for row in taken]


@cache
def _first(row_class: type[OutboxRow], most: int) -> Prepared[OutboxRow]:
    """The connector's rows whose turn it is, locked."""

    def build(connector_id: int) -> QuerySet[OutboxRow]:
        waiting = permitted(row_class).filter(connector_id=connector_id, connector__is_active=True)
        locked = waiting.select_for_update(skip_locked=True, of=("self",))
        return locked.order_by("lane", *row_class.line_order())[:most]

    return Prepared(build)


def take(rows: Sequence[OutboxRow]) -> list[OutboxRow]:
    """Queued -> sending for those that are still as they were seen; they then hold their new claim."""
    taken: list[OutboxRow] = []
    for number, same in groupby(sorted(rows, key=lambda row: row.claim), key=lambda row: row.claim):
        taken += _take_same(list(same), number)
    return taken


def _take_same(rows: Sequence[OutboxRow], number: int) -> Sequence[OutboxRow]:
    won = _take_them(type(rows[0])).update([row.pk for row in rows], number)
    if won != len(rows):
        if len(rows) == 1:
            return []
        raise RuntimeError("rows changed under their lock")  # rolls the whole claim back
    for row in rows:
        row.state, row.claim, row.attempts = State.SENDING, number + 1, row.attempts + 1
    return rows


@cache
def _take_them(row_class: type[OutboxRow]) -> Prepared[OutboxRow]:
    """Those that still have their permit, and still their claim's number."""
    return Prepared(
        lambda keys, number: permitted(row_class).filter(pk__in=keys, claim=number),
        lambda: {
            "state": State.SENDING,
            "permits": 0,
            "claim": F("claim") + 1,
            "attempts": F("attempts") + 1,
            "lease_until": later(LEASE),
        },
    )
