"""Numbers that a person gave, line by line: pasted, uploaded or ticked; each checked, each number once."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain, islice
from typing import IO

from django.utils.translation import gettext as _

from groups import bulk
from groups.reading import sheets
from groups.reading.numbers import Problem, normalise
from groups.reading.pasted import pieces

from . import columns
from .models import AudienceLine, Broadcast

MAX_ROWS = 100_000
FIELDS = ("line", "given", "mobile_number", "problem")  # of a stored line


class TooManyRows(sheets.BadSheet):
    """More than MAX_ROWS."""

    def __init__(self) -> None:
        super().__init__(
            _("There are more than 100,000 rows. Split them into several broadcasts of at most 100,000.")
        )


@dataclass(frozen=True)
class Line:
    """`line` counts from 1 as the person sees it. `problem` is "" for a number that can be used."""

    line: int
    given: str
    mobile_number: str
    problem: str = ""


def from_text(text: str, region: str) -> list[Line]:
    """Pasted numbers: one in a line, or several between commas, semicolons or tabs. Raises TooManyRows."""
    return _check(pieces(text.splitlines()), region)


def from_file(file: IO[bytes], size: int, region: str) -> list[Line]:
    """The numbers of a sheet, by its own row numbers. Raises sheets.BadSheet (TooManyRows among them)."""
    found = sheets.rows(file, size)
    first = list(islice(found, columns.LOOKED_AT))
    if not first:
        raise sheets.BadSheet(_("The sheet has no rows. Choose one with a phone number in each row."))
    at, heading = columns.find(first, region)
    rest = chain(first[1:] if heading else first, found)
    return _check(((number, cells[at] if at < len(cells) else "") for number, cells in rest), region)


def from_numbers(numbers: Iterable[str], region: str) -> list[Line]:
    """Numbers that were ticked in a list."""
    return _check(enumerate(numbers, 1), region)


def _check(given: Iterable[tuple[int, str]], region: str) -> list[Line]:
    seen: set[str] = set()
    lines: list[Line] = []
    for number, text in given:
        if len(lines) >= MAX_ROWS:
            raise TooManyRows
        mobile_number, problem = normalise(text, region)
        if not problem and mobile_number in seen:
            problem = Problem.DUPLICATE
        seen.add(mobile_number)
        lines.append(Line(number, text[:100].replace("\0", ""), mobile_number, str(problem)))
    return lines


def store(broadcast: Broadcast, lines: Iterable[Line]) -> None:
    """Replaces the stored lines of a draft; inside the caller's transaction."""
    AudienceLine.objects.filter(broadcast=broadcast).delete()
    rows = ((broadcast.pk, one.line, one.given, one.mobile_number, one.problem) for one in lines)
    bulk.insert(AudienceLine, ("broadcast", *FIELDS), rows)
