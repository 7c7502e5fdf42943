"""`manage.py export`: the same files without a browser."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from kaizala_admin.connectors.models import Tenant
from kaizala_admin.exports import work
from kaizala_admin.exports.archive.reading import verify
from kaizala_admin.exports.models import Export

from .conftest import KIND

pytestmark = pytest.mark.django_db
ROWS = json.dumps({"rows": [["Asha", "+919812345678", 30]]})


def refused(*arguments: str) -> str:
    with pytest.raises(CommandError) as error:
        call_command("export", *arguments)
    return str(error.value)


def test_a_file_is_written_and_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "people.csv"
    call_command("export", KIND, str(file), "--parameters", ROWS, "--json")
    told = json.loads(capsys.readouterr().out)
    assert (told["rows"], told["size"], told["file"]) == (1, file.stat().st_size, str(file))
    assert file.read_bytes().endswith(b'"Asha","919812345678","30"\r\n')


def test_what_cannot_be_is_said(tmp_path: Path) -> None:
    there = tmp_path / "there.csv"
    there.touch()
    assert refused(KIND) == "Name the file to write."
    assert refused(KIND, str(there)).endswith("exists already.")
    assert refused("no.such", str(tmp_path / "a.csv")) == "There is no export called no.such."
    assert (
        refused(KIND, str(tmp_path / "a.csv"), "--time-zone", "Mars") == "There is no time zone called Mars."
    )
    endings = "Let the file's name end with one of: .csv, .xlsx, .jsonl"
    assert refused(KIND, str(tmp_path / "a.pdf")) == endings
    assert refused(KIND, str(tmp_path / "a.csv"), "--parameters", "{").startswith(
        "This cannot be exported so:"
    )
    assert refused(KIND, str(tmp_path / "a.csv")) == "Nobody was named."
    nowhere = tmp_path / "nowhere" / "a.csv"
    assert refused(KIND, str(nowhere)) == f"{nowhere} cannot be written: No such file or directory"
    assert list(tmp_path.glob("*.*")) == [there]  # no empty file is left


def test_an_interrupted_export_leaves_no_file_and_no_worker_makes_it_later(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(work, "_write", interrupt)
    with pytest.raises(CommandError, match="Nothing was written") as error:
        call_command("export", KIND, str(tmp_path / "a.csv"), "--parameters", ROWS)
    assert error.value.returncode == 130
    assert (Export.objects.get().state, list(folder.iterdir())) == ("cancelled", [])
    assert not (tmp_path / "a.csv").exists()


def test_the_archive_of_the_only_tenant_needs_no_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Tenant.objects.create(name="One")
    call_command("export", "exports.archive", str(tmp_path / "one.zip"), "--json")
    assert json.loads(capsys.readouterr().out)["rows"] == sum(verify(tmp_path / "one.zip").rows.values())
    Tenant.objects.create(name="Two")
    assert refused("exports.archive", str(tmp_path / "two.zip")) == "Name one tenant with --tenant."
    call_command("export", "exports.archive", str(tmp_path / "two.zip"), "--tenant", "Two")
    assert verify(tmp_path / "two.zip").tenant == "Two"


def test_what_there_is_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("export", "--json")
    assert {"kind": KIND, "title": "people", "formats": ["csv", "xlsx", "jsonl"]} in json.loads(
        capsys.readouterr().out
    )
    call_command("export")
    assert KIND in capsys.readouterr().out
