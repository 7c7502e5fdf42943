"""Reading any number of rows in constant memory, without a transaction that stays open."""

import json
from array import array
from collections.abc import Iterator
from operator import itemgetter
from typing import Any

from django.db import connections
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

SIZE = 5_000  # rows of one query
Page = list[tuple[Any, ...]]


def in_pages(rows: QuerySet[Any], *fields: str, size: int = SIZE) -> Iterator[tuple[Any, ...]]:
    """The values of `fields` (of the model, or across its foreign keys) of each row, by primary key."""
    for page in pages(rows, *fields, size=size):
        yield from (row[1:] for row in page)


def pages(rows: QuerySet[Any], *fields: str, size: int = SIZE) -> Iterator[Page]:
    """The same a page at a time; each row begins with its primary key. Each page is a query of its own."""
    rows = rows.order_by("pk")
    if connections[rows.db].vendor == "sqlite":
        return _by_keys(rows, fields, size)
    return _after_the_last(rows, fields, size)


def turned(page: Page) -> list[list[Any]]:
    """The columns of a page. `zip` would make an iterator of each row, which the collector then looks at."""
    return [list(map(itemgetter(at), page)) for at in range(len(page[0]))]


def _after_the_last(rows: QuerySet[Any], fields: tuple[str, ...], size: int) -> Iterator[Page]:
    asked = rows.values_list("pk", *fields)
    page = list(asked[:size])
    while page:
        yield page
        page = list(asked.filter(pk__gt=page[-1][0])[:size]) if len(page) == size else []


def _by_keys(rows: QuerySet[Any], fields: tuple[str, ...], size: int) -> Iterator[Page]:
    """SQLite, which keeps no statistics, would sort all rows anew for each page: the keys come first.

    They take eight bytes a row, and each page's are one value of its statement.
    """
    keys = array("q", rows.values_list("pk", flat=True).iterator(chunk_size=10_000))
    plain = rows.model._base_manager.order_by("pk").values_list("pk", *fields)
    for start in range(0, len(keys), size):
        some = json.dumps(keys[start : start + size].tolist())
        page = list(plain.filter(pk__in=RawSQL("SELECT value FROM json_each(%s)", [some])))
        if page:
            yield page
