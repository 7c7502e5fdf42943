"""Rows of an uploaded sheet: CSV with any delimiter and encoding, or XLSX; row by row (reliability 1.13)."""

import csv
import io
import zipfile
from collections.abc import Iterator
from typing import IO
from xml.etree.ElementTree import ParseError

from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

MAX_BYTES = 10 * 1024 * 1024
MAX_UNPACKED = 200 * 1024 * 1024
MAX_FIELD = 10_000  # characters
DELIMITERS = ",;\t|"
Row = tuple[int, list[str]]  # line number in the sheet from 1, cells


class BadSheet(Exception):
    """The file cannot be used; the text says why and what to do."""


def rows(file: IO[bytes], size: int) -> Iterator[Row]:
    """Every row that is not blank. Raises BadSheet, at once or while it is read."""
    if size > MAX_BYTES:
        raise BadSheet(
            _("The file is larger than 10 MB. Split it, or keep only the column with the numbers.")
        )
    head = file.read(8)
    file.seek(0)
    if head.startswith(b"PK"):
        return _xlsx(file)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise BadSheet(_("This is an old Excel file (.xls) or has a password. Save it as .xlsx or .csv."))
    return _csv(_decode(file.read()))


def _no_sheet() -> BadSheet:
    return BadSheet(
        _("This file is no sheet. Choose a .csv or .xlsx file with one phone number in each row.")
    )


def _xlsx(file: IO[bytes]) -> Iterator[Row]:
    try:
        with zipfile.ZipFile(file) as packed:
            if sum(part.file_size for part in packed.infolist()) > MAX_UNPACKED:
                raise BadSheet(
                    _("The sheet is too large when unpacked. Keep only the column with the numbers.")
                )
        file.seek(0)
        book = load_workbook(file, read_only=True, data_only=True)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()
        for number, cells in enumerate(sheet.iter_rows(values_only=True), 1):
            texts = [_text(cell) for cell in cells]
            if any(texts):
                yield number, texts
    except (zipfile.BadZipFile, InvalidFileException, KeyError, IndexError, ValueError, OSError, ParseError):
        raise _no_sheet() from None


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def _decode(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    elif b"\0" in data or data.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8", b"GIF8", b"{\\rtf")):
        raise _no_sheet()
    else:
        encodings = ("utf-8-sig", "cp1252", "latin-1")
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _no_sheet()


def _csv(text: str) -> Iterator[Row]:
    if not text.strip():
        raise BadSheet(_("The file is empty. Choose a .csv or .xlsx file with one phone number in each row."))
    if text.lstrip()[:15].lower().startswith(("<!doctype", "<html", "<?xml")):
        raise _no_sheet()
    csv.field_size_limit(MAX_FIELD)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    last = 0
    try:
        for cells in reader:
            line, last = last + 1, reader.line_num
            if any(cell.strip() for cell in cells):
                yield line, [cell.strip() for cell in cells]
    except csv.Error:
        raise _no_sheet() from None


def _delimiter(text: str) -> str:
    """The character that cuts the first lines into the same number of cells, more than one; else a comma."""
    first = [line for line in text[:20_000].splitlines()[:20] if line.strip()]
    if first and first[0].lower().startswith("sep=") and len(first[0]) == 5:
        return first[0][4]
    counts = {one: [line.count(one) for line in first] for one in DELIMITERS}
    steady = [one for one, found in counts.items() if min(found, default=0) > 0]
    return max(steady, key=lambda one: (len(set(counts[one])) == 1, min(counts[one])), default=",")
