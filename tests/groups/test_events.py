"""Events of people and groups: the mirror follows, whatever the order; an older sync does not undo it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from groups.events.hierarchy import sub_groups_changed
from groups.events.members import members_changed
from groups.figures.models import Return
from groups.models import Group, GroupLink, Member, Subscriber, SyncRun
from groups.sync import people, seen
from kaizala_admin.connectors.models import Grant
from kaizala_admin.kaizala import Person as RemotePerson
from kaizala_admin.webhooks.router import Received

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def group(grant: Grant) -> Group:
    return Group.objects.create(
        tenant=grant.connector.tenant, group_id="g-1", name="North", first_seen_at=NOW, member_count=0
    )


def event(
    group: Group,
    event_type: str,
    data: Mapping[str, Any] = {},
    at: datetime | None = None,
    group_id: str = "",
) -> Received:
    """As the router hands it over."""
    return Received(
        pk=1,
        received_at=at or timezone.now(),
        connector_id=1,
        tenant_id=group.tenant_id,
        subscription_id=1,
        object_type="Group",
        object_id=group_id or group.group_id,
        event_type=event_type,
        event_id="e",
        group_id=group_id or group.group_id,
        data=dict(data),
        context="",
        sender_number="",
        sender_id="",
        sender_name="",
    )


ASHA = {"member": "+919876543210", "memberName": "Asha Rao", "type": "Member", "memberId": "p-1"}


def present() -> list[str]:
    return sorted(Member.objects.filter(gone_at__isnull=True).values_list("person_id", flat=True))


def test_who_is_added_is_a_member_and_counted(group: Group) -> None:
    members_changed([event(group, "MemberAdded", {**ASHA, "type": "Admin"})])
    row = Member.objects.get()
    assert (row.person_id, row.mobile_number, row.name, row.role, row.gone_at) == (
        "p-1",
        "+919876543210",
        "Asha Rao",
        "Admin",
        None,
    )
    group.refresh_from_db()
    assert group.member_count == 1


def test_the_last_event_wins_also_within_one_batch(group: Group) -> None:
    steps = ("MemberAdded", "MemberRemoved", "MemberAdded", "MemberRemoved")
    batch = [event(group, kind, ASHA, NOW + timedelta(seconds=n)) for n, kind in enumerate(steps)]
    members_changed(batch[:3])
    assert present() == ["p-1"]
    members_changed(batch[3:])
    group.refresh_from_db()
    assert (present(), group.member_count, Member.objects.count()) == ([], 0, 1)


def test_an_event_that_is_worked_on_late_does_not_undo_a_later_one(group: Group) -> None:
    members_changed([event(group, "MemberAdded", ASHA, NOW)])
    members_changed([event(group, "MemberRemoved", ASHA, NOW + timedelta(seconds=2))])
    members_changed([event(group, "MemberAdded", ASHA, NOW + timedelta(seconds=1))])
    assert present() == []


def test_the_same_event_again_changes_nothing(group: Group) -> None:
    for _ in range(3):
        members_changed([event(group, "MemberAdded", ASHA, NOW)])
    group.refresh_from_db()
    assert (present(), group.member_count) == (["p-1"], 1)


def test_who_comes_back_keeps_the_row(group: Group) -> None:
    row = Member.objects.create(group=group, person_id="p-1", first_seen_at=NOW, gone_at=NOW, name="Asha")
    Member.objects.create(group=group, person_id="p-2", first_seen_at=NOW, name="Binta")
    members_changed([event(group, "MemberAdded", ASHA, NOW + timedelta(seconds=1))])
    assert Member.objects.get(person_id="p-1").pk == row.pk
    assert present() == ["p-1", "p-2"]
    assert dict(Member.objects.values_list("person_id", "back_at")) == {
        "p-1": NOW + timedelta(seconds=1),
        "p-2": None,
    }
    back = Return.objects.values_list("members_joined", "members_left").order_by("pk")
    assert list(back) == [(0, 1), (1, 0)]


def test_without_an_id_the_number_finds_the_person(group: Group) -> None:
    Member.objects.create(group=group, person_id="p-1", mobile_number="+919876543210", first_seen_at=NOW)
    members_changed([event(group, "MemberRemoved", {"member": "+91 98765-43210", "memberName": ""})])
    assert (present(), Member.objects.count()) == ([], 1)


def test_a_number_alone_is_enough_and_gets_its_id_later(group: Group) -> None:
    members_changed([event(group, "MemberAdded", {"member": "+919876543210"}, NOW)])
    assert present() == ["tel:+919876543210"]
    members_changed([event(group, "MemberAdded", ASHA, NOW + timedelta(seconds=1))])
    assert (present(), Member.objects.count()) == (["p-1"], 1)


@pytest.mark.parametrize("turned", [False, True])
def test_of_several_with_one_number_the_one_who_is_there_is_meant_then_who_left_last(
    group: Group, turned: bool
) -> None:
    """SQLite puts NULL first where PostgreSQL puts it last, so no order of the database decides this."""
    left = [NOW - timedelta(days=2), NOW - timedelta(days=1)]
    gone = [*left, None] if turned else [None, *reversed(left)]
    rows = [
        Member.objects.create(
            group=group, person_id=f"p-{at}", mobile_number=ASHA["member"], first_seen_at=NOW, gone_at=when
        )
        for at, when in enumerate(gone)
    ]
    there = next(row for row in rows if row.gone_at is None)
    members_changed([event(group, "MemberRemoved", {"member": ASHA["member"]})])
    there.refresh_from_db()
    assert (there.gone_at is not None, present()) == (True, [])
    Member.objects.filter(pk=there.pk).delete()
    members_changed([event(group, "MemberAdded", {"member": ASHA["member"]})])
    last = next(row for row in rows if row.gone_at == left[1])
    assert present() == [last.person_id]


@pytest.mark.parametrize("data", [{}, {"member": None}, {"member": ["x"]}, {"member": "", "memberId": {}}])
def test_nobody_is_nobody(group: Group, data: dict[str, Any]) -> None:
    members_changed([event(group, "MemberAdded", data)])
    assert Member.objects.count() == 0


def test_a_group_that_is_not_mirrored_waits_for_its_sync(group: Group) -> None:
    members_changed([event(group, "MemberAdded", ASHA, group_id="strange")])
    assert Member.objects.count() == 0


def test_a_replay_older_than_a_sync_is_not_believed(group: Group) -> None:
    Group.objects.update(synced_at=NOW)
    members_changed([event(group, "MemberAdded", ASHA, NOW - timedelta(hours=2))])
    assert Member.objects.count() == 0


def test_events_move_the_number_of_those_who_are_not_registered(group: Group) -> None:
    def unregistered() -> tuple[int, int]:
        group.refresh_from_db()
        return group.unprovisioned_members, group.unprovisioned_count

    steps = {"MemberAdded": 1, "MemberRemoved": 0, "UserJoined": 0}
    for step, kind in enumerate(
        ["MemberAdded", "MemberRemoved", "MemberAdded", "UserJoined", "MemberRemoved"]
    ):
        members_changed([event(group, kind, ASHA, NOW + timedelta(seconds=step))])
        assert unregistered() == (steps[kind], steps[kind]), (step, kind)


def test_who_joined_the_app_is_registered(group: Group) -> None:
    Member.objects.create(group=group, person_id="p-1", first_seen_at=NOW, role="Admin")
    members_changed([event(group, "UserJoined", ASHA)])
    row = Member.objects.get()
    assert (row.is_provisioned, row.role) == (True, "Admin")


def test_a_batch_costs_the_same_queries_whatever_its_size(
    group: Group, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    def batch(first: int, count: int) -> list[Received]:
        people_ = [
            {**ASHA, "memberId": f"p-{n}", "member": f"+9198{n:08}"} for n in range(first, first + count)
        ]
        return [event(group, "MemberAdded", one) for one in people_]

    with django_assert_num_queries(5):  # groups, members by ID and by number, insert, count
        members_changed(batch(0, 1))
    with django_assert_num_queries(5):
        members_changed(batch(100, 60))


def test_a_sync_that_began_before_the_event_does_not_undo_it(group: Group, grant: Grant) -> None:
    def person(person_id: str) -> RemotePerson:
        return RemotePerson(person_id, "", person_id, "", True, "Member")

    for person_id in ("p-1", "p-2"):
        Member.objects.create(group=group, person_id=person_id, first_seen_at=NOW - timedelta(days=1))
    Member.objects.update(gone_at=NOW - timedelta(hours=1))
    Member.objects.filter(person_id="p-2").update(gone_at=None)
    run = SyncRun.objects.create(
        kind="group",
        group=group,
        connector=grant.connector,
        grant=grant,
        started_at=NOW - timedelta(minutes=1),
    )
    members_changed([event(group, "MemberAdded", {"memberId": "p-1", "memberName": "p-1"}, NOW)])
    members_changed([event(group, "MemberRemoved", {"memberId": "p-2"}, NOW)])
    told = people.by_key([person("p-2"), person("p-3")])  # read before both
    _, keys = people.write(Member, run, told, NOW)
    page = seen.Seen()
    page.add(keys.values())
    people.close(Member, run, page, NOW)
    assert present() == ["p-1", "p-3"]
    assert people.since(Subscriber, run) == set()


def test_sub_groups_are_linked_and_unlinked(group: Group) -> None:
    child = {"groupId": "g-2", "groupName": "North East", "groupType": "ConnectGroup"}
    sub_groups_changed([event(group, "GroupAdded", child)])
    made = Group.objects.get(group_id="g-2")
    assert (made.name, made.group_type) == ("North East", "ConnectGroup")
    group.refresh_from_db()
    assert (group.has_sub_groups, list(group.sub_groups.all())) == (True, [made])
    sub_groups_changed([event(group, "GroupRemoved", {"groupId": "g-2"})])
    assert GroupLink.objects.get().gone_at is not None
    sub_groups_changed([event(group, "GroupAdded", child), event(group, "GroupAdded", child)])
    assert GroupLink.objects.get().gone_at is None
    assert Group.objects.count() == 2


def test_a_group_is_not_below_itself_and_strangers_are_not_parents(group: Group) -> None:
    sub_groups_changed([event(group, "GroupAdded", {"groupId": "g-1"}), event(group, "GroupAdded")])
    sub_groups_changed([event(group, "GroupAdded", {"groupId": "g-3"}, group_id="strange")])
    sub_groups_changed([event(group, "GroupRemoved", {"groupId": "g-4"})])
    assert (Group.objects.count(), GroupLink.objects.count()) == (1, 0)
