import io
import time
from collections.abc import Iterable

import pytest
from openpyxl import Workbook

from groups.reading import sheets
from groups.reading.numbers import normalise
from messaging import lines


@pytest.mark.parametrize(
    "given",
    [
        "+919812345678",
        "+91 98123 45678",
        "09812345678",
        "9812345678",
        "919812345678",
        "'+919812345678",
        "0091 98123-45678",
        "+91 (0) 98123 45678",
        "919812345678.0",
        "\u200e+91\u00a098123\u00a045678",
        "+९१ ९८१२३ ४५६७८",
    ],
)
def test_every_spelling_becomes_one_number(given: str) -> None:
    assert normalise(given, "IN") == ("+919812345678", "")


def test_a_foreign_number_without_its_plus_is_understood() -> None:
    assert normalise("254712345678", "IN") == ("+254712345678", "")


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("Asha", "not_a_number"),
        ("", "not_a_number"),
        ("12", "too_short"),
        ("+91981234", "too_short"),
        ("+91981234567890", "too_long"),
        ("+9991234567890", "no_country"),
        ("9.19812E+11", "shortened"),
    ],
)
def test_a_wrong_number_says_why(given: str, problem: str) -> None:
    assert normalise(given, "IN") == ("", problem)


def upload(data: bytes) -> list[lines.Line]:
    return lines.from_file(io.BytesIO(data), len(data), "IN")


def workbook(rows: Iterable[Iterable[object]]) -> bytes:
    book, file = Workbook(write_only=True), io.BytesIO()
    sheet = book.create_sheet()
    for row in rows:
        sheet.append(list(row))
    book.save(file)
    return file.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_sheet_in_any_delimiter_and_encoding_is_read(encoding: str, delimiter: str) -> None:
    rows = [["Name", "Village", "Mobile No."], ["José", "A", "9812345678"], ["Asha", "B", "12"]]
    data = "\r\n".join(delimiter.join(row) for row in rows).encode(encoding)
    assert upload(data) == [
        lines.Line(2, "9812345678", "+919812345678", columns={"name": "José", "village": "A"}),
        lines.Line(3, "12", "", "too_short", columns={"name": "Asha", "village": "B"}),
    ]


def test_the_column_is_found_by_its_content_when_no_heading_names_it() -> None:
    assert upload(b"Person,Where,X\nAsha,1,9812345678\nRavi,2,9812345679\n") == [
        lines.Line(2, "9812345678", "+919812345678", columns={"person": "Asha", "where": "1"}),
        lines.Line(3, "9812345679", "+919812345679", columns={"person": "Ravi", "where": "2"}),
    ]


def test_a_list_without_a_heading_keeps_its_first_line() -> None:
    assert [line.line for line in upload(b"9812345678\n\n9812345679\n")] == [1, 3]


def test_an_excel_sheet_with_numbers_in_cells_is_read() -> None:
    data = workbook([["name", "phone"], ["Asha", 919812345678], ["Ravi", 9812345679.0], [None, None]])
    assert [line.mobile_number for line in upload(data)] == ["+919812345678", "+919812345679"]


@pytest.mark.parametrize(
    "data",
    [b"%PDF-1.7 x", b"\x89PNG\r\n\x1a\n\0\0", b"PK\x03\x04 broken", b"<html><p>9812345678</p>", b"\0\1\2"],
)
def test_a_file_that_is_no_sheet_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(sheets.BadSheet, match="This file is no sheet"):
        upload(data)


@pytest.mark.parametrize("data", [b"", b"\n\n"])
def test_an_empty_file_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(sheets.BadSheet, match="The file is empty"):
        upload(data)


def test_an_old_excel_file_is_told_how_to_become_a_new_one() -> None:
    with pytest.raises(sheets.BadSheet, match=r"Save it as \.xlsx or \.csv"):
        upload(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")


def test_a_number_twice_in_two_spellings_is_found() -> None:
    found = lines.from_text("+91 98123 45678\n09812345678", "IN")
    assert [(line.line, line.problem) for line in found] == [(1, ""), (2, "duplicate")]


def test_pasted_names_beside_numbers_are_no_wrong_numbers() -> None:
    found = lines.from_text("Asha; 9812345678\n9812345679, 9812345670\nRavi", "IN")
    assert [(line.line, line.problem) for line in found] == [(1, ""), (2, ""), (2, ""), (3, "not_a_number")]


def test_100_000_rows_are_read_in_seconds_and_one_more_is_refused() -> None:
    data = "\n".join(["phone", *(f"+9198{at:08d}" for at in range(100_000))]).encode()
    began = time.monotonic()
    assert len(upload(data)) == 100_000
    assert time.monotonic() - began < 10
    with pytest.raises(lines.TooManyRows, match="more than 100,000 rows"):
        upload(data + b"\n+919999999999")
