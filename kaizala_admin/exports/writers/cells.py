"""Cells as text for spreadsheets, a whole column at a time: that is what makes it quick.

One text of the whole page is joined, searched and split in C; a step of Python for each cell costs more than
reading it from the database.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from kaizala_admin.exports.columns import Cell, Column, capital

# What makes a spreadsheet take a text for a formula when it stands first (OWASP ASVS 1.2.10).
DANGEROUS = frozenset("=+-@\t\r\0＝＋－＠")
BETWEEN = "\x1f"  # the cells of a column in one text
DANGEROUS_CELL = re.compile(f"{BETWEEN}[{re.escape(''.join(sorted(DANGEROUS)))}]")
IN_UTC = ZoneInfo("UTC")


def safe(words: str) -> str:
    """With an apostrophe before it where a spreadsheet would compute it."""
    return f"'{words}" if words[:1] in DANGEROUS and words else words


def headings(columns: Sequence[Column], zone: ZoneInfo, *, plus: bool) -> list[str]:
    """One for each cell of a row. `plus`: whether phone numbers keep their plus."""
    found: list[str] = []
    for column in columns:
        title = capital(column.title)
        if column.cell == Cell.TIME:
            found += [f"{title} ({one.key})" for one in zones(zone)]
        elif column.cell == Cell.PHONE and not plus:
            found.append(_("%(title)s (without +)") % {"title": title})
        else:
            found.append(title)
    return found


def zones(zone: ZoneInfo) -> list[ZoneInfo]:
    """UTC and the local zone, side by side; one of them where they are the same."""
    return [IN_UTC] if zone.key == "UTC" else [IN_UTC, zone]


def as_text(column: Column, values: Sequence[Any], zone: ZoneInfo) -> list[Sequence[str]]:
    """The column's cells for a CSV file: one list, two for a time."""
    match column.cell:
        case Cell.TEXT:
            return [safe_column(values)]
        case Cell.PHONE:
            return [safe_column(_without_plus(values))]
        case Cell.NUMBER:
            return [["" if value is None else str(value) for value in values]]
        case Cell.FLAG:
            return [["" if value is None else "yes" if value else "no" for value in values]]
        case Cell.TIME:
            return [[_at(value, one) for value in values] for one in zones(zone)]


def safe_column(values: Sequence[Any]) -> Sequence[str]:
    """`safe` for each. A page whose texts begin with nothing dangerous is left as it is: nearly every one."""
    together = _together(values)
    if together and not DANGEROUS_CELL.search(together):
        return values
    return [safe(words(value)) for value in values]


def _without_plus(values: Sequence[Any]) -> Sequence[Any]:
    found = _together(values).replace(f"{BETWEEN}+", BETWEEN).split(BETWEEN)[1:]
    return found if len(found) == len(values) else [value and value.removeprefix("+") for value in values]


def _together(values: Sequence[Any]) -> str:
    """All cells, each after BETWEEN; "" when one of them is no text."""
    try:
        return BETWEEN + BETWEEN.join(values)
    except TypeError:
        return ""


def words(value: Any) -> str:
    """Any value of a text column; lazy words are translated here."""
    if type(value) is str:
        return value
    return "" if value is None else str(value)


@lru_cache(maxsize=4_096)  # fifty lines of the ledger have the same time, and many people name the same day
def _at(value: datetime | None, zone: ZoneInfo) -> str:
    if value is None:
        return ""
    there = value.astimezone(UTC if zone is IN_UTC else zone)
    return there.isoformat(" ", "seconds")[:19]
