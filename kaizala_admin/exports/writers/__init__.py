"""Tables as files, a page of rows at a time, in constant memory (reliability 1.13)."""

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from kaizala_admin.exports.columns import Column

from .csv import CsvTable
from .jsonl import JsonTable
from .xlsx import XlsxTable

PAGE = 5_000


class Table(Protocol):
    """A file under way."""

    def write(self, page: Sequence[Sequence[Any]]) -> None: ...

    def close(self) -> None: ...


TABLES: dict[str, Callable[[Path, Sequence[Column], ZoneInfo], Table]] = {
    "csv": CsvTable,
    "xlsx": XlsxTable,
    "jsonl": JsonTable,
}


def write_table(
    file_format: str,
    path: Path,
    columns: Sequence[Column],
    rows: Iterable[Sequence[Any]],
    zone: ZoneInfo,
    tick: Callable[[int], None],
) -> int:
    """Writes all rows to `path`; returns how many. `tick(rows so far)` may raise: the file is closed then."""
    table, done, left = TABLES[file_format](path, columns, zone), 0, iter(rows)
    try:
        while page := list(islice(left, PAGE)):
            table.write(page)
            done += len(page)
            tick(done)
    finally:
        table.close()
    return done
