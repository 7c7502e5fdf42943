"""Commands for those who script: the same services, nothing changed unasked, exit codes that tell."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from groups.changes.models import GroupChange
from groups.imports import reading
from groups.imports.models import ImportRow, ImportRun
from groups.models import Group, SyncRun
from kaizala_admin.connectors.models import Grant

from .test_pages import make_group

pytestmark = pytest.mark.django_db
WELCOME = ("--welcome", "Hello")


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


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def test_ctrl_c_ends_the_waiting_and_not_the_sync(group: Group, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("groups.management.waiting.time.sleep", interrupt)
    assert refused("sync", "--group", "g-1", "--wait", "600")[1] == 3
    assert SyncRun.objects.latest("pk").state == "queued"


def test_an_interrupted_check_waits_for_nobody(
    group: Group, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet = tmp_path / "people.csv"
    sheet.write_text("9812345678\n")
    monkeypatch.setattr(reading, "read", interrupt)
    assert refused("import_people", str(sheet), "--group", "g-1") == ("Stopped. Nothing was changed.", 130)
    assert ImportRun.objects.get().state == "cancelled"


def test_create_group_asks_kaizala_only_when_told_to(
    group: Group, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("create_group", "New", *WELCOME, "--member", "98123 45678", "--json")
    assert told(capsys) == {"applied": False, "name": "New", "members": ["+919812345678"]}
    assert not GroupChange.objects.exists()
    call_command("create_group", "New", *WELCOME, "--member", "98123 45678")
    assert "“New” would be created with 1 person." in capsys.readouterr().out
    call_command("create_group", "New", *WELCOME, "--member", "98123 45678", "--apply", "--json")
    change = GroupChange.objects.get()
    assert (change.kind, change.payload["name"], change.payload["numbers"]) == (
        "create_group",
        "New",
        ["+919812345678"],
    )
    assert (told(capsys)["change"], change.state) == (change.pk, "queued")
    call_command("create_group", "Below", *WELCOME, "--parent", "g-1", "--without-me", "--apply")
    below = GroupChange.objects.latest("pk")
    assert (below.group, below.payload["add_caller"]) == (group, False)


def test_a_group_is_made_with_a_picture_and_its_new_id_is_told(
    group: Group, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "well.png"
    file.write_bytes(b"\x89PNG and so on")
    call_command("create_group", "New", *WELCOME, "--picture", str(file), "--apply", "--json")
    assert told(capsys)["group"] is None  # Kaizala has not answered yet
    change = GroupChange.objects.get()
    assert (change.stage, change.picture.name, change.picture.content_type) == (
        "upload",
        "well.png",
        "image/png",
    )
    file.write_text("no picture")
    for name in (str(file), str(tmp_path / "none.png")):
        assert refused("create_group", "New", *WELCOME, "--picture", name)[1] == 1


def test_create_group_says_what_is_wrong_also_without_apply(group: Group) -> None:
    def why(*more: str) -> str:
        return refused("create_group", "New", *more)[0]

    assert refused("create_group", "New", *WELCOME, "--member", "12")[1] == 1
    assert why(*WELCOME, "--parent", "no") == "There is no group with the ID no."
    assert why(*WELCOME, "--parent", "g-1", "--public") == "A sub-group is never a public group."
    assert why() == "Kaizala wants a name and a welcome message for a new group."
    Grant.objects.update(kind="user")
    assert why(*WELCOME, "--public").startswith("Only a grant for the whole organisation can make")
    group.reaches.update(role="Member")
    assert why(*WELCOME, "--parent", "g-1").startswith("Only an admin of “")
    Grant.objects.update(state="revoked")
    assert why(*WELCOME) == "Name one working grant with --grant."
    assert not GroupChange.objects.exists()


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
    assert GroupChange.objects.get().payload["numbers"] == ["+919812345678"]  # no worker was needed for that


def test_import_people_names_the_bad_rows_and_writes_them_to_repair(
    group: Group, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet, bad = tmp_path / "people.csv", tmp_path / "bad.csv"
    sheet.write_text("mobile number,name\n9812345678,Asha\nnobody,Bilal\n")
    asked = ("import_people", str(sheet), "--group", "g-1", "--rejected", str(bad), "--json")
    why, code = refused(*asked)
    assert (why.splitlines(), code) == (
        ["1 row is wrong.", "Line 3, “nobody”: This is not a phone number."],
        2,
    )
    found = told(capsys)
    assert (found["rows"], found["to_do"]) == ({"ready": 1, "wrong": 1}, {"add": 1})
    named = {"line": 3, "column": "number", "given": "nobody", "why": "This is not a phone number."}
    assert found["bad"] == [named]
    assert bad.read_text("utf-8-sig").splitlines() == [
        "mobile number,name,Line,Why",
        "nobody,Bilal,3,This is not a phone number.",
    ]
    assert refused(*asked) == (f"{bad} exists already.", 1)


def test_rows_that_kaizala_refused_are_told_when_one_waits(
    group: Group, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet = tmp_path / "people.csv"
    sheet.write_text("9812345678\n")

    def refuse(seconds: float, is_over: Any) -> bool:
        if ImportRun.objects.get().state == "checked":
            return bool(is_over())
        ImportRow.objects.update(state="refused", reason="Not of this organisation")
        ImportRun.objects.update(state="finished")
        return bool(is_over())

    monkeypatch.setattr("groups.management.commands.import_people.wait", refuse)
    why, code = refused("import_people", str(sheet), "--group", "g-1", "--apply", "--wait", "9", "--json")
    assert (why.splitlines()[1:], code) == (["Line 1, “+919812345678”: Not of this organisation"], 2)
    assert told(capsys)["rows"] == {"refused": 1}


def test_a_sheet_that_a_worker_reads_already_is_waited_for(
    group: Group, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet, read = tmp_path / "people.csv", reading.read
    sheet.write_text("9812345678\n")

    def meanwhile(seconds: float, is_over: Any) -> bool:
        read(ImportRun.objects.get().pk)
        return bool(is_over())

    monkeypatch.setattr(reading, "read", lambda key: False)
    monkeypatch.setattr("groups.management.commands.import_people.wait", meanwhile)
    call_command("import_people", str(sheet), "--group", "g-1", "--json")
    assert told(capsys)["rows"] == {"ready": 1}


def test_links_are_imported_too(group: Group, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Group.objects.create(tenant=group.tenant, group_id="g-2", name="Other", first_seen_at=group.first_seen_at)
    sheet = tmp_path / "links.csv"
    sheet.write_text("parent,child\ng-1,g-2\n")
    call_command("import_people", str(sheet), "--do", "links", "--json")
    assert told(capsys)["to_do"] == {"link": 1}
    assert refused("import_people", str(sheet), "--do", "links", "--group", "g-1")[1] == 1
    assert refused("import_people", str(sheet), "--do", "equal")[0] == "Name the group with --group."
    call_command("import_people", str(sheet), "--do", "unlink", "--json")
    assert told(capsys)["rows"] == {"there": 1}


def test_people_are_removed_from_many_groups_by_a_sheet(
    group: Group, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet = tmp_path / "leavers.csv"
    sheet.write_text("group,phone,role\ng-1,+919800000001,member\ng-1,+919812345678,member\n")
    call_command("import_people", str(sheet), "--do", "remove", "--json")
    found = told(capsys)
    assert (found["to_do"], found["rows"]) == ({"remove": 1}, {"ready": 1, "there": 1})


def test_an_equal_list_with_wrong_rows_is_applied_once_the_number_of_leavers_is_said(
    group: Group, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet = tmp_path / "list.csv"
    sheet.write_text("phone\n+919812345678\n98123\n")
    asked = ("import_people", str(sheet), "--group", "g-1", "--do", "equal", "--json")
    assert refused(*asked)[1] == 2
    found = told(capsys)
    assert (found["to_do"]["remove"], found["doubts"][0][:16]) == (1, "1 row is wrong. ")
    why, code = refused(*asked, "--apply")
    assert (why.split(". ")[1], code) == (
        "Nothing is applied before they are repaired, or somebody says how many people shall leave: 1.",
        1,
    )
    assert ImportRun.objects.latest("pk").state == "cancelled"
    assert refused(*asked, "--apply", "--leaving", "1")[1] == 2
    assert ImportRun.objects.latest("pk").state == "running"


def test_import_people_says_what_cannot_be(group: Group, tmp_path: Path) -> None:
    sheet = tmp_path / "people.csv"
    sheet.write_text("mobile number\n9812345678\n")
    assert refused("import_people", str(tmp_path / "none.csv"), "--group", "g-1")[1] == 1
    assert refused("import_people", str(sheet), "--group", "no")[1] == 1
    assert refused("import_people", str(sheet), "--tenant", "no")[1] == 1
    words = "“NARNIA” is no country. Write two letters, like IN."
    assert refused("import_people", str(sheet), "--group", "g-1", "--region", "Narnia") == (words, 1)
    sheet.write_bytes(b"\xff\xd8\xff\xe0 a photo")
    assert refused("import_people", str(sheet), "--group", "g-1")[0].startswith("This file is no sheet.")
