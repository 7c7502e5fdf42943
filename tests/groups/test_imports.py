"""A sheet is checked before anything is applied, and applied row by row."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from openpyxl import Workbook

from groups.changes.checking import CannotChange
from groups.changes.models import GroupChange
from groups.imports import checking, feeding, reading, services
from groups.imports.models import ImportChunk, ImportRow, ImportRun
from groups.models import GroupLink
from kaizala_admin.connectors.models import Grant
from kaizala_admin.outbox.models import Lane, State

from .importing import apply, checked, fill, make_group, rows, states, stored, upload

A, B, C, D = "+919812300001", "+919812300002", "+919812300003", "+919812300004"


def test_the_check_says_what_each_row_comes_to_and_applies_nothing(grant: Grant) -> None:
    group = make_group(grant)
    fill(group, A)
    run = checked(
        f"Name,Mobile\nAsha,{A}\nJuma,098123 00002\nJuma again,{B}\nNobody,12\nEmpty,\n", group=group
    )
    assert (run.state, run.columns, run.rows_read) == ("checked", {"number": 1}, 5)
    assert rows(run) == [
        (2, A, "there", ""),
        (3, B, "ready", ""),
        (4, B, "duplicate", "duplicate"),
        (5, "", "wrong", "too_short"),
        (6, "", "wrong", "no_number"),
    ]
    wrong = ImportRow.objects.get(run=run, line=5)
    assert (wrong.column, wrong.given, json.loads(wrong.cells)) == ("number", "12", ["Nobody", "12"])
    assert (run.calls, GroupChange.objects.count()) == (1, 0)


def test_an_accepted_import_goes_behind_broadcasts_a_hundred_a_call(grant: Grant) -> None:
    group = make_group(grant)
    run = checked("\n".join(f"+9198123{index:05}" for index in range(250)), group=group)
    assert (run.headed, run.calls) == (False, 3)
    assert services.accept(run=run) is True
    assert services.accept(run=run) is False
    assert feeding.feed(run.pk) == 250
    changes = GroupChange.objects.order_by("pk")
    assert [(row.kind, row.people, row.lane) for row in changes] == [
        ("add_members", 100, Lane.REPAIR),
        ("add_members", 100, Lane.REPAIR),
        ("add_members", 50, Lane.REPAIR),
    ]
    assert ImportRow.objects.filter(run=run, state="queued", change_id=changes[0].pk).count() == 100
    assert ImportChunk.objects.count() == 0


def test_columns_are_known_by_name_in_many_languages(grant: Grant) -> None:
    group = make_group(grant)
    for heading in (
        "Handynummer",
        "N° de téléphone",
        "मोबाइल नंबर",
        "رقم الهاتف",
        "Namba ya simu",
        "手机号",
        "Номер телефона",
    ):
        run = checked(f"x;{heading};y\n1;{A};2\n", group=group)
        assert (run.state, run.columns) == ("checked", {"number": 1}), heading


def test_columns_that_nobody_knows_are_mapped_by_hand(grant: Grant) -> None:
    group = make_group(grant)
    run = checked(f"foo,bar\nWells,{A}\n", "many", tenant=group.tenant)
    assert (run.state, run.sample) == ("mapping", [["foo", "bar"], ["Wells", A]])
    with pytest.raises(CannotChange, match="Choose a column of its own"):
        services.map_columns(run=run, columns={"group": 0, "number": 0}, headed=True)
    services.map_columns(run=run, columns={"group": 0, "number": 1}, headed=True)
    reading.read(run.pk)
    assert rows(stored(run)) == [(2, A, "ready", "")]


def test_people_go_into_many_groups_by_name_or_id_with_a_role(grant: Grant) -> None:
    wells, news = make_group(grant), make_group(grant, "g2", "News", public=True)
    make_group(grant, "g3", "Twin"), make_group(grant, "g4", "twin ")
    make_group(grant, "g5", "Foreign", admin=False)
    sheet = f"Group,Phone,Role\nwells,{A},Admin\ng2,{A},\nNews,{B},member\nTwin,{A},\nNowhere,{A},\n"
    sheet += f"Foreign,{A},\nWells,{B},king\nWells,{C},subscriber\n"
    run = checked(sheet, "many", tenant=wells.tenant)
    in_order = ImportRow.objects.filter(run=run).order_by("id")
    found: list[Any] = list(in_order.values_list("group", "role", "state", "problem"))
    assert found == [
        (wells.pk, "admin", "ready", ""),
        (news.pk, "subscriber", "ready", ""),
        (news.pk, "member", "ready", ""),
        (None, "", "wrong", "two_groups"),
        (None, "", "wrong", "no_group"),
        (None, "", "wrong", "no_admin"),
        (wells.pk, "", "wrong", "no_role"),
        (wells.pk, "", "wrong", "not_public"),
    ]


def test_links_are_checked_for_rings_across_the_sheet(grant: Grant) -> None:
    a, b, c = (make_group(grant, key, key.upper()) for key in "abc")
    GroupLink.objects.create(parent=a, child=b, first_seen_at=a.first_seen_at)
    run = checked("Parent;Sub-group\nA;B\nB;C\nC;A\nB;C\nB;B\n", "links", tenant=a.tenant)
    assert [(line, state, problem) for line, _number, state, problem in rows(run)] == [
        (2, "there", ""),
        (3, "ready", ""),
        (4, "wrong", "ring"),
        (5, "duplicate", "duplicate"),
        (6, "wrong", "ring"),
    ]
    assert c.pk == ImportRow.objects.get(run=run, state="ready").other_id


def test_a_group_is_made_equal_to_a_list_but_keeps_its_admins_and_the_nameless(grant: Grant) -> None:
    group = make_group(grant)
    fill(group, A, B)
    fill(group, C, role="Admin")
    fill(group, "")
    run = checked(f"Phone\n{A}\n{D}\n", "equal", group=group)
    found = ImportRow.objects.filter(run=run).values_list("action", "mobile_number", "state")
    assert set(found) == {("add", A, "there"), ("add", D, "ready"), ("remove", B, "ready")}
    assert (run.kept, run.calls) == ({"admins": 1, "nameless": 1}, 2)


def test_people_are_removed_in_bulk_and_strangers_are_told(grant: Grant) -> None:
    news = make_group(grant, public=True)
    fill(news, A, B)
    run = checked(f"Phone\n{A}\n{C}\n", "remove", group=news, subscribers=True)
    assert states(run) == {"ready": 1, "there": 1}
    services.accept(run=run)
    feeding.feed(run.pk)
    assert [(row.kind, row.payload["numbers"]) for row in GroupChange.objects.all()] == [
        ("remove_subscribers", [A])
    ]


def test_paused_resumed_and_cancelled(grant: Grant) -> None:
    run = checked(f"{A}\n{B}\n", group=make_group(grant))
    services.accept(run=run)
    feeding.feed(run.pk)
    assert services.pause(run=run) is True
    assert GroupChange.objects.get().held is True
    assert feeding.feed(run.pk) == 0
    assert services.resume(run=run) is True
    assert GroupChange.objects.get().held is False
    assert services.cancel(run=run) is True
    assert (GroupChange.objects.get().state, stored(run).state) == (State.CANCELLED, "cancelled")
    assert states(run) == {"cancelled": 2}
    assert services.resume(run=run) is False


def test_a_reader_that_dies_is_followed_by_one_that_starts_anew(
    grant: Grant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "BATCH", 2)
    run = upload("\n".join((A, B, C, D)), group=make_group(grant))
    real, calls = checking.settle_present, []

    def dies(some: Any, known: Any) -> None:
        calls.append(some)
        if len(calls) == 2:
            raise SystemExit  # as kill -9: nothing more is written
        real(some, known)

    monkeypatch.setattr(reading, "settle_present", dies)
    with pytest.raises(SystemExit):
        reading.read(run.pk)
    assert states(run) == {"ready": 2}
    assert reading.read(run.pk) is False  # its lease still holds
    ImportRun.objects.update(lease_until=None)
    assert reading.read(run.pk) is True
    assert [number for _line, number, *_more in rows(run)] == [A, B, C, D]


def test_a_reader_whose_import_was_cancelled_meanwhile_writes_nothing_more(
    grant: Grant, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = upload(f"{A}\n{B}\n", group=make_group(grant))
    real = checking.settle_present

    def rival(some: Any, known: Any) -> None:
        services.cancel(run=run)
        real(some, known)

    monkeypatch.setattr(reading, "settle_present", rival)
    assert reading.read(run.pk) is True
    assert (stored(run).state, rows(run)) == ("cancelled", [])


def book(*lines: list[Any], merge: str = "") -> bytes:
    sheet = Workbook()
    for line in lines:
        sheet.active.append(line)  # type: ignore[union-attr]
    if merge:
        sheet.active.merge_cells(merge)  # type: ignore[union-attr]
    file = io.BytesIO()
    sheet.save(file)
    return file.getvalue()


def bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * (201 * 1024 * 1024))
    return file.getvalue()


def entities(depth: int) -> bytes:
    """A workbook of a few hundred bytes; a cell of it is "a", ten times as long with each step of depth."""
    nested = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, depth + 1))
    head = f'<?xml version="1.0"?><!DOCTYPE worksheet [<!ENTITY e0 "a">{nested}]>'
    cell = f'<row r="3"><c r="A3" t="str"><v>&e{depth};</v></c></row></sheetData>'
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(book(["Phone"], [A]))) as good,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed,
    ):
        for name in good.namelist():
            data = good.read(name).decode()
            if name == "xl/worksheets/sheet1.xml":
                data = head + data[data.index("<worksheet") :].replace("</sheetData>", cell)
            packed.writestr(name, data)
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "The file is empty."),
        (b"  \n \n", "The file is empty."),
        (b"\xff\xd8\xff\xe0 a photo", "This file is no sheet."),
        (b"Phone\n" + b"+91981230\x000001\n", "This file is no sheet."),
        (b"PK\x03\x04 not really", "This file is no sheet."),
        (b"\xd0\xcf\x11\xe0" + bytes(20), "This is an old Excel file"),
        (b"<html><table></table>", "This file is no sheet."),
        (bomb(), "The sheet is too large when unpacked."),
        (entities(10), "This file is no sheet."),
    ],
    ids=["nothing", "blanks", "photo", "zeros", "no zip", "old excel", "web page", "zip bomb", "entities"],
)
def test_files_that_are_no_sheets_are_refused_in_words(grant: Grant, data: bytes, words: str) -> None:
    run = checked(data, group=make_group(grant))
    assert run.state == "failed"
    assert run.error.startswith(words)
    assert rows(run) == []


def test_a_workbook_with_a_harmless_entity_is_read(grant: Grant) -> None:
    run = checked(entities(1), group=make_group(grant), name="a.xlsx")
    assert [row[1:] for row in rows(run)] == [(A, "ready", ""), ("", "wrong", "not_a_number")]


def test_a_file_of_more_than_50_mb_is_refused(grant: Grant) -> None:
    run = upload(A, group=make_group(grant))
    ImportRun.objects.update(file_size=50 * 1024 * 1024 + 1)
    reading.read(run.pk)
    assert stored(run).error.startswith("The file is larger than 50 MB.")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1"])
def test_encodings_and_byte_order_marks_are_understood(grant: Grant, encoding: str) -> None:
    text = f"Prénom\tTéléphone\nJosé\t{A}\n"
    run = checked(text.encode(encoding), group=make_group(grant))
    assert (run.columns, run.heading[0], states(run)) == ({"number": 1}, "Prénom", {"ready": 1})


def test_a_wrong_byte_at_the_end_does_not_stop_the_reading(grant: Grant) -> None:
    data = (
        b"Phone,Name\n"
        + b"".join(b"+9198123%05d,x\n" % index for index in range(5_000))
        + b"+919900000000,\xe9\n"
    )
    assert states(checked(data, group=make_group(grant))) == {"ready": 5_001}


def test_a_thousand_columns_formulas_and_merged_cells(grant: Grant) -> None:
    group = make_group(grant)
    wide = checked(",".join(["c"] * 999 + ["Phone"]) + "\n" + "," * 999 + A, group=group)
    assert (wide.columns, states(wide)) == ({"number": 999}, {"ready": 1})
    formulas = checked(f'Phone\n"=""{A}"""\n=1+1\n', group=group)
    assert [row[1:] for row in rows(formulas)] == [(A, "ready", ""), ("", "wrong", "not_a_number")]
    data = book(["Group", "Phone"], ["Wells", int(A[1:])], ["", B], merge="A2:A3")
    merged = checked(data, "many", tenant=group.tenant, name="a.xlsx")
    assert [row[1:] for row in rows(merged)] == [(A, "ready", ""), ("", "wrong", "no_group")]


def test_the_number_of_queries_grows_with_batches_not_with_rows(
    grant: Grant, django_assert_max_num_queries: Any
) -> None:
    group = make_group(grant)
    run = upload("\n".join(f"+9198123{index:05}" for index in range(2_000)), group=group)
    with django_assert_max_num_queries(50):  # SQLite takes some hundred rows a statement
        reading.read(run.pk)
    services.accept(run=run)
    with django_assert_max_num_queries(60):
        assert feeding.feed(run.pk) == 2_000


def test_an_import_of_strangers_ends_with_a_result_for_each(grant: Grant) -> None:
    """Without a grant that works any more nothing is lost: each row is refused with the reason."""
    group = make_group(grant)
    run = checked(f"{A}\n{B}\n", group=group)
    Grant.objects.update(state="revoked")
    done = apply(run)
    assert (done.state, states(run)) == ("finished", {"refused": 2})
    assert ImportRow.objects.filter(run=run)[0].why.startswith("No working grant reaches “Wells”.")
