"""Exports from the list's button to the downloaded file, made by a worker; and a whole tenant."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
import requests
from openpyxl import load_workbook

from groups.models import Group, Member
from kaizala_admin.connectors.models import Connector
from kaizala_admin.exports.archive.reading import verify
from kaizala_admin.exports.models import Export
from tests.flows.house import House
from tests.flows.staff import Staff

pytestmark = pytest.mark.flow
LIST = "/admin/groups/member/"


def _csv(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


def _jsonl(data: bytes) -> list[dict[str, str]]:
    return [json.loads(line) for line in data.splitlines()]


def _xlsx(data: bytes) -> list[dict[str, str]]:
    heading, *rows = load_workbook(io.BytesIO(data), read_only=True).worksheets[0].iter_rows(values_only=True)
    return [dict(zip(map(str, heading), map(str, row), strict=True)) for row in rows]


def _linked(answer: requests.Response, start: str) -> str:
    """The first address of the page that begins so."""
    found = re.search(f'href="({re.escape(start)}[^"]*)"', answer.text)
    assert found, (answer.url, start)
    return unescape(found.group(1))


def _made(house: House, staff: Staff, page: str, **form: str) -> tuple[Export, bytes]:
    """Chosen on the page, made by a worker, downloaded."""
    staff.fill(page, **form)
    export = Export.objects.latest("pk")
    house.wait(lambda: Export.objects.get(pk=export.pk).state not in ("queued", "running"))
    export.refresh_from_db()
    assert export.state == "done", export.detail
    data = staff.look(f"/admin/exports/export/{export.pk}/download/").content
    assert len(data) == export.size
    return export, data


def test_a_selection_and_everything_are_exported_in_every_format_and_a_tenant_as_an_archive(
    house: House, synced: Connector, tmp_path: Path
) -> None:
    staff = Staff(house)
    readers: dict[str, Callable[[bytes], list[dict[str, str]]]] = {
        "csv": _csv,
        "jsonl": _jsonl,
        "xlsx": _xlsx,
    }
    everything = _linked(staff.look(LIST), "/admin/exports/export/new/")
    for name, read in readers.items():
        export, data = _made(house, staff, everything, format=name, time_zone="Asia/Kolkata")
        assert export.rows_done == len(read(data)) == Member.objects.filter(gone_at=None).count()
    group = Group.objects.filter(member_count__gt=3).order_by("pk")[0]
    chosen = list(Member.objects.filter(group=group, gone_at=None).order_by("pk")[:3])
    ticked = {"action": "export_chosen", "_selected_action": [one.pk for one in chosen]}
    offered = staff.press(LIST, **ticked)
    _export, data = _made(house, staff, offered.url.removeprefix(staff.root), format="jsonl")
    assert {row["mobile_number"] for row in _jsonl(data)} == {one.mobile_number for one in chosen}
    archive = _linked(staff.look("/admin/exports/export/"), "/admin/exports/export/new/")
    export, data = _made(house, staff, archive, format="zip")
    file = tmp_path / "tenant.zip"
    file.write_bytes(data)
    report = verify(file)
    assert (report.problems, sum(report.rows.values())) == ([], export.rows_done)
    assert report.rows["groups.member"] == Member.objects.count()
