"""Export of many responses with 50 questions: against a bare loop over a cursor, and its memory."""

import csv
import json
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import xlsxwriter
from django.db import connection

from benchmarks.ground import Ground, empty_tables
from benchmarks.measure import Line, in_turn, percent
from benchmarks.pages import analyse
from benchmarks.survey import AT_ONCE, START, fill
from benchmarks.survey import _heard as heard
from kaizala_admin.exports.writers import write_pages
from surveys.exporting import rows as table
from surveys.models import Action, Question, Response

QUESTIONS = 50
UTC = ZoneInfo("UTC")
PAGE = os.sysconf("SC_PAGE_SIZE")
FIELDS = "id, responder_name, responder_number, responder_id, answered_at, answers"


def measure(ground: Ground) -> Iterator[Line]:
    """The file's rows a second, in turn with the least program that writes the same answers."""
    full = ground.size.is_full
    count = 200_000 if full else 300
    ground.rest()
    empty_tables()
    action, _rate = fill("Many", QUESTIONS, 0)
    _insert(action, count)
    analyse()
    with tempfile.TemporaryDirectory() as folder:
        for name, bare, least, rounds in (("csv", _bare_csv, 0.5, 3), ("xlsx", _bare_xlsx, 0.6, 1)):
            floor, figure = in_turn(
                _timed(bare, action, Path(folder)), _timed(_export(name), action, Path(folder)), rounds
            )
            line = f"{name.upper()}, {count:,} responses, {QUESTIONS} questions"
            share = floor / figure
            met = share >= least if full else None
            bar = f"at least {percent(least)} of it"
            yield Line(
                line, f"{count / figure:,.0f} /s", f"{count / floor:,.0f} /s", percent(share), bar, met
            )
        yield _memory(action, Path(folder), count, full)


def _insert(action: Action, count: int) -> None:
    """The rows alone, without totals and history: an export reads neither."""
    asked = list(Question.objects.filter(action=action).values_list("index", "type"))
    instance = action.instances.get()
    for first in range(0, count, AT_ONCE):
        Response.objects.bulk_create(
            Response(
                action=action,
                instance=instance,
                key=one.key,
                response_id=one.response_id,
                responder_number=one.number,
                responder_id=one.person_id,
                responder_name=one.name,
                answered_at=one.answered_at,
                answers=one.answers,
                digest="",
                source=one.source,
                first_seen_at=START,
            )
            for one in heard(asked, first, min(AT_ONCE, count - first))
        )


def _timed(write: Callable[[Action, Path], None], action: Action, folder: Path) -> Callable[[], float]:
    def run() -> float:
        begun = time.perf_counter()
        write(action, folder / "file")
        return time.perf_counter() - begun

    return run


def _export(file_format: str) -> Callable[[Action, Path], None]:
    def write(action: Action, path: Path) -> None:
        asked = {"action": action.pk}
        columns = table.columns(asked)
        write_pages(file_format, path, columns, table.pages(asked, columns), UTC, lambda _done: None)

    return write


def _memory(action: Action, folder: Path, count: int, full: bool) -> Line:
    """How much the resident memory grows from the tenth of the rows on, read after each page."""
    seen: list[float] = []

    def tick(_done: int) -> None:
        seen.append(int(Path("/proc/self/statm").read_text().split()[1]) * PAGE / 1e6)

    asked = {"action": action.pk}
    columns = table.columns(asked)
    write_pages("xlsx", folder / "file", columns, table.pages(asked, columns), UTC, tick)
    early = max(seen[: max(1, len(seen) // 10)])
    grown = max(seen) - early
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    bar, met = "grows by at most 5 MB", grown <= 5 if full else None
    return Line(
        f"memory from {count // 10:,} rows on (peak {peak:,.0f} MB)", f"{grown:,.1f} MB", "", "", bar, met
    )


def _stored(action: Action) -> Iterator[tuple[Any, ...]]:
    """A cursor that fetches 2,000 rows at a time, with each answer's text as JSON."""
    answers = FIELDS.replace("answers", "answers::text") if connection.vendor != "sqlite" else FIELDS
    sql = f"SELECT {answers} FROM surveys_response WHERE action_id = %s ORDER BY id"
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, [action.pk])
        while some := cursor.fetchmany(2_000):
            yield from some


def _cells(action: Action) -> Iterator[list[Any]]:
    keys = [f"q{at}" for at in range(QUESTIONS)]
    for *who, answers in _stored(action):
        told = json.loads(answers)
        row = [str(one) for one in who]
        for key in keys:
            value = told.get(key)
            if isinstance(value, dict):
                row += [value["lt"], value["lg"], value["n"]]
            else:
                row.append("; ".join(value) if isinstance(value, list) else value)
        yield row


def _bare_csv(action: Action, path: Path) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        out = csv.writer(file, quoting=csv.QUOTE_ALL)
        for row in _cells(action):
            out.writerow(row)


def _bare_xlsx(action: Action, path: Path) -> None:
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    sheet = book.add_worksheet()
    for at, row in enumerate(_cells(action)):
        for place, value in enumerate(row):
            if isinstance(value, str):
                sheet.write_string(at, place, value)
            else:
                sheet.write_number(at, place, value)
    book.close()
