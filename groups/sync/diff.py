"""Compares what Kaizala told with a mirror row, so that only changed rows are written."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from django.db import models

T = TypeVar("T")
CHUNK = 500  # rows a statement; SQLite takes 999 parameters in its oldest form


def chunks(rows: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """The rows in lists of at most `size`."""
    source = iter(rows)
    while some := list(islice(source, size)):
        yield some


def clip(row_class: type[models.Model], field: str, text: str) -> str:
    """The text, no longer than its column."""
    length = getattr(row_class._meta.get_field(field), "max_length", None)
    return text[:length] if length else text


def apply(row: Any, values: Mapping[str, Any], run_id: int) -> bool:
    """Puts the values into the row, and brings it back if it was gone. True when it must be written."""
    differs = row.gone_at is not None or any(getattr(row, field) != value for field, value in values.items())
    if differs:
        for field, value in values.items():
            setattr(row, field, value)
        row.gone_at, row.seen_run = None, run_id
    return differs


def save(row_class: type[Any], new: Sequence[Any], changed: Sequence[Any], fields: Iterable[str]) -> None:
    """Inserts and updates in bulk. `new` rows get their primary keys."""
    if new:
        row_class.objects.bulk_create(new)
    if changed:
        row_class.objects.bulk_update(changed, [*fields, "gone_at", "seen_run"], batch_size=CHUNK)


def date_gone(row_class: type[Any], keys: Iterable[int], now: datetime, run_id: int, **more: Any) -> int:
    """Marks the rows as gone since `now`; those that are gone already keep their date. Returns how many."""
    gone = 0
    for some in chunks(keys):
        rows = row_class.objects.filter(pk__in=some, gone_at__isnull=True)
        gone += rows.update(gone_at=now, seen_run=run_id, **more)
    return gone
