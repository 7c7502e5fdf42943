"""Puts bodies on disk: whoever comes first writes for all that wait (as `outbox.desk` does)."""

import hashlib
import threading
import uuid
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import DatabaseError, InterfaceError, OperationalError
from django.db.models.functions import Now

from .models import Event

MOST = 100  # bodies in one statement; SQLite takes 999 parameters in its oldest form


@dataclass
class Slip:
    """What one request hands in."""

    event: Event
    done: bool = field(default=False, init=False)
    error: Exception | None = field(default=None, init=False)


_waiting: deque[Slip] = deque()
_turn = threading.Lock()


def digest(body: bytes) -> uuid.UUID:
    """Stands for the raw bytes: the same delivery again has the same."""
    return uuid.UUID(bytes=hashlib.blake2b(body, digest_size=16).digest())


def store(subscription_id: int, body: bytes) -> None:
    """Returns when the body is on disk, now or from before. Raises DatabaseError when it is not."""
    slip = Slip(
        Event(
            subscription_id=subscription_id,
            body=body,
            size=len(body),
            digest=digest(body),
            received_at=Now(),  # a sync compares it with its own start, on whatever machine that is
        )
    )
    _waiting.append(slip)
    with _turn:
        while not slip.done:
            _write([_waiting.popleft() for _ in range(min(MOST, len(_waiting)))])
    if slip.error is not None:
        raise slip.error


def _write(slips: Sequence[Slip]) -> None:
    """All together; if the data is at fault, one by one, so that only the guilty one fails."""
    try:
        _insert(slips)
    except (OperationalError, InterfaceError) as error:
        for slip in slips:
            slip.error = error
    except Exception:  # noqa: BLE001
        for slip in slips:
            _write_alone(slip)
    for slip in slips:
        slip.done = True


def _write_alone(slip: Slip) -> None:
    try:
        _insert([slip])
    except DatabaseError as error:
        slip.error = error
    except Exception as error:  # noqa: BLE001
        slip.error = DatabaseError(type(error).__name__)


def _insert(slips: Sequence[Slip]) -> None:
    Event.objects.bulk_create([slip.event for slip in slips], ignore_conflicts=True)
