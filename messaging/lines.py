"""Numbers that a person gave, line by line: pasted, uploaded or ticked; each checked, each number once."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import IO, Any

from django.utils.translation import gettext as _

from groups.reading import sheets
from groups.reading.numbers import Problem, normalise
from groups.reading.pasted import pieces
from kaizala_admin.connectors import bulk

from . import columns
from .models import AudienceLine, Broadcast
from .personal.values import column_keys, one_line

MAX_ROWS = 100_000
FIELDS = ("line", "given", "mobile_number", "problem", "columns")  # of a stored line


class TooManyRows(sheets.BadSheet):
    """More than MAX_ROWS."""

    def __init__(self) -> None:
        super().__init__(
            _("There are more than 100,000 rows. Split them into several broadcasts of at most 100,000.")
        )


@dataclass(frozen=True)
class Line:
    """`line` counts from 1 as the person sees it. `problem` is "" for a number that can be used.

    `columns` are the other cells of a sheet that has headings, by key.
    """

    line: int
    given: str
    mobile_number: str
    problem: str = ""
    columns: Mapping[str, str] | None = None


class Sheet(list[Line]):
    """The lines of a sheet, and the headings of its other columns."""

    columns: Sequence[str] = ()


def from_text(text: str, region: str) -> list[Line]:
    """Pasted numbers: one in a line, or several between commas, semicolons or tabs. Raises TooManyRows."""
    return _check(((number, piece, ()) for number, piece in pieces(text.splitlines())), region)


def from_file(file: IO[bytes], size: int, region: str) -> list[Line]:
    """The numbers of a sheet, by its own row numbers. Raises sheets.BadSheet (TooManyRows among them)."""
    found = sheets.rows(file, size)
    first = list(islice(found, columns.LOOKED_AT))
    if not first:
        raise sheets.BadSheet(_("The sheet has no rows. Choose one with a phone number in each row."))
    at, heading = columns.find(first, region)
    rest = chain(first[1:] if heading else first, found)
    names = [one_line(cell) for cell in first[0][1]] if heading else []
    keys = ["" if place == at else key for place, key in enumerate(column_keys(names))]
    given = ((number, cells[at] if at < len(cells) else "", cells) for number, cells in rest)
    read = Sheet(_check(given, region, keys))
    read.columns = [name for name, key in zip(names, keys, strict=True) if key]
    return read


def from_numbers(numbers: Iterable[str], region: str) -> list[Line]:
    """Numbers that were ticked in a list."""
    return _check(((at, number, ()) for at, number in enumerate(numbers, 1)), region)


def _check(
    given: Iterable[tuple[int, str, Sequence[str]]], region: str, keys: Sequence[str] = ()
) -> list[Line]:
    seen: set[str] = set()
    lines: list[Line] = []
    for number, text, cells in given:
        if len(lines) >= MAX_ROWS:
            raise TooManyRows
        mobile_number, problem = normalise(text, region)
        if not problem and mobile_number in seen:
            problem = Problem.DUPLICATE
        seen.add(mobile_number)
        columns = {key: one_line(cell) for key, cell in zip(keys, cells, strict=False) if key and cell}
        shown = text[:100].replace("\0", "")
        lines.append(Line(number, shown, mobile_number, str(problem), columns or None))
    return lines


def store(broadcast: Broadcast, lines: Iterable[Line]) -> None:
    """Replaces the stored lines of a draft; inside the caller's transaction."""
    AudienceLine.objects.filter(broadcast=broadcast).delete()
    columns = list(lines.columns) if isinstance(lines, Sheet) else []
    Broadcast.objects.filter(pk=broadcast.pk).update(columns=columns)
    broadcast.columns = columns
    insert(broadcast, ((one.line, one.given, one.mobile_number, one.problem, one.columns) for one in lines))


def insert(broadcast: Broadcast, rows: Iterable[Sequence[Any]]) -> None:
    """Lines in the order of FIELDS, in bulk."""
    ready = ((broadcast.pk, *row[:-1], json.dumps(row[-1]) if row[-1] else None) for row in rows)
    bulk.insert(AudienceLine, ("broadcast", *FIELDS), ready)
