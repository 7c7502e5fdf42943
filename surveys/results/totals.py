"""The totals behind a page: from the rows that are kept up to date, or counted over some responses only."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet, Sum

from surveys import counting, values
from surveys.models import ActionInstance, Question, Response, Tally

MOST_OPEN = 300  # different words, or places, of one question that are shown
OPEN_TYPES = (values.TEXT, values.LOCATION)
PAGE = 2_000


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


def counted(
    rows: Iterable[tuple[Mapping[str, Any], datetime | None]], questions: Sequence[Question]
) -> Totals:
    """The same, counted over (answers, time) of single responses."""
    asked = [(one.index, one.key, one.type) for one in questions]
    totals: Counter[counting.Key] = Counter()
    alike: dict[int, Counter[Any]] = {index: Counter() for index, _key, _type in asked}
    people = 0
    for answers, answered_at in rows:
        people += 1
        if answered_at is not None:
            totals[counting.WHEN, counting.hour_key(answered_at), None] += 1
        for index, key, question_type in asked:
            value = answers.get(key)
            if value is None:
                continue
            if question_type in _FEW and (one := _folded(value)) is not None:
                alike[index][one] += 1
            else:
                counting.add(totals, _keys(index, question_type, value), 1)
    for index, _key, question_type in asked:
        for (_kind, value), times in alike[index].items():
            told = list(value) if isinstance(value, tuple) else value
            counting.add(totals, _keys(index, question_type, told), times)
    found: dict[int, list[Part]] = defaultdict(list)
    _gather(found, ((place, key, number, n) for (place, key, number), n in totals.items()))
    wide = {one.index for one in questions if is_open(one)}
    return Totals(people, {place: _cut(_sorted(some), place in wide) for place, some in found.items()})


# Many people give the same answer to these: alike ones are counted first, and then looked at once.
_FEW = frozenset((*values.CHOICES, *values.DATES, values.NUMERIC))


def _folded(value: Any) -> tuple[type, Any] | None:
    """The answer as a key of a counter, 5 apart from 5.0; None for what is no plain text, number or list."""
    kind = type(value)
    if kind is str or kind is int or kind is float:
        return kind, value
    if kind is list and all(type(one) is str for one in value):
        return kind, tuple(value)
    return None


def _keys(index: int, question_type: str, value: Any) -> Iterable[counting.Key]:
    return ((index, key, number) for key, number in counting.keys_of(question_type, value))


def _cut(parts: list[Part], is_wide: bool) -> list[Part]:
    if not is_wide:
        return parts
    named = [part for part in parts if part.key not in ("", "x:")][:MOST_OPEN]
    return _sorted([*named, *(part for part in parts if part.key in ("", "x:"))])


def over(responses: QuerySet[Response], questions: Sequence[Question]) -> Totals:
    """Counted over these responses, in constant memory."""
    rows = responses.order_by().values_list("answers", "answered_at")
    return counted(rows.iterator(chunk_size=PAGE), questions)
