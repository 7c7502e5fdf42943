"""Taking a permitted row: one compare-and-set, committed before anything leaves (reliability 1.1)."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import F, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from kaizala_admin.connectors.clock import later

from .models import OutboxRow, State
from .registry import row_classes

LEASE = timedelta(
    seconds=120
)  # longer than connect and read time-outs together, shorter than visibility_timeout
_choosing = threading.Lock()
_writing = threading.Lock()


@dataclass
class Claim:
    """A row that is ours until its lease ends. `calls_left` counts the permitted calls after this one."""

    row: OutboxRow
    calls_left: int
    started_at: datetime = field(default_factory=timezone.now)


@contextmanager
def turn() -> Iterator[None]:
    """One writer of this process at a time on SQLite, whose own queue is a sleep of growing length."""
    if connection.vendor == "sqlite":
        with _writing:
            yield
    else:
        yield


def permitted(row_class: type[OutboxRow]) -> QuerySet[OutboxRow]:
    """Rows that may call now: queued, not paused, with a permit that has not run out."""
    return row_class._default_manager.filter(
        state=State.QUEUED, held=False, permits__gt=0, permits_until__gt=Now()
    )


def claim(connector_id: int, first: type[OutboxRow] | None = None) -> Claim | None:
    """The next permitted row of the connector, now `sending` and committed; None when there is none.

    `first` is the class to look at first: where the last one came from there are likely more.
    """
    for row_class in sorted(row_classes(), key=lambda known: known is not first):
        with _choosing:
            if taken := _claim_of(row_class, connector_id):
                return taken
    return None


def _claim_of(row_class: type[OutboxRow], connector_id: int) -> Claim | None:
    waiting = permitted(row_class).filter(connector_id=connector_id, connector__is_active=True)
    while row := waiting.order_by("lane", "not_before", "pk").first():
        if take(row):
            return Claim(row, calls_left=row.permits - 1)
    return None


def take(row: OutboxRow) -> bool:
    """Queued -> sending, for exactly one of all that try; the row then holds its new claim and attempt."""
    changes: dict[str, Any] = {"state": State.SENDING, "claim": row.claim + 1, "attempts": F("attempts") + 1}
    with turn():
        won = (
            permitted(type(row))
            .filter(pk=row.pk, claim=row.claim)
            .update(**changes, permits=0, lease_until=later(LEASE))
        )
    if won:
        row.state, row.claim, row.attempts = State.SENDING, row.claim + 1, row.attempts + 1
    return bool(won)
