"""Who was reached and has not answered yet: from the job's assignees, the ledger, or the group's people."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from groups import search
from groups.models import Group, Member, Subscriber
from messaging.models import Delivery, Dispatch
from surveys.models import Action, ActionInstance, Assignee, Response

CHUNK = 2_000
MOST_TOGETHER = 200  # instances that are asked for in one query


@dataclass(frozen=True)
class Person:
    """`place` tells where a page goes on: "0-17" is row 17 of the first source."""

    number: str
    name: str
    place: str


class Way(Enum):
    """Whose silence counts."""

    NOBODY = "nobody"  # an anonymous action
    ASSIGNEES = "assignees"
    LEDGER = "ledger"
    GROUP = "group"


def way_of(instance: ActionInstance) -> Way:
    """`instance` comes with its action and dispatch."""
    if instance.action.is_anonymous:
        return Way.NOBODY
    if instance.action.kind == Action.Kind.JOB and instance.assignee_count:
        return Way.ASSIGNEES
    if instance.dispatch is not None and instance.dispatch.mode != Dispatch.Mode.GROUP:
        return Way.LEDGER
    return Way.GROUP


def sources(instance: ActionInstance) -> list[QuerySet[Any]]:
    """Rows with `mobile_number` and `name` of those who have not answered; empty for an anonymous action."""
    return _rows(way_of(instance), instance.pk, instance.dispatch_id, instance.group_id, instance.pk)


def _rows(way: Way, instance: Any, dispatch: Any, group: Any, answered: Any) -> list[QuerySet[Any]]:
    """The same by keys, or by OuterRefs to them; `answered` is the instance, seen from a query inside."""
    if way == Way.ASSIGNEES:
        return [Assignee.objects.filter(instance=instance, is_done=False)]
    if way == Way.LEDGER:
        lines = Delivery.objects.filter(dispatch=dispatch, state=Delivery.State.SENT)
        return [_silent(lines, answered, _SAME_NUMBER)]
    if way == Way.GROUP:
        present: list[QuerySet[Any]] = [
            some.objects.filter(group=group, gone_at=None) for some in (Member, Subscriber)
        ]
        return [_silent(rows, answered, _SAME_PERSON) for rows in present]
    return []


_SAME_NUMBER = Q(responder_number=OuterRef("mobile_number"))
# By number where it is told, else by user ID (contract 5: a number may be absent).
_SAME_PERSON = Q(responder_number=OuterRef("mobile_number"), responder_number__gt="") | Q(
    responder_id=OuterRef("person_id"), responder_id__gt=""
)


def _silent(rows: QuerySet[Any], instance: Any, same: Q) -> QuerySet[Any]:
    return rows.filter(~Exists(Response.objects.filter(same, instance=instance)))


def count(instance: ActionInstance) -> int:
    return sum(rows.count() for rows in sources(instance))


def counts(instances: Sequence[ActionInstance], only: Q | None = None) -> dict[int, int]:
    """`count` of many, by their keys; `only` those rows. A query or two for MOST_TOGETHER of them."""
    found: dict[int, int] = {}
    for way, some in _together(instances):
        outer = OuterRef("pk"), OuterRef("dispatch_id"), OuterRef("group_id"), OuterRef(OuterRef("pk"))
        total: Any = Value(0)
        for rows in _rows(way, *outer):
            total = total + _how_many(rows.filter(only) if only is not None else rows)
        keys = [one.pk for one in some]
        found.update(ActionInstance.objects.filter(pk__in=keys).order_by().values_list("pk", total))
    return found


def _how_many(rows: QuerySet[Any]) -> Coalesce:
    counted = rows.order_by().values(all=Value(1)).annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted), 0)


def _together(instances: Sequence[ActionInstance]) -> Iterator[tuple[Way, list[ActionInstance]]]:
    by_way: dict[Way, list[ActionInstance]] = defaultdict(list)
    for one in instances:
        by_way[way_of(one)].append(one)
    for way, some in by_way.items():
        for start in range(0, len(some), MOST_TOGETHER):
            yield way, some[start : start + MOST_TOGETHER]


def named(instances: Sequence[ActionInstance], only: Q) -> Iterator[tuple[ActionInstance, list[str]]]:
    """Each instance with the numbers of its rows that are `only`, each once; without any it is left out.

    Where people are known by call or by job, a query for MOST_TOGETHER instances. A group's people are
    walked through, CHUNK at a time.
    """
    for way, some in _together(instances):
        if way == Way.GROUP:
            found = {one.pk: dict.fromkeys(numbers(one, only)) for one in some}
        else:
            found = _named_together(way, some, only)
        yield from ((one, list(found[one.pk])) for one in some if found.get(one.pk))


def _named_together(way: Way, instances: Sequence[ActionInstance], only: Q) -> dict[int, dict[str, None]]:
    found: dict[int, dict[str, None]] = defaultdict(dict)
    keys = [one.pk for one in instances]
    if way == Way.ASSIGNEES:
        rows: QuerySet[Any] = Assignee.objects.filter(only, instance__in=keys, is_done=False)
        for key, number in rows.order_by("pk").values_list("instance_id", "mobile_number"):
            found[key][number] = None
    if way == Way.LEDGER:
        of = {one.dispatch_id: one.pk for one in instances}
        lines = Delivery.objects.filter(only, dispatch__in=list(of), state=Delivery.State.SENT)
        answered = Response.objects.filter(
            _SAME_NUMBER, instance__in=keys, instance__dispatch=OuterRef("dispatch")
        )
        rows = lines.filter(~Exists(answered)).order_by("pk")
        for dispatch, number in rows.values_list("dispatch_id", "mobile_number"):
            found[of[dispatch]][number] = None
    return found


def numbers(instance: ActionInstance, only: Q | None = None) -> Iterator[str]:
    """Each number once, those without one left out: nobody can be told of them."""
    seen: set[str] = set()
    for rows in sources(instance):
        for person in _walk(rows.filter(only) if only is not None else rows):
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
