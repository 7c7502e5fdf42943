"""The pages of an import: upload, columns, check, buttons, the file of rejected rows, the history."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from groups.changes.models import GroupChange
from groups.imports import columns, feeding, reading, samples
from groups.imports.models import ImportRow, ImportRun
from groups.models import Group, Member
from kaizala_admin.connectors import heartbeats
from kaizala_admin.connectors.models import Grant, Heartbeat

from .importing import checked, fill, make_group, states, stored, upload

A, B, C = "+919812300001", "+919812300002", "+919812300003"


@pytest.fixture
def group(grant: Grant) -> Group:
    return make_group(grant)


def page(name: str, *args: Any) -> str:
    return reverse(f"admin:groups_importrun_{name}", args=args)


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_a_sample_of_each_kind_is_a_sheet_that_an_import_understands(boss: Client, group: Group) -> None:
    form = text(boss.get(page("new")))
    assert all(page("sample", kind) in form for kind in samples.every().values())
    for kind, fields in columns.FIELDS.items():
        rows = list(csv.reader(io.StringIO(boss.get(page("sample", kind)).content.decode("utf-8-sig"))))
        found, headed = columns.find(kind, rows, "IN")
        assert (list(found), headed, len(rows)) == (list(fields), True, 3)
    assert boss.get(page("sample", "undo")).status_code == 404


def test_a_sheet_is_uploaded_checked_accepted_and_stands_in_the_history(boss: Client, group: Group) -> None:
    fill(group, A)
    sheet = SimpleUploadedFile("village.csv", f"Name,Phone\nx,{A}\ny,{B}\nz,12\n".encode())
    form = {"kind": "add", "group": "wells", "file": sheet, "region": "IN", "tenant": group.tenant_id}
    shown_at = boss.post(page("new"), form)["Location"]
    run = ImportRun.objects.get()
    assert "Reading the sheet" in text(boss.get(shown_at))
    reading.read(run.pk)
    shown = text(boss.get(shown_at))
    assert "3 rows checked. Applying takes 1 call, a few seconds." in shown
    assert "The number has too few digits." in shown
    assert "Apply this at Kaizala?" in text(boss.post(page("accept", run.pk)))
    assert stored(run).state == "checked"
    boss.post(page("accept", run.pk), {"confirmed": "yes"})
    feeding.feed(run.pk)
    run = stored(run)
    assert (run.state, run.created_by, run.accepted_by) == ("running", *[User.objects.get()] * 2)
    assert GroupChange.objects.get().created_by == User.objects.get()
    assert "village.csv" in text(boss.get(page("changelist")))
    boss.post(page("pause", run.pk))
    assert stored(run).state == "paused"
    boss.post(page("cancel", run.pk), {"confirmed": "yes"})
    assert (stored(run).state, states(run)) == ("cancelled", {"there": 1, "cancelled": 1, "wrong": 1})
    assert "1 cancelled, 1 wrong" in text(boss.get(page("changelist")))
    ended = boss.get(page("show", run.pk))
    assert (ended.context["counts"]["applied"], ended.context["counts"]["to_apply"]) == (1, 2)


def test_an_import_that_no_worker_hears_of_says_so(boss: Client, group: Group) -> None:
    words, run = "No worker has been heard of for a while", upload(A, group=group)
    assert words in text(boss.get(page("show", run.pk)))
    heartbeats.beat("worker")
    assert words not in text(boss.get(page("show", run.pk)))
    Heartbeat.objects.update(seen_at=timezone.now() - timedelta(minutes=2))
    assert words in text(boss.get(page("show", run.pk)))
    reading.read(run.pk)
    assert words not in text(boss.get(page("show", run.pk)))


def test_the_end_of_an_import_does_not_hide_its_wrong_rows(boss: Client, group: Group) -> None:
    for sheet, words in ((f"{A}\n", "every row is done."), (f"{A}\n12\n", "but for those that are wrong.")):
        run = checked(sheet, group=group)
        ImportRow.objects.filter(run=run, state="ready").update(state="done")
        ImportRun.objects.filter(pk=run.pk).update(state="finished")
        assert words in text(boss.get(page("show", run.pk)))


def test_an_import_that_waits_for_a_yes_stands_on_the_home_page(boss: Client, group: Group) -> None:
    assert "import waits for a yes" not in text(boss.get(reverse("admin:index")))
    checked(A, group=group)
    assert "import waits for a yes" in text(boss.get(reverse("admin:index")))


def test_a_form_that_names_no_group_says_so(boss: Client, group: Group) -> None:
    form = {"kind": "add", "group": "nowhere", "region": "IN", "tenant": group.tenant_id}
    answer = boss.post(page("new"), {**form, "file": SimpleUploadedFile("a.csv", A.encode())})
    assert answer.status_code == 422
    assert "No group has this name or ID." in text(answer)
    answer = boss.post(
        page("new"),
        {**form, "group": "g1", "subscribers": "on", "file": SimpleUploadedFile("a.csv", A.encode())},
    )
    assert "This group is not public, so it has no subscribers." in text(answer)
    assert ImportRun.objects.count() == 0


def test_columns_are_chosen_by_hand_on_a_page_that_shows_the_first_rows(boss: Client, group: Group) -> None:
    run = checked(f"foo;bar\nWells;{A}\n", "many", tenant=group.tenant)
    assert "Choose the columns" in text(boss.get(page("show", run.pk)))
    shown = text(boss.get(page("columns", run.pk)))
    assert "1: foo, Wells" in shown
    wrong = boss.post(page("columns", run.pk), {"group": "0", "number": "0", "headed": "on"})
    assert "Choose a column of its own for each field." in text(wrong)
    boss.post(page("columns", run.pk), {"group": "0", "number": "1", "role": "", "headed": "on"})
    reading.read(run.pk)
    assert (stored(run).columns, states(run)) == ({"group": 0, "number": 1}, {"ready": 1})


def test_the_file_of_rejected_rows_is_safe_and_can_be_uploaded_again(boss: Client, group: Group) -> None:
    run = checked(f'Name,Phone\n=HYPERLINK(1),12\n"O\'Neil, Asha",98123\n"=cmd",{A}\n', group=group)
    ImportRow.objects.filter(run=run, mobile_number=A).update(
        state="refused", reason="Kaizala said no: why not"
    )
    answer = boss.get(page("rejected", run.pk))
    body = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    assert list(csv.reader(io.StringIO(body.lstrip("\ufeff")))) == [
        ["Name", "Phone", "Line", "Why"],
        ["'=HYPERLINK(1)", "12", "2", "The number has too few digits."],
        ["O'Neil, Asha", "98123", "3", "The number has too few digits."],
        ["", f"'{A}", "4", "Kaizala said no: why not"],
    ]
    repaired = checked(body.replace("98123,", "+919812300009,"), group=group)
    assert (repaired.columns, states(repaired)) == ({"number": 1}, {"wrong": 1, "ready": 2})


def test_the_diff_of_an_equal_list_is_shown_before_it_is_applied(boss: Client, group: Group) -> None:
    fill(group, A, B)
    fill(group, "+919812300009", role="Admin")
    Member.objects.filter(mobile_number=B).update(name="Bilal Khan")
    run = checked(f"Phone\n{A}\n{C}\n", "equal", group=group)
    shown = text(boss.get(page("show", run.pk)))
    assert "Will be added: 1" in shown
    assert f"− {B}" in shown
    assert "Bilal Khan" in shown  # whom one takes out is easier known by name
    assert "1 admin is not on the list and stays" in shown
    asked = text(boss.post(page("accept", run.pk)))
    assert "To remove" in asked


def test_a_list_that_would_empty_the_group_is_asked_about(boss: Client, group: Group) -> None:
    fill(group, *(f"+9198123100{index:02}" for index in range(12)))
    Group.objects.filter(pk=group.pk).update(member_count=12)
    run = checked(f"Phone\n{A}\n", "equal", group=group)
    asked = text(boss.post(page("accept", run.pk)))
    assert "12 of the 12 people of “Wells” would be removed. Is this the right list?" in asked


def test_admins_on_a_list_of_leavers_are_counted_before_the_yes(boss: Client, group: Group) -> None:
    fill(group, A, role="Admin")
    run = checked(f"Phone\n{A}\n{B}\n", "remove", group=group)
    assert "1 admin would be removed." in text(boss.post(page("accept", run.pk)))


def test_people_of_a_group_that_was_never_synced_are_not_removed(boss: Client, group: Group) -> None:
    Group.objects.update(synced_at=None)
    form = {"kind": "equal", "group": "wells", "region": "IN", "tenant": group.tenant_id}
    answer = boss.post(page("new"), {**form, "file": SimpleUploadedFile("a.csv", A.encode())})
    assert "has never been synced, so its people are not known. Sync it first." in text(answer)
    assert ImportRun.objects.count() == 0


def test_a_viewer_sees_imports_and_changes_nothing(group: Group) -> None:
    from django.contrib.auth.models import Group as Role

    run = checked(A, group=group)
    user = User.objects.create(username="v", is_staff=True)
    user.groups.add(Role.objects.get(name="Viewer"))
    viewer = Client()
    viewer.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    assert "Apply it" not in text(viewer.get(page("show", run.pk)))
    assert viewer.post(page("accept", run.pk), {"confirmed": "yes"}).status_code == 403
    assert viewer.get(page("new")).status_code == 403
    assert stored(run).state == "checked"
