"""Totals of some responses only, counted by the database: many people give the same answer.

Alike answers come as one row with their number; what each counts for is said by `surveys.counting`.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC
from typing import Any

from django.db import connections
from django.db.models import Count, QuerySet
from django.db.models.functions import TruncHour

from surveys import counting
from surveys.models import Question, Response

from .totals import Part, Totals, cut, is_open

AT_ONCE = 5_000  # different answers that are read at once

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
    """Two queries, whatever was answered."""
    found: dict[int, Counter[tuple[str, float | None]]] = defaultdict(Counter)
    people = 0
    hours = responses.order_by().annotate(hour=TruncHour("answered_at", tzinfo=UTC)).values_list("hour")
    for hour, n in hours.annotate(n=Count("pk")).iterator():
        people += n
        if hour is not None:
            found[counting.WHEN][counting.hour_key(hour), None] += n
    asked = {one.key: one for one in questions}
    for key, value, n in _alike(responses, list(asked)) if asked else ():
        mine = found[asked[key].index]
        for one in counting.keys_of(asked[key].type, value):
            mine[one] += n
    wide = {one.index for one in questions if is_open(one)}
    return Totals(people, {place: _parts(some, place in wide) for place, some in found.items() if some})


def _parts(counts: Counter[tuple[str, float | None]], is_wide: bool) -> list[Part]:
    return cut([Part(key, n, number) for (key, number), n in counts.items()], is_wide)


def _alike(responses: QuerySet[Response], keys: list[str]) -> Iterator[tuple[str, Any, int]]:
    """(question's key, answer, how many gave it)."""
    connection = connections[responses.db]
    rows, parameters = responses.order_by().values("answers").query.sql_with_params()
    sql = _EACH[connection.vendor].format(rows=rows, keys=", ".join(["%s"] * len(keys)))
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, [*parameters, *keys])
        while some := cursor.fetchmany(AT_ONCE):
            for key, value, kind, n in some:
                yield key, _read(value, kind), n


def _read(value: Any, kind: str | None) -> Any:
    """PostgreSQL gives JSON; SQLite gives JSON of lists and records, and else the value itself."""
    if kind in (None, "array", "object"):
        return json.loads(value)
    return bool(value) if kind in ("true", "false") else value
