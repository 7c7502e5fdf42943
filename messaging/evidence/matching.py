"""Whether the evidence leaves a choice. Pure: no database."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

EARLY = timedelta(minutes=2)  # clocks differ: Kaizala's own time may be that much before the call
HEARD = timedelta(seconds=5)  # ... and what tells no time of its own is heard of at most that much before
WINDOW = timedelta(days=2)  # Kaizala repeats an event for so long


class Verdict(Enum):
    """What can be said of a call in doubt."""

    FOUND = "found"
    NOTHING = "nothing"  # no trace of it
    ALIKE = "alike"  # something is there, but it may belong to another call


@dataclass(frozen=True)
class Call:
    """One of our calls with this content in this group. `began` is when it was last tried."""

    pk: int
    began: datetime
    in_doubt: bool
    action_id: str = ""


@dataclass(frozen=True)
class Remote:
    """One post of ours that Kaizala tells of. `at` is its own time, or when we heard of it."""

    key: str
    action_id: str
    at: datetime
    own_time: bool = False  # `at` is Kaizala's own time of posting, not when it reached us


def judge(call: Call, calls: Sequence[Call], told: Sequence[Remote]) -> tuple[Verdict, Remote | None]:
    """`calls` are all of the same content in the group, `call` among them; `told` what Kaizala tells of it.

    Something with an ID counts once and is taken by the call that has that ID; then exactly one post and
    exactly one call in doubt must be left. A text has no ID and may be told twice, so it proves something
    only where no other call with the same text could have brought it.
    """
    possible = [one for one in told if _fits(call, one)]
    if not possible:
        return Verdict.NOTHING, None
    rivals = [one for one in calls if one.pk != call.pk and _near(one, call)]
    if not all(one.action_id for one in possible):
        return (Verdict.ALIKE, None) if rivals else (Verdict.FOUND, possible[0])
    taken: Collection[str] = {one.action_id for one in calls if one.action_id}
    free = {one.action_id: one for one in possible if one.action_id not in taken}
    open_rivals = [one for one in rivals if one.in_doubt or not one.action_id]
    if not free:
        return Verdict.NOTHING, None
    if len(free) > 1 or open_rivals:
        return Verdict.ALIKE, None
    return Verdict.FOUND, next(iter(free.values()))


def _fits(call: Call, told: Remote) -> bool:
    slack = EARLY if told.own_time else HEARD
    return call.began - slack <= told.at <= call.began + WINDOW


def _near(one: Call, other: Call) -> bool:
    """Whether an echo of the one could be taken for one of the other."""
    return abs(one.began - other.began) <= WINDOW
