"""How a handful of permits is shared between the rows of one connector (design, Limits). Pure arithmetic."""

from collections.abc import Mapping
from dataclasses import dataclass

from .models import Lane

SYNC_FLOOR = 0.1  # of all permits, while background sync waits
# Calls that one repeatable row may make in a row when nobody else needs them. At Kaizala's limits the burst
# of the budgets allows fewer; with wider ones, each new permit is a wait during which nothing is read ahead.
MOST_PAGES = 3_000


@dataclass(frozen=True)
class Waiting:
    """A due row, as little of it as the choice needs."""

    row_class: type
    pk: int
    lane: int
    repeatable: bool


def share(waiting: Mapping[int, int], permits: int, credit: float) -> tuple[dict[int, int], float]:
    """How many rows of each lane may go, and the credit that sync keeps for the next time.

    `waiting` counts rows by lane; `credit` is what the floor owed to sync before, in permits.
    """
    left = min(permits, sum(waiting.values()))
    sync = waiting.get(Lane.SYNC, 0)
    credit = min(credit + SYNC_FLOOR * left, 1.0 + SYNC_FLOOR * left) if sync else 0.0
    given = {Lane.SYNC.value: min(int(credit + 1e-9), sync, left)}
    left -= given[Lane.SYNC]
    for lane in sorted(waiting):
        more = min(waiting[lane] - given.get(lane, 0), left)
        given[lane] = given.get(lane, 0) + more
        left -= more
    return given, max(0.0, credit - given[Lane.SYNC])


def most_useful(rows: list[Waiting]) -> int:
    """How many permits these rows could use at most."""
    return sum(MOST_PAGES if row.repeatable else 1 for row in rows)


def hand_out(rows: list[Waiting], permits: int, credit: float) -> tuple[dict[Waiting, int], float]:
    """Permits by row: one each in the order of the lanes, what is left over to repeatable rows."""
    counts: dict[int, int] = {}
    for row in rows:
        counts[row.lane] = counts.get(row.lane, 0) + 1
    quota, credit = share(counts, permits, credit)
    given: dict[Waiting, int] = {}
    for row in rows:
        if quota[row.lane]:
            quota[row.lane] -= 1
            given[row] = 1
    _spread(given, permits - len(given))
    return given, credit


def _spread(given: dict[Waiting, int], left: int) -> None:
    able = [row for row in given if row.repeatable]
    while able and left > 0:
        for row in able[:left]:
            given[row] += 1
        left -= len(able[:left])
        able = [row for row in able if given[row] < MOST_PAGES]
