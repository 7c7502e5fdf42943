"""Exports of a list against a bare loop over the database's own cursor, and the memory they take."""

import csv
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import xlsxwriter
from django.db import connection, transaction

from benchmarks.measure import Line, in_turn, percent
from kaizala_admin.exports import files, services, work
from kaizala_admin.exports.models import Export

BAR, MOST_GROWTH = 0.5, 20.0  # part of the bare loop; MB
FORMATS = ("csv", "xlsx", "jsonl")


@dataclass(frozen=True)
class Asked:
    """Rows of a list, as an export asks for them and as bare SQL does. `query`: the list's filters."""

    kind: str
    query: str
    sql: str
    rows: int


def compare(
    what: str, few: Asked, many: Asked, formats: Sequence[str], rounds: int, full: bool
) -> Iterator[Line]:
    """Two lines a format: its rate, and how its peak memory grows from few rows to many.

    CSV is measured in `rounds`; a million rows as a workbook take minutes, so the others are measured once.
    """
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA mmap_size=0")  # the file that it maps is not the export's memory
    for one in formats:
        peaks: list[float] = []
        before, _ = peak(partial(_ours, few, one))
        bare, ours = in_turn(
            partial(_bare, many, one), partial(_noting, many, one, peaks), rounds if one == "csv" else 1
        )
        yield Line(
            f"{many.rows:,} {what} to {one}",
            f"{many.rows / ours:,.0f}/s",
            f"{many.rows / bare:,.0f}/s",
            percent(bare / ours),
            f"{BAR:.0%} of a bare cursor loop",
            bare / ours >= BAR if full else None,
        )
        grown = max(peaks) - before
        yield Line(
            f"its peak memory, from {few.rows:,}",
            f"+{grown:,.1f} MB",
            f"{before:,.0f} MB",
            "",
            f"grows by less than {MOST_GROWTH:.0f} MB",
            grown < MOST_GROWTH if full else None,
        )
    connection.close()  # the next one maps the file again


def made(kind: str, parameters: dict[str, Any], file_format: str) -> Export:
    """The export, done here and now."""
    export = services.start(
        kind=kind, parameters=parameters, file_format=file_format, by=None, ring_a_worker=False
    )
    assert work.run(export.pk), Export.objects.get(pk=export.pk).detail
    return Export.objects.get(pk=export.pk)


def peak(does: Callable[[], float]) -> tuple[float, float]:
    """The most memory held meanwhile, in MB, and what it returned."""
    Path("/proc/self/clear_refs").write_text("5")
    found = does()
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024, found


def _noting(asked: Asked, file_format: str, peaks: list[float]) -> float:
    most, taken = peak(partial(_ours, asked, file_format))
    peaks.append(most)
    return taken


def _ours(asked: Asked, file_format: str) -> float:
    """Seconds."""
    begun = time.perf_counter()
    done = made(asked.kind, {"list": asked.query}, file_format)
    taken = time.perf_counter() - begun
    assert done.rows_done == asked.rows, f"{done.rows_done} rows instead of {asked.rows}"
    (files.folder() / done.file).unlink()
    return taken


def _bare(asked: Asked, file_format: str) -> float:
    """Seconds of the database's own cursor, row by row, into the csv module, json.dumps or xlsxwriter."""
    path = files.folder() / f"bare.{file_format}"
    begun = time.perf_counter()
    with transaction.atomic():
        connection.ensure_connection()
        raw: Any = connection.connection
        cursor = raw.cursor("bare") if connection.vendor == "postgresql" else raw.cursor()
        cursor.execute(asked.sql)
        WRITE[file_format](path, cursor)
        cursor.close()
    taken = time.perf_counter() - begun
    path.unlink()
    return taken


def _csv(path: Path, cursor: Any) -> None:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(cursor)


def _jsonl(path: Path, cursor: Any) -> None:
    names = None
    with path.open("w") as file:
        for row in cursor:
            names = names or [column[0] for column in cursor.description]
            file.write(json.dumps(dict(zip(names, row, strict=True)), default=str) + "\n")


def _xlsx(path: Path, cursor: Any) -> None:
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    for at, row in enumerate(cursor):
        if at % SHEET == 0:
            sheet = book.add_worksheet()
        for place, value in enumerate(row):
            sheet.write_string(at % SHEET, place, "" if value is None else str(value))
    book.close()


SHEET = 1_048_576  # rows
WRITE = {"csv": _csv, "jsonl": _jsonl, "xlsx": _xlsx}
