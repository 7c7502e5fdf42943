"""Rows of an uploaded sheet: CSV with any delimiter and encoding, or XLSX; row by row (reliability 1.13)."""

import codecs
import csv
import io
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from typing import IO, Any
from xml.etree.ElementTree import ParseError

from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

MEGABYTE = 1024 * 1024
MAX_BYTES = 10 * MEGABYTE
MAX_UNPACKED = 200 * MEGABYTE
MAX_TEXTS = 50 * MEGABYTE  # of a workbook's common texts, which are held in memory
MAX_FIELD = 10_000  # characters
MAX_COLUMNS = 2_000
DELIMITERS = ",;\t|"
HEAD = 64 * 1024  # bytes that say what the file is
PICTURES = (b"%PDF", b"\x89PNG", b"\xff\xd8", b"GIF8", b"{\\rtf", b"RIFF", b"BM")
UNDEFINED = frozenset(b"\x81\x8d\x8f\x90\x9d")  # that Windows' encoding has no letter for
Row = tuple[int, list[str]]  # line number in the sheet from 1, cells


class BadSheet(Exception):
    """The file cannot be used; the text says why and what to do."""


def rows(file: IO[bytes], size: int, most: int = MAX_BYTES) -> Iterator[Row]:
    """Every row that is not blank. `size` and `most` in bytes. Raises BadSheet, at once or while it is read.

    Memory does not grow with the file: CSV is decoded as it is read, XLSX is unpacked row by row.
    """
    if size > most:
        raise BadSheet(
            _("The file is larger than %(most)d MB. Split it, or keep only the columns that are needed.")
            % {"most": most // MEGABYTE}
        )
    head = file.read(HEAD)
    file.seek(0)
    if head.startswith(b"PK"):
        return _xlsx(file)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise BadSheet(_("This is an old Excel file (.xls) or has a password. Save it as .xlsx or .csv."))
    encoding = _encoding(file)
    return _csv(file, encoding, codecs.getincrementaldecoder(encoding)("replace").decode(head))


def _no_sheet() -> BadSheet:
    return BadSheet(
        _("This file is no sheet. Choose a .csv or .xlsx file with one phone number in each row.")
    )


def _xlsx(file: IO[bytes]) -> Iterator[Row]:
    try:
        with zipfile.ZipFile(file) as packed:
            parts = packed.infolist()
            texts = sum(part.file_size for part in parts if part.filename.lower().endswith("strings.xml"))
            if sum(part.file_size for part in parts) > MAX_UNPACKED or texts > MAX_TEXTS:
                raise BadSheet(
                    _("The sheet is too large when unpacked. Keep only the columns that are needed.")
                )
        file.seek(0)
        book = load_workbook(file, read_only=True, data_only=True)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()
        for number, cells in enumerate(sheet.iter_rows(values_only=True, max_col=MAX_COLUMNS), 1):
            texts_of = [_text(cell) for cell in cells]
            if any(texts_of):
                yield number, texts_of
    except (zipfile.BadZipFile, InvalidFileException, KeyError, IndexError, ValueError, OSError, ParseError):
        raise _no_sheet() from None


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def _encoding(file: IO[bytes]) -> str:
    """Looks through the whole file, a megabyte at a time: one wrong byte at its end decides too."""
    head = file.read(HEAD)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        file.seek(0)
        return "utf-16"
    if head.startswith(PICTURES):
        raise _no_sheet()
    decoder: Any = codecs.getincrementaldecoder("utf-8")()
    unicode, windows = True, True
    block = head
    while block:
        if b"\0" in block:
            raise _no_sheet()
        if unicode:
            unicode = _decodes(decoder, block)
        windows = windows and not UNDEFINED.intersection(block)
        block = file.read(MEGABYTE)
    unicode = unicode and _decodes(decoder, b"", final=True)
    file.seek(0)
    return "utf-8-sig" if unicode else "cp1252" if windows else "latin-1"


def _decodes(decoder: Any, block: bytes, final: bool = False) -> bool:
    try:
        decoder.decode(block, final)
    except UnicodeDecodeError:
        return False
    return True


def _csv(file: IO[bytes], encoding: str, head: str) -> Iterator[Row]:
    if not head.strip().strip("\ufeff"):
        raise BadSheet(_("The file is empty. Choose a .csv or .xlsx file with one phone number in each row."))
    if head.strip("\ufeff \t\r\n")[:15].lower().startswith(("<!doctype", "<html", "<?xml")):
        raise _no_sheet()
    csv.field_size_limit(MAX_FIELD)
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    reader = csv.reader(text, delimiter=_delimiter(head.strip("\ufeff")))
    last = 0
    try:
        for cells in reader:
            line, last = last + 1, reader.line_num
            stripped = [cell.strip() for cell in cells]
            if any(stripped):
                yield line, stripped[:MAX_COLUMNS]
    except (csv.Error, UnicodeError):
        raise _no_sheet() from None
    finally:
        with suppress(ValueError):  # the file may be closed before this is read to its end
            text.detach()


def _delimiter(text: str) -> str:
    """The character that cuts the first lines into the same number of cells, more than one; else a comma."""
    first = [line for line in text[:20_000].splitlines()[:20] if line.strip()]
    if first and first[0].lower().startswith("sep=") and len(first[0]) == 5:
        return first[0][4]
    counts = {one: [line.count(one) for line in first] for one in DELIMITERS}
    steady = [one for one, found in counts.items() if min(found, default=0) > 0]
    return max(steady, key=lambda one: (len(set(counts[one])) == 1, min(counts[one])), default=",")
