"""Long reads: several permitted calls of one row, whose answers are recorded together (ADR 8)."""

import threading
import time
from collections import UserList
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connection

from kaizala_admin.kaizala import KaizalaClient

from .models import OutboxRow

LONGEST = 3.0  # seconds of calling; a read that a person paused or stopped goes on for no longer
FIRST = 20  # calls of a row that was just taken: until they are over there is nothing to write beside them
LEAST = 100  # calls made ahead before a writer who is ready gets them: a transaction has its price


class Pages(UserList[Any]):
    """Answers of several calls of one row, in their order: what its `record` gets for them."""


@dataclass(frozen=True)
class Reading:
    """The answers to one or more calls of a row. With an `error` it broke off there."""

    answers: Pages
    row: OutboxRow  # as it made the last of them
    error: Exception | None = None

    @property
    def result(self) -> Any:
        """What the row's `record` gets."""
        return self.answers if len(self.answers) > 1 else self.answers[0]


class Ahead:
    """The next calls of a row, made by a thread of their own while the answers before them are written."""

    def __init__(self, row: OutboxRow, client: KaizalaClient, most: int) -> None:
        self._work = row, client, most
        self._wanted = threading.Event()
        self._reading: Reading | None = None
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._read, name="read-ahead")
        self._thread.start()

    def reading(self) -> Reading:
        """Waits for what is under way. Raises what the first call raised."""
        self._end()
        if self._reading is None:
            raise self._error or RuntimeError("nothing was read")
        return self._reading

    def error(self) -> Exception | None:
        """Waits for what is under way; what went wrong, if anything."""
        self._end()
        return self._reading.error if self._reading else self._error

    def _end(self) -> None:
        self._wanted.set()
        self._thread.join()

    def _read(self) -> None:
        try:
            self._reading = read(*self._work, until=self._is_enough)
        except Exception as error:  # noqa: BLE001
            self._error = error
        finally:
            connection.close()  # a client that learns a new endpoint stores it

    def _is_enough(self, made: int) -> bool:
        return made >= LEAST and self._wanted.is_set()


def read(
    row: OutboxRow, client: KaizalaClient, most: int, until: Callable[[int], bool] = lambda _made: False
) -> Reading:
    """One call, and up to `most` in all while each needs nothing but the answer before it.

    `until` is asked after each, with how many were made, whether they are enough.

    Raises what the first call raises.
    """
    ends = time.monotonic() + LONGEST
    answers = Pages([row.perform(client)])
    while (
        len(answers) < min(most, row.together())
        and time.monotonic() < ends
        and not until(len(answers))
        and (after := row.after(answers[-1])) is not None
    ):
        try:
            answers.append(after.perform(client))
        except Exception as error:  # noqa: BLE001
            return Reading(answers, row, error)
        row = after
    return Reading(answers, row)


def read_on(reading: Reading, client: KaizalaClient, most: int) -> Ahead | None:
    """Begins with the calls after these, when they are permitted and need nothing that is not known yet."""
    after = reading.row.after(reading.answers[-1]) if most > 0 and not reading.error else None
    try:
        return Ahead(after, client, most) if after is not None else None
    except (
        RuntimeError
    ):  # no thread can be started now: what was read is recorded, and its row goes on by itself
        return None
