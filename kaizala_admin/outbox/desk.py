"""One writer a process: whoever comes first writes for all that wait (group commit).

Threads that finish their calls while a transaction is being written hand in their slips together: one
transaction then settles all of them and claims as many new rows. With one caller it is a transaction a call.
Who has written hands the pen to the first of those who came meanwhile, and goes back to its own call; the
others sleep until their slip is done, instead of queueing at a lock only to see that it is.
"""

import threading
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import transaction
from django.utils import timezone

from .claims import Claim, claim
from .models import OutboxRow
from .settling import settle

turn = threading.RLock()  # who writes; also spares SQLite's writers the growing sleeps of its own queue
_door = threading.Lock()  # guards the two below, for a moment only
_waiting: "deque[Slip]" = deque()
_somebody_writes = False


@dataclass
class Slip:
    """What one thread hands in: its answer, if any; whether it wants another row. And what it gets back."""

    connector_id: int
    wants_row: bool
    answered: Claim | None = None
    result: Any = None
    done: bool = field(default=False, init=False)
    called: threading.Event = field(default_factory=threading.Event, init=False)  # done, or its turn to write
    error: Exception | None = field(default=None, init=False)  # the answer could not be written
    claim: Claim | None = field(default=None, init=False)  # the next call: of the same row, or of another


def hand_in(slip: Slip) -> Slip:
    """Writes the slip, by this thread or another, and returns it filled in.

    An answer that could not be written is in `error`. Raises what the database raises when there is none.
    """
    if not _may_write(slip):
        slip.called.wait()
    if not slip.done:
        try:
            with turn:
                _write(_all_that_wait())
        finally:
            _pass_on()
    if slip.error is not None and slip.answered is None:
        raise slip.error
    return slip


def _may_write(slip: Slip) -> bool:
    """Puts the slip with the others; True when nobody writes, so that its thread has to."""
    global _somebody_writes
    with _door:
        _waiting.append(slip)
        mine, _somebody_writes = not _somebody_writes, True
        return mine


def _all_that_wait() -> list[Slip]:
    with _door:
        slips = list(_waiting)
        _waiting.clear()
        return slips


def _pass_on() -> None:
    """The next writer is the first of those who wait; with none, whoever comes."""
    global _somebody_writes
    with _door:
        _somebody_writes = bool(_waiting)
        if _waiting:
            _waiting[0].called.set()


def _write(slips: Sequence[Slip]) -> None:
    """All together; if anything goes wrong, one by one, so that only the guilty one fails."""
    try:
        _write_together(slips)
    except Exception:  # noqa: BLE001
        for slip in slips:
            _write_alone(slip)
    finally:
        for slip in slips:
            slip.done = True
            slip.called.set()


def _write_together(slips: Sequence[Slip]) -> None:
    answered = [(slip, _own_copy(slip.answered)) for slip in slips if slip.answered]
    with transaction.atomic():
        more = settle([(mine, slip.result) for slip, mine in answered])
        again = {id(slip): mine for (slip, mine), yes in zip(answered, more, strict=True) if yes}
        idle = [slip for slip in slips if slip.wants_row and id(slip) not in again]
        claims = _claim_for(idle)
    for slip, mine in answered:
        slip.answered = mine
    for slip, taken in zip(idle, claims, strict=True):
        slip.claim = taken
    for slip in slips:
        if id(slip) in again:
            slip.claim = _next_call(again[id(slip)])


def _write_alone(slip: Slip) -> None:
    try:
        if slip.answered:
            alone = Slip(slip.connector_id, False, slip.answered, slip.result)
            _write_together([alone])
            slip.answered, slip.claim = alone.answered, alone.claim
        elif slip.wants_row:
            _write_together([slip])
    except Exception as error:  # noqa: BLE001
        slip.error = error


def _own_copy(claim: Claim) -> Claim:
    """`record` may have to run twice: each time on a row that it has not changed yet."""
    row = object.__new__(type(claim.row))
    row.__dict__.update(claim.row.__getstate__())  # as copy.copy does, without looking the class up
    return replace(claim, row=row)


def _next_call(claim: Claim) -> Claim:
    return replace(claim, calls_left=claim.calls_left - 1, taken_at=timezone.now())


def _claim_for(idle: Sequence[Slip]) -> list[Claim | None]:
    """A row for each, as far as there are any."""
    wanted = Counter(slip.connector_id for slip in idle)
    lasts: dict[int, type[OutboxRow]] = {
        slip.connector_id: type(slip.answered.row) for slip in idle if slip.answered
    }
    found = {key: deque(claim(key, count, lasts.get(key))) for key, count in wanted.items()}
    return [found[slip.connector_id].popleft() if found[slip.connector_id] else None for slip in idle]
