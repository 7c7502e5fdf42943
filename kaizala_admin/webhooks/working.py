"""Works stored events off: claim a batch, read it, hand it to the router, mark it, all in short transactions.

The claim counts the attempt and is committed first, so a body that kills its worker is counted too. What a
batch writes and its mark "done" are one transaction: a worker killed anywhere has either done all of it or
nothing. Events that were tried before go alone, so that a poisonous one takes nobody with it.
"""

import logging
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from kaizala_admin.connectors import leases
from kaizala_admin.connectors.clock import later

from . import marking, reading, router
from .models import Event, Subscription

log = logging.getLogger(__name__)
BATCH = 500
BATCH_ON_SQLITE = 200  # one writer at a time: its lock is held for less than 50 ms
MOST_BYTES = 16 * 2**20  # of bodies in memory at once
MOST_ATTEMPTS = 3
EVENT_LEASE = timedelta(seconds=60)
TURN = timedelta(seconds=60)  # how long a worker that died keeps the others waiting
LONGEST_RUN = 30.0  # seconds; then the task ends and rings again
NAME = "webhooks.work_off"


@dataclass(frozen=True)
class Claimed:
    """A stored event that is ours."""

    pk: int
    subscription_id: int
    received_at: datetime
    body: bytes
    attempts: int


def work_off(longest: float = LONGEST_RUN) -> int:
    """Works off what waits, until nothing does or the time is over; returns how many events it took.

    One worker at a time: the order of arrival is kept, and nobody waits for another's locks.
    """
    owner, ends, count = uuid.uuid4().hex, time.monotonic() + longest, 0
    if leases.acquire(NAME, owner, TURN) is None:
        return 0
    try:
        while time.monotonic() < ends and leases.renew(NAME, owner, TURN):
            done = work_batch()
            if not done:
                break
            count += done
    finally:
        leases.release(NAME, owner)
    return count


def anything_waits() -> bool:
    """Whether a worker would find something now."""
    return bool(_free().exists())


def work_batch() -> int:
    """Claims and works off one batch; returns how many events it claimed."""
    claimed = claim()
    if claimed:
        _work(claimed)
    return len(claimed)


def _free() -> Any:
    return Event.objects.filter(
        Q(lease_until=None) | Q(lease_until__lte=Now()), state=Event.State.WAITING
    ).order_by("id")


def claim() -> list[Claimed]:
    """The oldest that wait, counted and leased, committed. One that was tried before comes alone."""
    with transaction.atomic():
        rows = _free().select_for_update(skip_locked=True, of=("self",))
        told = rows.values_list("pk", "subscription_id", "received_at", "attempts", "size")
        found = _one_batch(list(told[: most()]))
        keys = [row[0] for row in found]
        if not keys:
            return []
        won = (
            _free()
            .order_by()
            .filter(pk__in=keys)
            .update(attempts=F("attempts") + 1, lease_until=later(EVENT_LEASE))
        )
        if won != len(keys):
            raise RuntimeError("events changed under their lock")  # rolls the claim back
    bodies = dict(Event.objects.filter(pk__in=keys).values_list("pk", "body"))
    return [
        Claimed(pk, hook, at, bytes(bodies[pk]), attempts + 1)
        for pk, hook, at, attempts, _size in found
        if pk in bodies
    ]


def most() -> int:
    """How many events one transaction takes on this database."""
    return min(BATCH, BATCH_ON_SQLITE) if connection.vendor == "sqlite" else BATCH


def _one_batch(found: list[Any]) -> list[Any]:
    """As many from the first on as go together: rows of key, hook, time, attempts, size."""
    room = MOST_BYTES
    for place, (_pk, _hook, _at, attempts, size) in enumerate(found):
        room -= size
        if place and (attempts or room < 0):
            return found[:place]
        if attempts:
            return found[:1]
    return found


def _work(claimed: Sequence[Claimed]) -> None:
    too_often = [one for one in claimed if one.attempts > MOST_ATTEMPTS]
    marking.give_up(too_often, "Its worker died each time that it was tried.")
    rest = [one for one in claimed if one.attempts <= MOST_ATTEMPTS]
    try:
        _settle(rest)
    except Exception as error:  # noqa: BLE001
        if len(rest) == 1:
            _failed(rest[0], error)
            return
        log.warning("A batch of %d events is tried one by one: %s", len(rest), type(error).__name__)
        for one in rest:
            _alone(one)


def _alone(one: Claimed) -> None:
    try:
        _settle([one])
    except Exception as error:  # noqa: BLE001
        _failed(one, error)


def _failed(one: Claimed, error: Exception) -> None:
    """Another try later, or the end of it. The words of a ValueError are for people, others may hold data."""
    said = str(error) if type(error) is ValueError else type(error).__name__
    if one.attempts >= MOST_ATTEMPTS:
        log.error("Event %s failed: %s", one.pk, type(error).__name__, exc_info=error)
        marking.give_up([one], said)
    else:
        marking.try_later(one, said)


def _settle(claimed: Sequence[Claimed]) -> None:
    """Reads; then hands over and marks in one transaction, which is short: SQLite has one writer."""
    if not claimed:
        return
    hooks = _hooks({one.subscription_id for one in claimed})
    sheet = marking.Sheet()
    for one in claimed:
        try:
            said = reading.read(one.body)
            sheet.add(one.pk, one.body, one.received_at, said, hooks[one.subscription_id])
        except reading.Unreadable as error:
            sheet.park(one.pk, str(error))
    with transaction.atomic():
        ours = _still_ours(claimed)
        sheet.keep_only({one.pk for one in ours})
        sheet.sort_out_repeats()
        router.dispatch(sheet.wanted)
        sheet.write()
        marking.note_hooks(ours, hooks)


def _still_ours(claimed: Sequence[Claimed]) -> list[Claimed]:
    """Without those that another worker took over because this one stood still; the others are locked."""
    rows = Event.objects.select_for_update().filter(pk__in=[one.pk for one in claimed])
    ours = set(rows.filter(state=Event.State.WAITING).order_by("pk").values_list("pk", "attempts"))
    return [one for one in claimed if (one.pk, one.attempts) in ours]


def _hooks(keys: set[int]) -> dict[int, Subscription]:
    rows = Subscription.objects.filter(pk__in=keys).select_related("connector")
    return rows.only(
        "id", "object_id", "object_type", "last_event_at", "usual_gap", "connector__tenant"
    ).in_bulk()


def replay(events: Any) -> int:
    """Puts events that are over back in line, with fresh attempts; returns how many.

    Those whose body has expired stay as they are.
    """
    over = events.exclude(state=Event.State.WAITING).filter(size__gt=0)
    count = 0
    for keys in _chunks(list(over.values_list("pk", flat=True))):
        still = Event.objects.filter(pk__in=keys).exclude(state=Event.State.WAITING)
        count += still.update(
            state=Event.State.WAITING, attempts=0, lease_until=None, error="", worked_at=None, content_key=""
        )
    return count


def _chunks(keys: Sequence[int], size: int = 500) -> list[Sequence[int]]:
    return [keys[start : start + size] for start in range(0, len(keys), size)]
