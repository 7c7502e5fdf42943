"""Totals of some responses only, counted afresh from their answers.

To most questions many people give the same answer: the database counts these, and what an answer counts for
(`surveys.counting`) is asked once for all who gave it. Texts and places differ: they come one by one.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC
from itertools import islice
from typing import Any

from django.db import connections
from django.db.models import Count, QuerySet
from django.db.models.functions import TruncHour

from surveys import counting
from surveys.models import Question, Response

from .sql import AnswerText
from .totals import Part, Totals, cut, is_open

AT_ONCE = 2_000  # rows that are read at once
Counts = dict[int, Counter[tuple[str, float | None]]]

_EACH = {
    "postgresql": """
        SELECT told.key, told.value::text, NULL, COUNT(*)
        FROM ({rows}) AS picked, jsonb_each(picked.answers) AS told
        WHERE told.key IN ({keys}) GROUP BY 1, 2""",
    "sqlite": """
        SELECT told.key, told.value, told.type, COUNT(*)
        FROM ({rows}) AS picked, JSON_EACH(picked.answers) AS told
        WHERE told.key IN ({keys}) GROUP BY 1, 2, 3""",
}


def counted(responses: QuerySet[Response], questions: Sequence[Question]) -> Totals:
    """At most three queries, whatever was answered, in constant memory."""
    found: Counts = defaultdict(Counter)
    people = 0
    hours = responses.order_by().annotate(hour=TruncHour("answered_at", tzinfo=UTC)).values_list("hour")
    for hour, n in hours.annotate(n=Count("pk")):
        people += n
        if hour is not None:
            found[counting.WHEN][counting.hour_key(hour), None] += n
    _add_alike(found, responses, {one.key: one for one in questions if not is_open(one)})
    wide = [one for one in questions if is_open(one)]
    _add_one_by_one(found, responses, wide)
    open_places = {one.index for one in wide}
    totals = {place: _parts(some, place in open_places) for place, some in found.items() if some}
    return Totals(people, totals)


def _parts(counts: Counter[tuple[str, float | None]], is_wide: bool) -> list[Part]:
    return cut([Part(key, n, number) for (key, number), n in counts.items()], is_wide)


def _add_alike(found: Counts, responses: QuerySet[Response], asked: dict[str, Question]) -> None:
    if not asked:
        return
    connection = connections[responses.db]
    rows, parameters = responses.order_by().values("answers").query.sql_with_params()
    sql = _EACH[connection.vendor].format(rows=rows, keys=", ".join(["%s"] * len(asked)))
    with connection.cursor() as cursor:
        cursor.execute(sql, [*parameters, *asked])
        while some := cursor.fetchmany(AT_ONCE):
            for key, value, kind, n in some:
                question = asked[key]
                for one in counting.keys_of(question.type, _read(value, kind)):
                    found[question.index][one] += n


def _read(value: Any, kind: str | None) -> Any:
    """PostgreSQL gives JSON; SQLite gives JSON of lists and records, and else the value itself."""
    if kind in (None, "array", "object"):
        return json.loads(value)
    return bool(value) if kind in ("true", "false") else value


def _add_one_by_one(found: Counts, responses: QuerySet[Response], asked: Sequence[Question]) -> None:
    if not asked:
        return
    told = {f"told{one.index}": AnswerText(one.key) for one in asked}
    left = iter(responses.order_by().annotate(**told).values_list(*told).iterator(chunk_size=AT_ONCE))
    while page := list(islice(left, AT_ONCE)):
        for question, cells in zip(asked, zip(*page, strict=True), strict=True):
            counting.count(found[question.index], question.type, _answers(cells))


def _answers(cells: Sequence[str | None]) -> Iterator[Any]:
    """Read together: a call for each would take longer than its reading."""
    joined = ",".join([one for one in cells if one])
    return iter(json.loads(f"[{joined}]"))
