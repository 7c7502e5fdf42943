"""An import is taken back by another one: what it really did, the other way round, after a check."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from groups.imports import reading, services
from groups.imports.models import ImportRow, ImportRun
from groups.models import Group, Member
from kaizala_admin.connectors.models import Grant

from .changing import ordinary, some_people, unlimited
from .conftest import Service
from .importing import apply, checked, fill, make_group, states, stored

A, B, C = "+919812300001", "+919812300002", "+919812300003"


def undone(run: ImportRun) -> ImportRun:
    """The import that takes it back, checked."""
    back = services.undo(run=run)
    reading.read(back.pk)
    return stored(back)


def test_what_an_import_did_is_undone_and_what_was_there_before_stays(service: Service) -> None:
    unlimited()
    some_people(service)
    group = ordinary()
    other = Group.objects.filter(group_type="Group", reaches__role="Admin").order_by("-pk")[0]
    plain, leaver = group.members.filter(gone_at=None, role="Member").exclude(mobile_number="")[:2]
    before = {one.mobile_number: one.role for one in service.client.fetch_members(group.group_id)}
    people = f"{group.group_id},{A},member\n{group.group_id},{B},admin\n"
    people += (
        f"{group.group_id},{plain.mobile_number},admin\n{group.group_id},{leaver.mobile_number},member\n"
    )
    added = apply(checked(f"Group,Phone,Role\n{people}", "many", tenant=group.tenant))
    removed = apply(checked(leaver.mobile_number, "remove", group=group))
    linked = apply(
        checked(f"Parent,Child\n{group.group_id},{other.group_id}\n", "links", tenant=group.tenant)
    )
    assert (states(added), states(removed), states(linked)) == (
        {"done": 3, "there": 1},
        {"done": 1},
        {"done": 1},
    )
    for run, found in (
        (added, {("remove", "ready"): 2, ("demote", "ready"): 1}),
        (removed, {("add", "ready"): 1}),
        (linked, {("unlink", "ready"): 1}),
    ):
        back = undone(run)
        rows = ImportRow.objects.filter(run=back).values_list("action", "state")
        assert {pair: list(rows).count(pair) for pair in rows} == found
        assert (back.state, apply(back).state) == ("checked", "finished")
    there = {one.mobile_number: one.role for one in service.client.fetch_members(group.group_id)}
    assert there == before
    below = service.client.fetch_subgroups(group.group_id).sub_groups
    assert other.group_id not in {one.group_id for one in below}


def test_who_left_since_and_what_cannot_be_changed_any_more_is_said_by_the_check(grant: Grant) -> None:
    group, closed = make_group(grant), make_group(grant, "g2", "Closed")
    rows = "".join(f"{key},{number}\n" for key, number in (("g1", A), ("g1", B), ("g2", C)))
    run = checked(f"Group,Phone\n{rows}", "many", tenant=group.tenant)
    ImportRow.objects.filter(run=run).update(state="done")
    ImportRun.objects.filter(pk=run.pk).update(state="finished")
    fill(group, A)
    fill(closed, C)
    closed.reaches.update(role="Member")
    back = undone(stored(run))
    assert (states(back), back.rows_read, back.calls) == ({"ready": 1, "there": 1, "wrong": 1}, 3, 1)
    assert ImportRow.objects.get(run=back, state="wrong").why == "No grant of ours may change this group."
    assert ImportRow.objects.get(run=back, state="ready").mobile_number == A
    assert Member.objects.filter(gone_at=None).count() == 2


def test_an_import_is_taken_back_once_until_the_undoing_is_cancelled(grant: Grant) -> None:
    run = checked(A, group=make_group(grant))
    with pytest.raises(services.CannotChange, match="nothing to take back"):
        services.undo(run=run)
    ImportRow.objects.filter(run=run).update(state="done")
    ImportRun.objects.filter(pk=run.pk).update(state="finished")
    back = services.undo(run=stored(run))
    with pytest.raises(services.CannotChange, match="taken back before"):
        services.undo(run=stored(run))
    services.cancel(run=back)
    assert services.undo(run=stored(run)).pk > back.pk


def test_two_people_who_take_it_back_at_once_make_one_undoing(
    grant: Grant, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = checked(A, group=make_group(grant))
    ImportRow.objects.filter(run=run).update(state="done")
    ImportRun.objects.filter(pk=run.pk).update(state="finished")
    services.undo(run=stored(run))
    monkeypatch.setattr(
        "groups.imports.undoing.can_undo", lambda run: True
    )  # it had looked before the other did
    with pytest.raises(services.CannotChange, match="already"):
        services.undo(run=stored(run))
    assert ImportRun.objects.filter(undoes=run).count() == 1


def test_the_page_offers_it_and_shows_the_check(grant: Grant, boss: Client) -> None:
    client, group = boss, make_group(grant)
    run = checked(A, group=group)
    ImportRow.objects.filter(run=run).update(state="done")
    ImportRun.objects.filter(pk=run.pk).update(state="finished", totals={"done": 1})
    fill(group, A)
    show, undo = (reverse(f"admin:groups_importrun_{name}", args=[run.pk]) for name in ("show", "undo"))
    assert undo in client.get(show).content.decode()
    at = client.post(undo)["Location"]
    back = ImportRun.objects.get(undoes=run)
    assert "Looking up what the import did" in client.get(at).content.decode()
    reading.read(back.pk)
    shown = client.get(at).content.decode()
    assert ("1 row checked" in shown, "to remove" in shown, "Other columns" in shown) == (True, True, False)
    assert client.get(reverse("admin:groups_importrun_columns", args=[back.pk])).status_code == 404
    shown = client.get(show).content.decode()
    assert (undo in shown, "Taken back by" in shown) == (False, True)
