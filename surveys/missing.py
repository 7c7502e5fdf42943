"""Who was reached and has not answered yet: from the job's assignees, the ledger, or the group's people."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from groups import search
from groups.models import Group, Member, Subscriber
from messaging.models import Delivery, Dispatch
from surveys.models import Action, ActionInstance, Assignee, Response

CHUNK = 2_000


@dataclass(frozen=True)
class Person:
    """`place` tells where a page goes on: "0-17" is row 17 of the first source."""

    number: str
    name: str
    place: str


def sources(instance: ActionInstance) -> list[QuerySet[Any]]:
    """Rows with `mobile_number` and `name` of those who have not answered; empty for an anonymous action."""
    if instance.action.is_anonymous:
        return []
    if instance.action.kind == Action.Kind.JOB and instance.assignee_count:
        return [Assignee.objects.filter(instance=instance, is_done=False)]
    dispatch = instance.dispatch
    if dispatch is not None and dispatch.mode != Dispatch.Mode.GROUP:
        lines = Delivery.objects.filter(dispatch=dispatch, state=Delivery.State.SENT)
        return [_silent(lines, instance, Q(responder_number=OuterRef("mobile_number")))]
    here = {"group": instance.group_id, "gone_at": None}
    people: list[QuerySet[Any]] = [Member.objects.filter(**here), Subscriber.objects.filter(**here)]
    return [_silent(rows, instance, _SAME_PERSON) for rows in people]


# By number where it is told, else by user ID (contract 5: a number may be absent).
_SAME_PERSON = Q(responder_number=OuterRef("mobile_number"), responder_number__gt="") | Q(
    responder_id=OuterRef("person_id"), responder_id__gt=""
)


def _silent(rows: QuerySet[Any], instance: ActionInstance, same: Q) -> QuerySet[Any]:
    return rows.filter(~Exists(Response.objects.filter(same, instance=instance)))


def count(instance: ActionInstance) -> int:
    return sum(rows.count() for rows in sources(instance))


def numbers(instance: ActionInstance) -> Iterator[str]:
    """Each number once, those without one left out: nobody can be told of them."""
    seen: set[str] = set()
    for rows in sources(instance):
        for person in _walk(rows):
            if person and person not in seen:
                seen.add(person)
                yield person


def _walk(rows: QuerySet[Any]) -> Iterator[str]:
    last = 0
    ordered = rows.order_by("id")
    while some := list(ordered.filter(id__gt=last).values_list("id", "mobile_number")[:CHUNK]):
        last = some[-1][0]
        yield from (number for _pk, number in some)


def page(instance: ActionInstance, *, q: str, after: str, size: int) -> tuple[list[Person], str]:
    """At most `size` people from `after` on, and where the next page begins ("" at the end)."""
    at, last = _place(after)
    found: list[Person] = []
    for index, rows in enumerate(sources(instance)):
        if index < at:
            continue
        some = rows.filter(search.people(q)) if q else rows
        start = last if index == at else 0
        left = size + 1 - len(found)
        people = some.filter(id__gt=start).order_by("id").values_list("id", "mobile_number", "name")[:left]
        found += [Person(number, name, f"{index}-{pk}") for pk, number, name in people]
        if len(found) > size:
            break
    return found[:size], found[size - 1].place if len(found) > size else ""


def _place(after: str) -> tuple[int, int]:
    parts = after.split("-")
    if len(parts) != 2 or not all(part.isdecimal() and len(part) < 19 for part in parts):
        return 0, 0
    return int(parts[0]), int(parts[1])


def can_be_named(instances: Sequence[ActionInstance]) -> list[ActionInstance]:
    """Those in public groups: only there a call can name people (contract 7)."""
    return [one for one in instances if one.group.group_type == Group.Type.PUBLIC]
