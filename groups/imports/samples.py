"""Sheets to start from: the headings that an import knows, and two rows to write over."""

import csv
import io

from .columns import CHILD, FIELDS, GROUP, NUMBER, PARENT, ROLE
from .models import ImportRun

COLUMNS = {
    NUMBER: ("Phone number", "+91 98123 45678", "+254 712 345678"),
    GROUP: ("Group", "Kilifi county", "Kisumu county"),
    ROLE: ("Role", "Admin", "Member"),
    PARENT: ("Parent group", "Kenya programme", "Kenya programme"),
    CHILD: ("Sub-group", "Kilifi county", "Kisumu county"),
}


def headings(kind: str) -> str:
    """The columns of a kind's sheet, as people read them."""
    return ", ".join(COLUMNS[field][0] for field in FIELDS[ImportRun.Kind(kind)])


def every() -> dict[str, str]:
    """One kind for each different sheet, by its columns."""
    found: dict[str, str] = {}
    for kind in FIELDS:
        found.setdefault(headings(kind), kind)
    return found


def sheet(kind: str) -> str:
    """CSV with a byte-order mark, so that spreadsheets read it as UTF-8."""
    file = io.StringIO()
    csv.writer(file).writerows(zip(*(COLUMNS[field] for field in FIELDS[ImportRun.Kind(kind)]), strict=True))
    return "\ufeff" + file.getvalue()
