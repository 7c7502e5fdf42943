"""Reading any number of rows in constant memory, without a transaction that stays open."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

SIZE = 2_000  # rows of one query


def in_pages(rows: QuerySet[Any], *fields: str, size: int = SIZE) -> Iterator[tuple[Any, ...]]:
    """The values of `fields` of each row, in the order of the primary key, found by key."""
    for page in pages(rows, *fields, size=size):
        yield from (row[1:] for row in page)


def pages(rows: QuerySet[Any], *fields: str, size: int = SIZE) -> Iterator[list[tuple[Any, ...]]]:
    """The same a page at a time; each row begins with its primary key."""
    rows = rows.order_by("pk").values_list("pk", *fields)
    page = list(rows[:size])
    while page:
        yield page
        page = list(rows.filter(pk__gt=page[-1][0])[:size]) if len(page) == size else []
