"""The ledger as a file while others launch: what the rival does in the middle changes no line's shape."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kaizala_admin.exports import Column, by_key, kinds, services, work
from kaizala_admin.exports.models import Export
from messaging.exporting import KEY

from .conftest import PUBLIC, Org


def test_a_personal_text_launched_after_the_heading_is_written_leaves_each_line_as_wide_as_the_heading(
    org: Org, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.EXPORTS_DIR = str(tmp_path)
    farmers, ledger = org.public(), by_key(KEY)
    org.launched(PUBLIC, [farmers], message="The same for all")

    def heading(parameters: Any) -> Sequence[Column]:
        found = ledger.columns_for(parameters)
        org.launched(PUBLIC, [farmers], message="Good morning, {name}")
        return found

    monkeypatch.setitem(kinds._KINDS, KEY, replace(ledger, columns=heading))
    export = services.start(kind=KEY, parameters={}, file_format="csv", by=None, ring_a_worker=False)
    work.run(export.pk)
    done = Export.objects.get(pk=export.pk)
    assert (done.state, done.detail) == ("done", "")
    first, *lines = csv.reader((tmp_path / done.file).read_text("utf-8-sig").splitlines())
    assert [row[:3] for row in lines] == [
        *[["The same for all", "Farmers", f"Person {at}"] for at in (1, 2, 3)],
        *[["Good morning, {name}", "Farmers", f"Person {at}"] for at in (1, 2, 3)],
    ]
    assert {len(row) for row in lines} == {len(first)}
