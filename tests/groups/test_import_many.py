"""Sheets that name their groups: people out of many of them, links taken off, and what queueing costs."""

from __future__ import annotations

from typing import Any

import pytest

from groups.changes.models import GroupChange
from groups.imports import feeding, services
from groups.imports.models import ImportRow, ImportRun
from groups.models import Group, GroupLink
from kaizala_admin.connectors.models import Grant

from .importing import checked, fill, make_group, rows, states

A, B = "+919812300001", "+919812300002"
MANY = 150


def link(parent: Group, child: Group) -> None:
    GroupLink.objects.create(parent=parent, child=child, first_seen_at=parent.first_seen_at)


def accepted(sheet: str, kind: str, **more: Any) -> ImportRun:
    run = checked(sheet, kind, **more)
    assert services.accept(run=run) is True
    return run


def test_people_leave_many_groups_as_members_or_subscribers(grant: Grant) -> None:
    wells, news = make_group(grant), make_group(grant, "g2", "News", public=True)
    new = make_group(grant, "g3", "New")
    Group.objects.filter(pk=new.pk).update(synced_at=None)
    fill(wells, A, role="Admin")
    fill(news, A)
    sheet = f"Group,Phone,Role\nWells,{A},admin\nWells,{B},\ng2,{A},\nNews,{A},member\nNew,{A},\nWells,{A},\n"
    run = checked(sheet, "leave", tenant=wells.tenant)
    assert [row[2:] for row in rows(run)] == [
        ("ready", ""),
        ("there", ""),
        ("ready", ""),
        ("there", ""),
        ("wrong", "not_synced"),
        ("duplicate", "duplicate"),
    ]
    services.accept(run=run)
    feeding.feed(run.pk)
    made: list[Any] = list(GroupChange.objects.order_by("pk").values_list("kind", "group"))
    assert made == [("remove_member", wells.pk), ("remove_subscribers", news.pk)]


def test_links_are_taken_off_whoever_is_admin_of_the_child(grant: Grant) -> None:
    a, b, c = (make_group(grant, key, key.upper(), admin=key != "c") for key in "abc")
    link(a, b)
    link(a, c)
    run = accepted("Parent,Child\nA,B\nA,C\nB,C\nA,B\nC,A\n", "unlink", tenant=a.tenant)
    assert [row[2:] for row in rows(run)] == [
        ("ready", ""),
        ("ready", ""),
        ("there", ""),
        ("duplicate", "duplicate"),
        ("wrong", "no_admin"),
    ]
    feeding.feed(run.pk)
    made: list[Any] = list(GroupChange.objects.order_by("pk").values_list("kind", "group", "other"))
    assert made == [("unlink", a.pk, b.pk), ("unlink", a.pk, c.pk)]
    row = ImportRow.objects.get(run=run, state="queued", other=c)
    assert row.change_id == GroupChange.objects.get(other=c).pk


def test_links_are_queued_with_one_look_at_graph_and_grants(
    grant: Grant, django_assert_max_num_queries: Any
) -> None:
    top = make_group(grant, "top", "Top")
    groups = [make_group(grant, f"g{index}", f"Group {index}") for index in range(MANY)]
    sheet = "".join(f"g{index},top\n" for index in range(MANY - 1)) + "top,g5\n"
    run = checked(f"Parent,Child\n{sheet}", "links", tenant=top.tenant)
    ImportRow.objects.filter(run=run, state="wrong").update(state="ready")  # it became a ring since the check
    services.accept(run=run)
    with django_assert_max_num_queries(60):
        assert feeding.feed(run.pk) == MANY
    assert states(run) == {"queued": MANY - 1, "refused": 1}
    assert ImportRow.objects.get(run=run, state="refused").why.startswith("That would be a ring: “Group 5” ›")
    found: list[Any] = list(GroupChange.objects.order_by("pk").values_list("group", "other"))
    assert found == [(group.pk, top.pk) for group in groups[:-1]]
    queued = ImportRow.objects.filter(run=run, state="queued").order_by("id")
    assert [row.change_id for row in queued] == list(
        GroupChange.objects.values_list("pk", flat=True).order_by("pk")
    )


def test_new_admins_are_queued_with_one_look_at_the_grants(
    grant: Grant, django_assert_max_num_queries: Any
) -> None:
    group, numbers = make_group(grant), [f"+9198123{index:05}" for index in range(MANY)]
    fill(group, *numbers)
    sheet = "".join(f"g1,{number},admin\n" for number in numbers)
    run = accepted(f"Group,Phone,Role\n{sheet}", "many", tenant=group.tenant)
    with django_assert_max_num_queries(40):
        assert feeding.feed(run.pk) == MANY
    assert states(run) == {"queued": MANY}
    changes = GroupChange.objects.order_by("pk")
    assert [change.payload["numbers"] for change in changes] == [[number] for number in numbers]


def test_rows_are_gathered_by_group_and_a_transaction_takes_a_limited_number_of_groups(
    grant: Grant, monkeypatch: pytest.MonkeyPatch
) -> None:
    for index in range(5):
        make_group(grant, f"g{index}", f"Group {index}")
    sheet = "".join(f"g{index % 5},+9198123{index:05}\n" for index in range(10))
    run = accepted(f"Group,Phone\n{sheet}", "many", tenant=Group.objects.first().tenant)  # type: ignore[union-attr]
    monkeypatch.setattr(feeding, "MOST_GROUPS", 2)
    taken: list[int] = []
    real = feeding._feed_batch

    def counted(key: int) -> int:
        taken.append(real(key))
        return taken[-1]

    monkeypatch.setattr(feeding, "_feed_batch", counted)
    assert feeding.feed(run.pk) == 10
    assert taken == [4, 4, 2, 0]
    assert states(run) == {"queued": 10}
    assert [change.people for change in GroupChange.objects.all()] == [2] * 5 == [2] * run.calls
