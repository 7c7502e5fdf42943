"""Sync against the real sandbox: what Kaizala tells is in the mirror, and nothing is written twice."""

from __future__ import annotations

from django.db import connection
from django.test.utils import CaptureQueriesContext

from groups import services
from groups.figures import days
from groups.figures.models import DailyTotal
from groups.models import Group, GroupLink, Member, Reach, Subscriber, SyncPage, SyncRun
from kaizala_admin.outbox.models import State

from .conftest import Service


def test_a_first_sync_mirrors_what_the_service_holds(service: Service) -> None:
    service.sync()
    state = service.sandbox.get("/sandbox/state")
    counts, public = state["counts"], state["publicGroups"]
    assert Group.objects.count() == counts["groups"]
    assert Reach.objects.count() == counts["groups"]
    assert Member.objects.count() == counts["members"]
    for group in public:
        if Reach.objects.get(group__group_id=group["groupId"]).role == "Admin":
            assert Subscriber.objects.filter(group__group_id=group["groupId"]).count() == group["subscribers"]
    assert set(SyncRun.objects.values_list("state", flat=True)) == {State.SENT}


def test_the_counts_on_a_group_are_those_of_its_people(service: Service) -> None:
    service.sync()
    for group in Group.objects.all():
        assert group.member_count == group.members.count()
        assert group.subscriber_count == group.subscribers.count()
        absent = {"is_provisioned": False}
        expected = group.members.filter(**absent).count() + group.subscribers.filter(**absent).count()
        assert group.unprovisioned_count == expected
        assert group.unprovisioned_members == group.members.filter(**absent).count()
        assert group.synced_at is not None


def test_a_second_sync_writes_no_mirror_row(service: Service) -> None:
    service.sync()
    with CaptureQueriesContext(connection) as captured:
        directory = service.sync()
    tables = ("groups_subscriber", "groups_member", "groups_grouplink", "groups_reach")
    writes = [
        query["sql"]
        for query in captured
        if any(
            f'{verb} "{table}"' in query["sql"]
            for verb in ("UPDATE", "INSERT INTO", "DELETE FROM")
            for table in tables
        )
    ]
    assert writes == []
    runs = SyncRun.objects.filter(parent=directory)
    assert set(runs.values_list("created", "changed", "gone")) == {(0, 0, 0)}
    assert (directory.created, directory.changed, directory.gone) == (0, 0, 0)


def test_subscribers_that_only_an_admin_may_see_are_noted_and_not_marked_as_gone(service: Service) -> None:
    service.sync()
    hidden = SyncRun.objects.get(reason="subscribers_hidden")
    assert hidden.state == State.SENT
    assert hidden.detail == "Its subscribers were not read: Kaizala shows them to an admin of the group only."
    assert Reach.objects.get(group=hidden.group).role != "Admin"


def test_the_pages_of_a_run_are_forgotten_when_it_is_done(service: Service) -> None:
    service.sync()
    assert SyncPage.objects.count() == 0


def test_shared_children_are_kept_under_each_parent(service: Service) -> None:
    service.sync()
    parents = [group.parents.count() for group in Group.objects.all()]
    assert max(parents) > 1
    assert GroupLink.objects.count() == sum(parents)


def test_a_crash_between_pages_costs_nothing_but_the_page(public_group: Group, service: Service) -> None:
    run = services.start_sync(public_group)
    while SyncRun.objects.get(pk=run.pk).cursor == "":
        assert service.call(run)
    again = SyncRun.objects.get(pk=run.pk)  # another worker takes it from the table
    again.perform(service.client)  # and dies before it can write the page down
    finished = service.drive(SyncRun.objects.get(pk=run.pk))
    assert (finished.state, finished.created, finished.changed, finished.gone) == (State.SENT, 0, 0, 0)
    assert finished.pages == finished.expected_pages


def test_somebody_who_left_is_dated_and_comes_back(public_group: Group, service: Service) -> None:
    left = public_group.subscribers.exclude(mobile_number="").first()
    assert left is not None
    service.client.remove_subscribers(public_group.group_id, [left.mobile_number])
    run = service.drive(services.start_sync(public_group))
    left.refresh_from_db()
    assert left.gone_at is not None
    assert (run.gone, run.created) == (1, 0)
    service.client.add_subscribers(public_group.group_id, [left.mobile_number])
    run = service.drive(services.start_sync(public_group))
    left.refresh_from_db()
    assert left.gone_at is None
    assert left.back_at is not None
    assert (run.gone, run.created, run.changed) == (0, 0, 1)
    days.count_days()
    moved = DailyTotal.objects.get(group=public_group)
    assert (moved.subscribers_joined, moved.subscribers_left) == (1, 1)


def test_a_changed_count_is_on_the_group_after_the_sync(public_group: Group, service: Service) -> None:
    before = public_group.subscriber_count
    left = public_group.subscribers.exclude(mobile_number="")[0]
    service.client.remove_subscribers(public_group.group_id, [left.mobile_number])
    service.drive(services.start_sync(public_group))
    public_group.refresh_from_db()
    assert public_group.subscriber_count == before - 1


def test_a_single_group_sync_costs_as_many_calls_as_it_says(public_group: Group, service: Service) -> None:
    service.sandbox.delete("/sandbox/calls")
    run = service.drive(services.start_sync(public_group))
    assert service.sandbox.get("/sandbox/calls")["total"] == run.pages
