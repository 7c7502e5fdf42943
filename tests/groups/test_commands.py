"""Commands for those who script: the same services, nothing changed unasked, exit codes that tell."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from groups.changes.models import GroupChange
from groups.imports.models import ImportRun
from groups.models import Group, SyncRun
from kaizala_admin.connectors.models import Grant

from .test_pages import make_group

pytestmark = pytest.mark.django_db


@pytest.fixture
def group(grant: Grant) -> Group:
    return make_group(grant, 1)


def told(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def refused(name: str, *arguments: str) -> tuple[str, int]:
    with pytest.raises(CommandError) as error:
        call_command(name, *arguments)
    return str(error.value), error.value.returncode


def test_sync_starts_what_was_named(group: Group, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("sync", "--group", "g-1", "--json")
    run = SyncRun.objects.latest("pk")
    assert (told(capsys)["runs"], run.group, run.state) == ([run.pk], group, "queued")
    call_command("sync", "--connector", "Main", "--json")
    assert told(capsys)["total"] == 1
    call_command("sync", "--json")
    assert SyncRun.objects.filter(kind="directory").count() == 1


def test_sync_says_what_there_is_not(group: Group) -> None:
    assert refused("sync", "--group", "no") == ("There is no group with the ID no.", 1)
    assert refused("sync", "--connector", "no") == ("There is no connector called no.", 1)
    group.reaches.all().delete()
    assert refused("sync", "--group", "g-1")[1] == 1


def test_sync_that_is_not_done_in_time_says_so(group: Group) -> None:
    assert refused("sync", "--group", "g-1", "--wait", "0.01")[1] == 3


def test_create_group_asks_kaizala_only_when_told_to(
    group: Group, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("create_group", "New", "--member", "98123 45678", "--json")
    assert told(capsys) == {"applied": False, "name": "New", "members": ["+919812345678"]}
    assert not GroupChange.objects.exists()
    call_command("create_group", "New", "--member", "98123 45678", "--apply", "--json")
    change = GroupChange.objects.get()
    assert (change.kind, change.payload["name"], change.payload["numbers"]) == (
        "create_group",
        "New",
        ["+919812345678"],
    )
    call_command("create_group", "Below", "--parent", "g-1", "--apply")
    assert GroupChange.objects.latest("pk").group == group


def test_create_group_says_what_is_wrong(group: Group) -> None:
    assert refused("create_group", "New", "--member", "12")[1] == 1
    assert refused("create_group", "New", "--parent", "no")[0] == "There is no group with the ID no."
    assert refused("create_group", "New", "--parent", "g-1", "--public")[1] == 1
    Grant.objects.update(state="revoked")
    assert refused("create_group", "New")[0] == "Name one working grant with --grant."


def test_import_people_checks_and_changes_nothing(
    group: Group, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet = tmp_path / "people.csv"
    sheet.write_text("mobile number\n9812345678\n9800000001\n")
    call_command("import_people", str(sheet), "--group", "g-1", "--json")
    found = told(capsys)
    assert (found["applied"], found["rows"]) == (False, {"ready": 1, "there": 1})
    assert (ImportRun.objects.get().state, GroupChange.objects.count()) == ("cancelled", 0)
    call_command("import_people", str(sheet), "--group", "g-1", "--apply", "--json")
    assert told(capsys)["applied"] is True
    assert ImportRun.objects.latest("pk").state == "running"


def test_import_people_says_which_rows_are_wrong_and_what_cannot_be(group: Group, tmp_path: Path) -> None:
    sheet = tmp_path / "people.csv"
    sheet.write_text("mobile number\n9812345678\nnobody\n")
    assert refused("import_people", str(sheet), "--group", "g-1")[1] == 2
    assert refused("import_people", str(tmp_path / "none.csv"), "--group", "g-1")[1] == 1
    assert refused("import_people", str(sheet), "--group", "no")[1] == 1
    assert refused("import_people", str(sheet), "--tenant", "no")[1] == 1
