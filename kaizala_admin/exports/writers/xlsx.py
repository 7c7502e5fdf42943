"""XLSX: text as text (never a formula), numbers as numbers, times as dates; more sheets when one is full."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import xlsxwriter
from django.utils.translation import gettext as _

from kaizala_admin.exports.columns import Cell, Column, Columns

from .cells import IN_UTC, headings, words, zones

MOST_ROWS = 1_048_575  # of a sheet, without its heading
MOST_LETTERS = 32_767  # of a cell
WIDTHS = {Cell.TEXT: 28, Cell.PHONE: 18, Cell.NUMBER: 12, Cell.TIME: 20, Cell.FLAG: 12}
OPTIONS = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}


class XlsxTable:
    def __init__(self, path: Path, columns: Sequence[Column], zone: ZoneInfo) -> None:
        self.columns, self.zone = columns, zone
        self.book = xlsxwriter.Workbook(str(path), {**OPTIONS, "tmpdir": str(path.parent)})
        self.bold = self.book.add_format({"bold": True, "bottom": 1})
        self.date = self.book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self.titles = headings(columns, zone, plus=True)
        self.sheets = 0
        self._next_sheet()

    def write(self, page: Columns) -> None:
        for row in zip(*page, strict=True):
            if self.at > MOST_ROWS:
                self._next_sheet()
            for place, put, value in zip(self.places, self.puts, row, strict=True):
                if value is not None and value != "":
                    put(self.at, place, value)
            self.at += 1

    def close(self) -> None:
        self.sheet.autofilter(0, 0, max(self.at - 1, 0), len(self.titles) - 1)
        self.book.close()

    def _next_sheet(self) -> None:
        self.sheets += 1
        self.sheet = self.book.add_worksheet(_("Part %(number)d") % {"number": self.sheets})
        self.sheet.freeze_panes(1, 0)
        self.places: list[int] = []
        self.puts: list[Callable[[int, int, Any], None]] = []
        place = 0
        for column in self.columns:
            wide = len(zones(self.zone)) if column.cell == Cell.TIME else 1
            self.sheet.set_column(place, place + wide - 1, WIDTHS[column.cell])
            self.places.append(place)
            self.puts.append(self._putter(column.cell))
            place += wide
        for place, title in enumerate(self.titles):
            self.sheet.write_string(0, place, title, self.bold)
        self.at = 1

    def _putter(self, cell: Cell) -> Callable[[int, int, Any], None]:
        sheet = self.sheet
        match cell:
            case Cell.NUMBER:
                return lambda row, place, value: sheet.write_number(row, place, value)
            case Cell.FLAG:
                return lambda row, place, value: sheet.write_string(row, place, "yes" if value else "no")
            case Cell.TIME:
                return self._put_time
            case _:
                return lambda row, place, value: sheet.write_string(row, place, words(value)[:MOST_LETTERS])

    def _put_time(self, row: int, place: int, value: datetime) -> None:
        for beside, zone in enumerate(zones(self.zone)):
            there = value.astimezone(UTC if zone is IN_UTC else zone).replace(tzinfo=None, microsecond=0)
            self.sheet.write_datetime(row, place + beside, there, self.date)
