"""What every kind of change has, and the answers that several of them get."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from groups.changes.models import GroupChange
from groups.sync import changed
from kaizala_admin.kaizala import KaizalaClient, Refused
from kaizala_admin.outbox import services as outbox
from kaizala_admin.outbox.models import Lane, State

VANISHED = "group_vanished"  # Kaizala knows no such group


@dataclass(frozen=True)
class Operation:
    """`perform` makes one call, `record` writes its answer and says whether the change is done.

    `repeatable`: asking twice is harmless, so an answer that was lost is asked for again.
    """

    method: str  # of the client
    perform: Callable[[GroupChange, KaizalaClient], Any]
    record: Callable[[GroupChange, Any], bool]
    repeatable: bool


@dataclass(frozen=True)
class Halve:
    """Kaizala refused a whole batch (400): some number of it is to blame, and it does not say which."""

    message: str


@dataclass(frozen=True)
class Absent:
    """Kaizala knows no such member, or no such group (404)."""

    message: str


def group_id(change: GroupChange) -> str:
    """Kaizala's ID of the change's group."""
    if change.group is None:
        raise ValueError(f"change {change.pk} has no group")
    return change.group.group_id


def other_id(change: GroupChange) -> str:
    """Kaizala's ID of the other group."""
    if change.other is None:
        raise ValueError(f"change {change.pk} has no other group")
    return change.other.group_id


def numbers(change: GroupChange) -> list[str]:
    """The numbers of a change of people."""
    return [str(number) for number in change.payload["numbers"]]


def there_before(change: GroupChange, row_class: type[Any]) -> frozenset[str]:
    """Who is in the group just before the call: an event may tell of the call before its answer is written.

    Of a call that is made again, because its answer was lost: who was there when it was asked for.
    """
    known = changed.present(row_class, change.group_id, numbers(change))
    again = change.attempts > 1
    return frozenset(number for number, since in known.items() if not again or since < change.created_at)


def explained(error: Refused) -> Refused:
    """The same refusal; one that says that there is no such group is marked so (contract 2.4)."""
    if error.status == 404 and error.code:
        return Refused(error.message, code=VANISHED, category=error.category, status=404)
    return error


def batch(change: GroupChange, call: Callable[[list[str]], Any]) -> Any:
    """The answer of a call with all the numbers, or Halve when Kaizala refused them together."""
    asked = numbers(change)
    try:
        return call(asked)
    except Refused as error:
        if error.status == 400 and len(asked) > 1:
            return Halve(error.message)
        raise explained(error) from error


def halve(change: GroupChange, answer: Halve) -> bool:
    """Two changes with half the numbers each, ahead of what waits; so the right ones are not held up."""
    asked = numbers(change)
    middle = len(asked) // 2
    held = GroupChange.objects.filter(pk=change.pk, held=True).exists()  # now: the claim's copy is older
    halves = [_part(change, some, held) for some in (asked[:middle], asked[middle:])]
    outbox.post(halves)
    change.people, change.results = 0, {}
    change.payload = {**change.payload, "numbers": [], "parts": [half.pk for half in halves]}
    change.save(update_fields=["people", "results", "payload"])
    note(change, "halved", answer.message)
    for listen in ON_PARTS:
        listen(change, halves)
    return True


# Who else follows a change that was cut in parts (the imports).
ON_PARTS: list[Callable[[GroupChange, Sequence[GroupChange]], None]] = []


def stopped(change: GroupChange) -> bool:
    """Between two calls of a change: whether nobody wants the second any more. It is cancelled then."""
    if not any(ask(change) for ask in UNWANTED):
        return False
    change.state, change.reason = State.CANCELLED, "cancelled"
    change.save(update_fields=["state", "reason"])
    change.state_changed(State.CANCELLED)
    return True


# Who can say so (the imports).
UNWANTED: list[Callable[[GroupChange], bool]] = []


def _part(change: GroupChange, some: list[str], held: bool) -> GroupChange:
    return GroupChange(
        connector_id=change.connector_id,
        grant_id=change.grant_id,
        lane=min(change.lane, Lane.REPAIR),
        kind=change.kind,
        group_id=change.group_id,
        payload={**change.payload, "numbers": some, "part_of": change.pk},
        people=len(some),
        follow_up=change.follow_up,
        created_by_id=change.created_by_id,
        undoes_id=change.undoes_id,
        held=held,
    )


def note(change: GroupChange, reason: str, text: str) -> None:
    """What a person should know of a change that is done."""
    GroupChange.objects.filter(pk=change.pk).update(reason=reason, detail=text[:1000])
    change.reason, change.detail = reason, text[:1000]
