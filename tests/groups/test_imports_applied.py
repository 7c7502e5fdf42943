"""Imports against the service: each row applied once, each refusal told, whatever happens in between."""

from __future__ import annotations

from typing import Any

import pytest

from groups.changes.models import GroupChange
from groups.imports import feeding, services
from groups.imports.models import ImportRow, ImportRun
from groups.models import Group, Member, Subscriber, SyncRun
from kaizala_admin.connectors.models import Grant
from kaizala_admin.outbox.models import State

from .changing import again, ordinary, permit, run_all, some_people, unlimited
from .conftest import Service
from .importing import apply, checked, states, stored


@pytest.fixture
def synced(service: Service) -> Service:
    unlimited()
    some_people(service)
    return service


def numbers(count: int, start: int = 0) -> list[str]:
    return [f"+9198123{index:05}" for index in range(start, start + count)]


def members(service: Service, group: Group) -> list[str]:
    """Numbers as the service has them."""
    return [one.mobile_number for one in service.client.fetch_members(group.group_id)]


def test_people_are_in_the_group_at_the_service_and_in_the_mirror_with_ids(synced: Service) -> None:
    group = ordinary()
    known = group.members.filter(gone_at=None).exclude(mobile_number="")[0].mobile_number
    run = apply(checked("\n".join([*numbers(120), known]), group=group))
    assert (run.state, states(run)) == ("finished", {"done": 120, "there": 1})
    assert run.totals == {"done": 120, "there": 1}
    there = members(synced, group)
    assert sorted(set(numbers(120)) & set(there)) == numbers(120)
    assert len(there) == len(set(there)) == again(group).member_count
    rows = Member.objects.filter(group=group, mobile_number__in=numbers(120), gone_at=None)
    assert [row.person_id.startswith("tel:") for row in rows].count(True) == 0


def test_new_admins_are_added_then_promoted(synced: Service) -> None:
    group = ordinary()
    (new,) = numbers(1)
    plain = group.members.filter(gone_at=None, role="Member").exclude(mobile_number="")[0].mobile_number
    sheet = f"Group,Phone,Role\n{group.group_id},{new},admin\n{group.group_id},{plain},Admin\n"
    run = apply(checked(sheet, "many", tenant=group.tenant))
    assert (run.state, states(run)) == ("finished", {"done": 2})
    roles = {one.mobile_number: one.role for one in synced.client.fetch_members(group.group_id)}
    assert (roles[new], roles[plain]) == ("Admin", "Admin")


def test_a_group_is_made_equal_to_the_list(synced: Service) -> None:
    group = Group.objects.filter(group_type="ConnectGroup", reaches__role="Admin").order_by("pk")[0]
    known = list(
        Subscriber.objects.filter(group=group)
        .exclude(mobile_number="")
        .values_list("mobile_number", flat=True)
    )
    run = checked("\n".join([*known[5:], *numbers(3)]), "equal", group=group, subscribers=True)
    assert states(run) == {"there": len(known) - 5, "ready": 8}
    run = apply(run)
    assert (run.state, states(run)) == ("finished", {"there": len(known) - 5, "done": 8})
    page = synced.client.fetch_subscribers(group.group_id)
    told = {one.mobile_number for one in page.subscribers}
    while page.cursor:
        page = synced.client.fetch_subscribers(group.group_id, cursor=page.cursor)
        told |= {one.mobile_number for one in page.subscribers}
    assert told - {""} == set(known[5:]) | set(numbers(3))


def test_groups_are_linked_by_a_sheet(synced: Service) -> None:
    first, second = Group.objects.filter(group_type="Group", reaches__role="Admin").order_by("-pk")[:2]
    run = apply(checked(f"Parent,Child\n{first.group_id},{second.group_id}\n", "links", tenant=first.tenant))
    assert (run.state, states(run)) == ("finished", {"done": 1})
    below = synced.client.fetch_subgroups(first.group_id).sub_groups
    assert second.group_id in {one.group_id for one in below}


def test_a_number_that_kaizala_refuses_in_the_middle_of_a_batch_costs_nobody_else(
    synced: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = ordinary()
    run = checked("\n".join(numbers(9)), group=group)
    ImportRow.objects.filter(run=run, line=5).update(mobile_number="+1234")
    monkeypatch.setattr("kaizala_admin.kaizala.limits.require_phone", lambda value, field: value)
    run = apply(run)
    assert (run.state, states(run)) == ("finished", {"done": 8, "refused": 1})
    refused = ImportRow.objects.get(run=run, state="refused")
    assert (refused.line, refused.mobile_number) == (5, "+1234")
    assert refused.why.endswith("members has to be a list of mobile numbers.")
    assert set(numbers(9)) - set(members(synced, group)) == {numbers(9)[4]}


def test_a_group_that_is_deleted_during_the_import_is_told_for_every_row(synced: Service) -> None:
    group = ordinary()
    run = checked("\n".join(numbers(250)), group=group)
    services.accept(run=run)
    feeding.feed(run.pk)
    Group.objects.filter(pk=group.pk).update(group_id="no-such-group")
    run_all()
    run = stored(run)
    assert (run.state, states(run)) == ("finished", {"refused": 250})
    reasons = set(ImportRow.objects.filter(run=run).values_list("reason", flat=True))
    assert len(reasons) == 2
    assert all("was not found" in reason for reason in reasons)
    assert again(group).gone_at is not None


def test_a_feeder_killed_anywhere_queues_each_row_once(
    synced: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = ordinary()
    monkeypatch.setattr(feeding, "BATCH", 10)
    run = checked("\n".join(numbers(200)), group=group)
    services.accept(run=run)
    real: Any = getattr(feeding, "_queue")  # noqa: B009 - a private step, to be struck in its middle
    for point in range(10):
        seen: list[int] = []

        def strike(posted: Any, rows: Any, point: int = point, seen: list[int] = seen) -> None:
            seen.append(1)
            last = len(seen) > point % 3
            if point % 2 or not last:
                real(posted, rows)
            if last:
                raise SystemExit  # the changes are posted; the rows are marked, or not yet

        monkeypatch.setattr(feeding, "_queue", strike)
        with pytest.raises(SystemExit):
            feeding.feed(run.pk)
        monkeypatch.setattr(feeding, "_queue", real)
    feeding.feed(run.pk)
    asked = [number for change in GroupChange.objects.all() for number in change.payload["numbers"]]
    assert sorted(asked) == numbers(200)
    run_all()
    assert states(run) == {"done": 200}
    assert set(numbers(200)) <= set(members(synced, group))


def test_a_lost_answer_is_asked_for_again_and_nobody_is_in_twice(synced: Service) -> None:
    group = ordinary()
    synced.sandbox.post("/sandbox/faults", operation="add_members", kind="error-after", status=500, times=1)
    run = apply(checked("\n".join(numbers(150)), group=group))
    assert (run.state, sum(states(run).values())) == ("finished", 150)
    assert states(run).get("refused", 0) == 0
    there = members(synced, group)
    assert len(there) == len(set(there))
    assert set(numbers(150)) <= set(there)


def test_pausing_in_the_middle_sends_nothing_more_until_it_is_resumed(synced: Service) -> None:
    group = ordinary()
    run = checked("\n".join(numbers(150)), group=group)
    services.accept(run=run)
    feeding.feed(run.pk)
    services.pause(run=run)
    assert permit() is False
    before = members(synced, group)
    run_all()
    assert members(synced, group) == before
    services.resume(run=run)
    run_all()
    assert (stored(run).state, states(run)) == ("finished", {"done": 150})


def test_a_refused_row_that_a_person_tries_again_opens_the_import_again(synced: Service) -> None:
    from kaizala_admin.outbox import services as outbox

    group = ordinary()
    run = checked("\n".join(numbers(2)), group=group)
    synced.sandbox.post("/sandbox/faults", operation="add_members", kind="error-before", status=403, times=1)
    run = apply(run)
    assert (run.state, states(run)) == ("finished", {"refused": 2})
    assert outbox.retry(GroupChange.objects.filter(state=State.FAILED)) == 1
    assert (stored(run).state, states(run)) == ("running", {"queued": 2})
    run_all()
    assert (stored(run).state, states(run)) == ("finished", {"done": 2})


def test_one_look_at_the_members_follows_a_whole_import(synced: Service) -> None:
    group = ordinary()
    before = SyncRun.objects.count()
    apply(checked("\n".join(numbers(250)), group=group))
    assert SyncRun.objects.count() == before + 1
    assert SyncRun.objects.latest("pk").kind == "members"
    assert ImportRun.objects.count() == Grant.objects.count() == 1
