"""Files that open right, and safely, in any spreadsheet (reliability 1.13)."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook

from kaizala_admin.exports import Column, flag, number, phone, text, time
from kaizala_admin.exports.writers import write_table, xlsx

COLUMNS = (text("name", "name"), phone("number", "number"), number("age", "age"))
TIMES = (time("at", "answered"), flag("ok", "ok"))
AT = datetime(2026, 3, 29, 20, 30, 5, 999_999, tzinfo=UTC)
UTC_ZONE, INDIA = ZoneInfo("UTC"), ZoneInfo("Asia/Kolkata")


def write(
    path: Path, file_format: str, columns: Sequence[Column], rows: Sequence[Any], zone: ZoneInfo = UTC_ZONE
) -> Path:
    file = path / f"file.{file_format}"
    assert write_table(file_format, file, columns, rows, zone, lambda done: None) == len(rows)
    return file


def cells_of(file: Path) -> list[list[str]]:
    with file.open(encoding="utf-8-sig", newline="") as opened:
        return list(csv.reader(opened))


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"])
def test_a_csv_cell_that_a_spreadsheet_would_compute_gets_an_apostrophe(tmp_path: Path, first: str) -> None:
    file = write(tmp_path, "csv", COLUMNS[:1], [[f"{first}cmd|' /C calc'!A0"]])
    assert cells_of(file)[1] == [f"'{first}cmd|' /C calc'!A0"]


def test_a_csv_file_has_a_mark_quotes_every_cell_and_numbers_without_their_plus(tmp_path: Path) -> None:
    file = write(tmp_path, "csv", COLUMNS, [["Asha", "+919812345678", 7], ["", "", None]])
    assert file.read_bytes() == (
        b'\xef\xbb\xbf"Name","Number (without +)","Age"\r\n"Asha","919812345678","7"\r\n"","",""\r\n'
    )


@pytest.mark.parametrize("strange", ["\x1f+1", None, "=1"])
def test_one_strange_cell_does_not_change_the_others_of_its_column(tmp_path: Path, strange: Any) -> None:
    rows = [["Asha", "+919812345678", 7], [strange, strange, None], ["Juma", "+254700000001", 8]]
    found = cells_of(write(tmp_path, "csv", COLUMNS, rows))[1:]
    assert (found[0], found[2]) == (["Asha", "919812345678", "7"], ["Juma", "254700000001", "8"])
    assert found[1][0] == {"=1": "'=1", None: ""}.get(strange, strange)


def test_names_in_any_script_and_with_lines_come_back_as_they_were(tmp_path: Path) -> None:
    names = ["आशा", "عائشة", "a\nb", 'she said "hi", twice', "🌾", "=1+1"]
    file = write(tmp_path, "csv", COLUMNS[:1], [[name] for name in names])
    assert [row[0].removeprefix("'") for row in cells_of(file)[1:]] == names


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        (UTC_ZONE, [["Answered (UTC)", "Ok"], ["2026-03-29 20:30:05", "yes"], ["", ""]]),
        (
            INDIA,
            [
                ["Answered (UTC)", "Answered (Asia/Kolkata)", "Ok"],
                ["2026-03-29 20:30:05", "2026-03-30 02:00:05", "yes"],
                ["", "", ""],
            ],
        ),
    ],
)
def test_times_stand_in_utc_and_beside_it_in_local_time(
    tmp_path: Path, zone: ZoneInfo, expected: list[list[str]]
) -> None:
    assert cells_of(write(tmp_path, "csv", TIMES, [[AT, True], [None, None]], zone)) == expected


def test_a_sheet_holds_text_as_text_numbers_as_numbers_and_times_as_times(tmp_path: Path) -> None:
    rows = [["=1+1", "+919812345678", 7, AT, False], ["https://example.org", "", None, None, None]]
    sheet = load_workbook(write(tmp_path, "xlsx", (*COLUMNS, *TIMES), rows, INDIA)).active
    assert sheet is not None
    found = [[(cell.data_type, cell.value) for cell in row] for row in sheet.iter_rows(min_row=2)]
    assert found == [
        [
            ("s", "=1+1"),
            ("s", "+919812345678"),
            ("n", 7),
            ("d", AT.replace(tzinfo=None, microsecond=0)),
            ("d", AT.astimezone(INDIA).replace(tzinfo=None, microsecond=0)),
            ("s", "no"),
        ],
        [("s", "https://example.org"), *[("n", None)] * 5],
    ]
    assert [cell.value for cell in sheet[1]][3:5] == ["Answered (UTC)", "Answered (Asia/Kolkata)"]


def test_what_does_not_fit_on_one_sheet_goes_on_on_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xlsx, "MOST_ROWS", 2)
    book = load_workbook(write(tmp_path, "xlsx", COLUMNS[:1], [[str(n)] for n in range(5)]))
    found = [[cell.value for cell in sheet["A"]] for sheet in book.worksheets]
    assert found == [["Name", "0", "1"], ["Name", "2", "3"], ["Name", "4"]]


def test_json_lines_hold_plain_values_by_key(tmp_path: Path) -> None:
    rows = [["=आशा", "+919812345678", 7, AT, True]]
    file = write(tmp_path, "jsonl", (*COLUMNS, *TIMES), rows, INDIA)
    assert [json.loads(line) for line in file.read_text("utf-8").splitlines()] == [
        {
            "name": "=आशा",
            "number": "+919812345678",
            "age": 7,
            "at": "2026-03-29T20:30:05Z",
            "ok": True,
            "at_local": "2026-03-30T02:00:05+05:30",
        }
    ]


@pytest.mark.parametrize("file_format", ["csv", "xlsx", "jsonl"])
def test_no_row_at_all_is_a_file_too(tmp_path: Path, file_format: str) -> None:
    assert write(tmp_path, file_format, COLUMNS, []).exists()
