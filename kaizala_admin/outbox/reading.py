"""Long reads: several permitted calls of one row, whose answers are recorded together (ADR 8)."""

import time
from collections import UserList
from dataclasses import dataclass
from typing import Any

from kaizala_admin.kaizala import KaizalaClient

from .models import OutboxRow

MOST_TOGETHER = 100  # answers that one transaction records
LONGEST = 0.5  # seconds of calling; a read that a person paused or stopped goes on for no longer


class Pages(UserList[Any]):
    """Answers of several calls of one row, in their order: what its `record` gets for them."""


@dataclass(frozen=True)
class Reading:
    """What came of one or more calls of a row. With an `error` it broke off there, after `calls` answers."""

    result: Any
    calls: int
    error: Exception | None = None


def read(row: OutboxRow, client: KaizalaClient, most: int) -> Reading:
    """One call, and up to `most` in all while each needs nothing but the answer before it. No database.

    Raises what the first call raises.
    """
    ends = time.monotonic() + LONGEST
    answers, error = Pages([row.perform(client)]), None
    while (
        len(answers) < min(most, MOST_TOGETHER)
        and time.monotonic() < ends
        and (after := row.after(answers[-1])) is not None
    ):
        row = after
        try:
            answers.append(row.perform(client))
        except Exception as failed:  # noqa: BLE001
            error = failed
            break
    return Reading(answers if len(answers) > 1 else answers[0], len(answers), error)
