"""The totals behind a page, from the rows that are kept up to date with each response."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet, Sum

from surveys import values
from surveys.models import ActionInstance, Question, Tally

MOST_OPEN = 300  # different words, or places, of one question that are shown
OPEN_TYPES = (values.TEXT, values.LOCATION)


@dataclass(frozen=True)
class Part:
    """How many responses count for one key (`surveys.counting`)."""

    key: str
    count: int
    number: float | None = None


@dataclass(frozen=True)
class Totals:
    """`by_place` has the parts of each question, and at `counting.WHEN` the hours."""

    responses: int
    by_place: Mapping[int, Sequence[Part]]

    def of(self, place: int) -> Sequence[Part]:
        return self.by_place.get(place, ())

    @property
    def version(self) -> str:
        """Changes when any number does."""
        told = [(place, [(part.key, part.count) for part in some]) for place, some in self.by_place.items()]
        return hashlib.blake2b(repr((self.responses, sorted(told))).encode(), digest_size=8).hexdigest()


def kept(instances: QuerySet[ActionInstance], questions: Sequence[Question]) -> Totals:
    """From the totals that are kept: one query, and one for each open question, whatever was answered."""
    rows = Tally.objects.filter(instance__in=instances)
    wide = [one.index for one in questions if is_open(one)]
    closed = rows.filter(~Q(place__in=wide) | Q(key="") | Q(key="x:"))
    found: dict[int, list[Part]] = defaultdict(list)
    _gather(found, closed.order_by().values_list("place", "key", "number").annotate(n=Sum("count")))
    for index in wide:
        some = rows.filter(place=index).exclude(key__in=["", "x:"])
        counted = some.order_by().values_list("place", "key", "number").annotate(n=Sum("count"))
        _gather(found, counted.order_by("-n", "key")[:MOST_OPEN])
    people = instances.order_by().aggregate(n=Sum("response_count"))["n"] or 0
    return Totals(people, {place: _sorted(some) for place, some in found.items()})


def is_open(question: Question) -> bool:
    """Whether there may be as many different answers as people."""
    return question.type in OPEN_TYPES or question.type not in _CLOSED


_CLOSED = (*values.CHOICES, *values.DATES, *values.FILE_TYPES, values.NUMERIC, values.PHONE)


def _gather(found: dict[int, list[Part]], rows: Iterable[tuple[Any, ...]]) -> None:
    for place, key, number, count in rows:
        if count:
            found[place].append(Part(key, count, number))


def _sorted(parts: Iterable[Part]) -> list[Part]:
    return sorted(parts, key=lambda part: (-part.count, part.key))


def cut(parts: Iterable[Part], is_wide: bool) -> list[Part]:
    """In their order; of an open question the most frequent ones only."""
    ordered = _sorted(parts)
    if not is_wide:
        return ordered
    named = [part for part in ordered if part.key not in ("", "x:")][:MOST_OPEN]
    return _sorted([*named, *(part for part in ordered if part.key in ("", "x:"))])
