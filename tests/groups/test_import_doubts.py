"""What a check may get wrong at people's cost: a typo on an equal list, rows to repair, two roles."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from groups.changes.models import GroupChange
from groups.imports import doubts, feeding, reading, rejected, services
from groups.imports.models import ImportRow, ImportRun
from groups.models import Group, Subscriber
from kaizala_admin.connectors.models import Grant

from .importing import checked, fill, make_group, rows, states, stored

A, B, C = "+919812300001", "+919812300002", "+919812300003"


@pytest.fixture
def group(grant: Grant) -> Group:
    return make_group(grant)


def page(name: str, *args: Any) -> str:
    return reverse(f"admin:groups_importrun_{name}", args=args)


def text(answer: Any) -> str:
    return str(answer.content.decode())


def repaired(run: ImportRun) -> list[list[str]]:
    return list(csv.reader(io.StringIO("".join(rejected.lines(run)).lstrip("\ufeff"))))


def test_whom_an_equal_list_may_lack_by_a_typo_leaves_only_when_their_number_is_said(
    boss: Client, group: Group
) -> None:
    fill(group, A, B)
    run = checked(f"Phone\n{A}\n98123\n", "equal", group=group)
    words = (
        "1 row is wrong. Whoever it means counts as missing from the list, and may be among the 1 who would"
    )
    assert words in text(boss.get(page("show", run.pk)))
    asked = text(boss.post(page("accept", run.pk)))
    assert (words in asked, 'name="typed"' in asked) == (True, True)
    for typed in ({}, {"typed": "2"}, {"typed": "one"}):
        answer = boss.post(page("accept", run.pk), {"confirmed": "yes", **typed}, follow=True)
        assert "somebody says how many people shall leave: 1." in text(answer)
        assert stored(run).state == "checked"
    boss.post(page("accept", run.pk), {"confirmed": "yes", "typed": "1"})
    assert stored(run).state == "running"


def test_an_equal_list_without_wrong_rows_asks_for_no_number(boss: Client, group: Group) -> None:
    fill(group, A, B)
    run = checked(f"Phone\n{A}\n", "equal", group=group)
    assert 'name="typed"' not in text(boss.post(page("accept", run.pk)))
    assert services.accept(run=run) is True


def test_rows_of_an_equal_list_are_repaired_without_its_leavers_and_uploaded_as_people_to_add(
    boss: Client, grant: Grant
) -> None:
    public = make_group(grant, "g2", "News", public=True)
    fill(public, A, B)
    run = checked(f"Phone\n{A}\n98123\n{C}\n", "equal", group=public, subscribers=True)
    waiting = boss.get(page("show", run.pk))
    assert "Repair them in the whole list, and upload that instead of applying this one." in text(waiting)
    assert boss.get(waiting.context["repair_url"]).context["form"]["kind"].value() == "equal"
    ImportRow.objects.filter(run=run, state="ready").update(state="refused", reason="No")
    ImportRun.objects.filter(pk=run.pk).update(state="finished", accepted_at=timezone.now())
    assert repaired(run) == [
        ["Phone", "Line", "Why"],
        ["98123", "3", "The number has too few digits."],
        [f"'{C}", "4", "No"],
    ]
    shown = boss.get(page("show", run.pk))
    assert "upload that as people to add: alone they are no list of the whole group." in text(shown)
    form = boss.get(shown.context["repair_url"]).context["form"]
    assert [form[name].value() for name in ("kind", "group", "subscribers")] == ["add", "News", True]
    wrong = checked("".join(rejected.lines(run)), "equal", group=public, subscribers=True)
    assert (wrong.state, rows(wrong)) == ("failed", [])
    assert wrong.error.startswith("These are the rows to repair of another import, not the list of the whole")


def test_of_an_undoing_each_row_of_the_file_says_what_was_to_be_done(boss: Client, group: Group) -> None:
    run = checked(A, group=group)
    ImportRow.objects.filter(run=run).update(state="done")
    ImportRun.objects.filter(pk=run.pk).update(state="finished")
    fill(group, A)
    back = services.undo(run=stored(run))
    reading.read(back.pk)
    ImportRow.objects.filter(run=back).update(state="refused", reason="No")
    assert repaired(stored(back)) == [
        ["group", "number", "role", "What", "Line", "Why"],
        ["g1", f"'{A}", "member", "remove", "1", "No"],
    ]
    assert "Upload what is repaired" not in text(boss.get(page("show", back.pk)))


def test_the_cells_to_repair_of_a_very_wide_row_are_kept(group: Group) -> None:
    heading, row = ["c"] * 999 + ["Phone"], ["x" * 50] * 999 + ["98123"]
    run = checked(",".join(heading) + "\n" + ",".join(row) + "\n", group=group)
    _heading, cells = repaired(run)
    assert (cells[0], cells[998:], len(cells)) == (
        "x" * 40,
        ["", "98123", "2", "The number has too few digits."],
        1_002,
    )
    assert len(ImportRow.objects.get(run=run).cells) < 4_000


def test_another_role_of_the_same_person_is_no_repetition_and_the_admins_one_stands(grant: Grant) -> None:
    wells, news = make_group(grant), make_group(grant, "g2", "News", public=True)
    sheet = f"Group,Phone,Role\nWells,{A},member\nWells,{A},admin\nWells,{B},admin\nWells,{B},member\n"
    sheet += f"News,{A},member\nNews,{A},subscriber\nNews,{A},subscriber\n"
    run = checked(sheet, "many", tenant=wells.tenant)
    assert [state for _line, _number, state, _problem in rows(run)] == [
        *("ready", "ready", "ready", "duplicate"),
        *("ready", "ready", "duplicate"),
    ]
    services.accept(run=run)
    feeding.feed(run.pk)
    made = [(row.kind, row.group_id, row.payload["numbers"]) for row in GroupChange.objects.order_by("pk")]
    assert made == [
        ("add_members", wells.pk, [A, B]),
        ("add_members", news.pk, [A]),
        ("add_subscribers", news.pk, [A]),
    ]
    assert states(run) == {"queued": 5, "duplicate": 2}


def test_a_number_that_stands_twice_in_the_mirror_leaves_once_and_every_row_has_its_own_change(
    grant: Grant,
) -> None:
    news, now = make_group(grant, public=True), timezone.now()
    numbers = [f"+9198123{index:05}" for index in range(150)]
    fill(news, *numbers)
    twin = {"group": news, "mobile_number": numbers[0], "first_seen_at": now}
    Subscriber.objects.create(person_id="twin", **twin)
    run = checked(f"Phone\n{A[:-5]}99999\n", "equal", group=news, subscribers=True)
    services.accept(run=run)
    feeding.feed(run.pk)
    asked = {
        change.pk: change.payload["numbers"]
        for change in GroupChange.objects.filter(kind="remove_subscribers")
    }
    queued = ImportRow.objects.filter(run=run, action="remove", state="queued").order_by("id")
    assert [row.mobile_number for row in queued] == numbers
    assert [row.pk for row in queued if row.mobile_number not in asked[row.change_id or 0]] == []


def test_groups_that_would_lose_many_of_their_people_are_named(grant: Grant) -> None:
    groups = [make_group(grant, f"g{index}", f"Group {index}") for index in range(3)]
    numbers = [f"+9198123{index:05}" for index in range(12)]
    for group in groups[:2]:
        fill(group, *numbers)
    fill(groups[2], A, role="Admin")
    Group.objects.update(member_count=12)
    sheet = "".join(f"{group.group_id},{number}\n" for group in groups for number in [*numbers, A])
    run = checked(f"Group,Phone\n{sheet}", "leave", tenant=groups[0].tenant)
    assert doubts.of(run, reading.counts(run)) == [
        "2 groups would lose more than one in five of their people: “Group 0”, “Group 1”. "
        "Is this the right list?",
        "1 admin would be removed.",
    ]
