"""Where a sync stops by itself: endless lists, too many gone, vanished groups, rivals, a person's stop."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from groups import queries, services
from groups.models import Group, Member, Reach, Subscriber, SyncRun
from groups.sync import changed, record
from groups.sync.errors import SyncError
from groups.sync.fetching import MEMBERS, SUBSCRIBERS
from kaizala_admin.connectors.models import Grant
from kaizala_admin.kaizala import GroupInfo, Person, Refused, SubscriberPage
from kaizala_admin.outbox.models import State

from .conftest import Service


def person(number: int, **more: Any) -> Person:
    told = {"name": f"P {number}", "profile_pic": "", "is_provisioned": True, "role": "", **more}
    return Person(person_id=f"id-{number}", mobile_number=f"+9198{number:08}", **told)


def people(numbers: Sequence[int]) -> tuple[Person, ...]:
    return tuple([person(number) for number in numbers])


@pytest.fixture
def group(grant: Grant) -> Group:
    found = Group.objects.create(
        tenant=grant.connector.tenant,
        group_id="g-1",
        name="Growers",
        group_type=Group.Type.PUBLIC,
        first_seen_at=timezone.now(),
    )
    Reach.objects.create(grant=grant, group=found, role="Admin", first_seen_at=timezone.now())
    return found


def start(group: Group, stage: str, **more: Any) -> SyncRun:
    run = services.start_sync(group)
    SyncRun.objects.filter(pk=run.pk).update(stage=stage, started_at=timezone.now(), **more)
    return SyncRun.objects.get(pk=run.pk)


def finish(run: SyncRun, state: str = State.SENT, **more: Any) -> None:
    SyncRun.objects.filter(pk=run.pk).update(state=state, **more)


def mirror_members(group: Group, numbers: Sequence[int]) -> None:
    run = start(group, MEMBERS)
    record(run, people(numbers))
    record(run, SubscriberPage((), None))
    finish(run)


def refused(run: SyncRun, result: Any) -> SyncError:
    with pytest.raises(SyncError) as raised, transaction.atomic():
        record(run, result)
    return raised.value


def test_a_cursor_that_does_not_advance_ends_in_an_error(group: Group) -> None:
    run = start(group, SUBSCRIBERS)
    assert record(run, SubscriberPage(people(range(50)), "a")) is False
    error = refused(run, SubscriberPage(people(range(50, 100)), "a"))
    assert error.code == "no_progress"
    assert Subscriber.objects.count() == 50


def test_cursors_that_go_in_a_ring_end_in_an_error(group: Group) -> None:
    run = start(group, SUBSCRIBERS)
    record(run, SubscriberPage(people(range(50)), "a"))
    record(run, SubscriberPage(people(range(50, 100)), "b"))
    assert refused(run, SubscriberPage(people(range(100, 150)), "a")).code == "no_progress"


def test_a_page_that_repeats_under_a_new_cursor_ends_in_an_error(group: Group) -> None:
    run = start(group, SUBSCRIBERS)
    record(run, SubscriberPage(people(range(50)), "a"))
    assert refused(run, SubscriberPage(people(range(50)), "b")).code == "no_progress"


def test_pages_that_shuffle_the_same_people_forever_end_in_an_error(group: Group) -> None:
    run = start(group, SUBSCRIBERS)
    dice = random.Random(1)

    def go_on_for_ever() -> None:
        for page in range(10_000):
            record(run, SubscriberPage(people(dice.sample(range(101), 50)), f"c{page}"))

    with pytest.raises(SyncError) as raised:
        go_on_for_ever()
    assert raised.value.code == "no_progress"
    assert SyncRun.objects.get(pk=run.pk).pages <= 200


def test_nobody_is_gone_after_a_run_that_failed(group: Group) -> None:
    run = start(group, SUBSCRIBERS)
    record(run, SubscriberPage(people(range(50)), "a"))
    record(run, SubscriberPage(people(range(50, 60)), None))
    finish(run)
    again = start(group, SUBSCRIBERS)
    record(again, SubscriberPage(people(range(20)), "a"))
    refused(again, SubscriberPage(people(range(20, 40)), "a"))
    assert Subscriber.objects.filter(gone_at__isnull=True).count() == 60


def test_more_than_a_fifth_gone_stops_and_asks(group: Group) -> None:
    mirror_members(group, range(100))
    run = start(group, MEMBERS)
    error = refused(run, people(range(79)))
    assert error.code == "too_many_gone"
    assert error.message.startswith("21 of 100 members would be marked as gone.")
    assert Member.objects.filter(gone_at__isnull=True).count() == 100


def test_a_fifth_or_few_are_marked_without_asking(group: Group) -> None:
    mirror_members(group, range(100))
    run = start(group, MEMBERS)
    assert record(run, people(range(80))) is False
    assert Member.objects.filter(gone_at__isnull=True).count() == 80
    finish(run)
    small = start(group, MEMBERS)
    record(small, people(range(70)))
    assert Member.objects.filter(gone_at__isnull=True).count() == 70


def test_newcomers_do_not_hide_that_many_left(group: Group) -> None:
    mirror_members(group, range(100))
    assert refused(start(group, MEMBERS), people(range(75, 300))).code == "too_many_gone"


def test_what_a_person_accepts_is_marked(group: Group) -> None:
    mirror_members(group, range(100))
    run = start(group, MEMBERS)
    finish(run, State.FAILED, reason=refused(run, people(range(50))).code)
    assert services.accept_gone(run) is True
    accepted = SyncRun.objects.get(pk=run.pk)
    assert (accepted.state, accepted.allow_gone) == (State.QUEUED, True)
    record(accepted, people(range(50)))
    assert Member.objects.filter(gone_at__isnull=True).count() == 50
    assert SyncRun.objects.get(pk=run.pk).allow_gone is False


def test_an_old_question_cannot_be_answered_after_a_later_sync(group: Group) -> None:
    old = start(group, MEMBERS)
    finish(old, State.FAILED, reason="too_many_gone")
    finish(start(group, MEMBERS))
    assert services.accept_gone(old) is False
    assert SyncRun.objects.get(pk=old.pk).state == State.FAILED


def test_an_old_run_whose_pages_are_gone_marks_nobody(group: Group) -> None:
    run = start(group, SUBSCRIBERS)
    record(run, SubscriberPage(people(range(50)), "a"))
    finish(run, State.FAILED)
    later = start(group, SUBSCRIBERS)
    record(later, SubscriberPage(people(range(50)), "a"))
    record(later, SubscriberPage(people(range(50, 55)), None))
    finish(later)
    SyncRun.objects.filter(pk=run.pk).update(state=State.QUEUED)
    record(SyncRun.objects.get(pk=run.pk), SubscriberPage(people(range(50, 52)), "b"))
    assert (
        refused(SyncRun.objects.get(pk=run.pk), SubscriberPage(people(range(50, 55)), None)).code
        == "stale_sync"
    )
    assert Subscriber.objects.filter(gone_at__isnull=True).count() == 55


def test_who_joins_while_a_sync_is_under_way_is_not_gone(group: Group) -> None:
    run = start(group, MEMBERS)
    Member.objects.create(group=group, person_id="new", name="New", first_seen_at=timezone.now())
    record(run, people(range(3)))
    assert Member.objects.get(person_id="new").gone_at is None


def test_a_follower_who_comes_back_while_a_sync_is_under_way_is_not_gone(group: Group) -> None:
    """The pages were read before: that they do not hold somebody says nothing."""
    at = timezone.now()
    gone = Subscriber.objects.create(
        group=group, person_id="id-9", mobile_number="+919800000009", first_seen_at=at, gone_at=at
    )
    run = start(group, SUBSCRIBERS)
    changed.joined(Subscriber, group, [gone.mobile_number], timezone.now())
    record(run, SubscriberPage(people(range(3)), None))
    gone.refresh_from_db()
    assert gone.gone_at is None


@pytest.mark.parametrize("row_class", [Member, Subscriber])
def test_whom_we_take_out_and_put_back_is_counted_as_before(group: Group, row_class: Any) -> None:
    told = {"unprovisioned_count": 5, "unprovisioned_members": 2, "member_count": 8, "subscriber_count": 9}
    Group.objects.filter(pk=group.pk).update(**told)
    numbers = [f"+91980000000{n}" for n in range(3)]
    for at, number in enumerate(numbers):
        row_class.objects.create(
            group=group, person_id=f"id-{at}", mobile_number=number, is_provisioned=at == 2,
            first_seen_at=timezone.now(),
        )  # fmt: skip
    assert changed.left(row_class, group, timezone.now(), mobile_number__in=numbers) == 3
    gone = Group.objects.get(pk=group.pk)
    assert (gone.unprovisioned_count, gone.unprovisioned_members) == (3, 0 if row_class is Member else 2)
    assert changed.joined(row_class, group, numbers, timezone.now()) == set()
    assert Group.objects.filter(pk=group.pk, **told).exists()


def test_people_without_number_are_kept_and_those_without_id_go_by_their_number(group: Group) -> None:
    silent = Person("id-1", "", "", "", False, "")
    nameless = Person("", "+91 98000 00002", "Two", "", True, "Admin")
    nobody = Person("", "", "Three", "", True, "")
    record(start(group, MEMBERS), (silent, nameless, nobody))
    rows = Member.objects.order_by("person_id").values_list("person_id", "mobile_number", "role")
    assert list(rows) == [("id-1", "", "Member"), ("tel:+919800000002", "+919800000002", "Admin")]


def test_a_person_twice_on_one_page_is_one_row(group: Group) -> None:
    record(start(group, MEMBERS), (person(1), person(1, name="Later")))
    assert list(Member.objects.values_list("name", flat=True)) == ["Later"]


def test_two_syncs_of_one_group_are_one(group: Group) -> None:
    first = services.start_sync(group)
    assert services.start_sync(group).pk == first.pk
    with pytest.raises(IntegrityError), transaction.atomic():
        SyncRun.objects.create(kind="group", group=group, connector=first.connector, grant=first.grant)


def test_a_rival_that_starts_in_the_middle_wins_and_is_returned(
    group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    grant = queries.best_grant(group)
    assert grant is not None
    rivals: list[SyncRun] = []
    atomic = transaction.atomic

    def late(*args: Any, **options: Any) -> Any:
        if not rivals:  # between our look and our insert
            rivals.append(SyncRun(kind="group", group=group, connector=grant.connector, grant=grant))
            rivals[0].save()
        return atomic(*args, **options)

    monkeypatch.setattr(transaction, "atomic", late)
    assert services.start_sync(group).pk == rivals[0].pk
    assert SyncRun.objects.count() == 1


def test_a_page_cannot_be_counted_twice_by_a_late_worker(group: Group) -> None:
    run = start(group, SUBSCRIBERS)
    late = SyncRun.objects.get(pk=run.pk)
    record(run, SubscriberPage(people(range(50)), "a"))
    with pytest.raises((SyncError, IntegrityError)), transaction.atomic():
        record(late, SubscriberPage(people(range(50)), "a"))
    assert SyncRun.objects.get(pk=run.pk).seen == 50


def test_a_group_that_vanished_is_dated_with_the_reason(service: Service, public_group: Group) -> None:
    Group.objects.filter(pk=public_group.pk).update(group_id="no-such-group")
    run = service.drive(services.start_sync(Group.objects.get(pk=public_group.pk)))
    gone = Group.objects.get(pk=public_group.pk)
    assert (run.state, run.reason) == (State.SENT, "group_vanished")
    assert gone.gone_at is not None
    assert gone.gone_reason.startswith("Kaizala answers that there is no such group")
    assert Reach.objects.get(group=gone).gone_at is not None
    assert gone.subscribers.filter(gone_at__isnull=True).count() == public_group.subscriber_count


def test_a_404_that_is_not_kaizalas_own_marks_nothing(group: Group) -> None:
    class Proxy:
        def fetch_members(self, group_id: str) -> Any:
            raise Refused("Not found", status=404)

    with pytest.raises(Refused):
        start(group, MEMBERS).perform(Proxy())
    assert Group.objects.get(pk=group.pk).gone_at is None


def test_a_stopped_run_writes_no_more_pages(group: Group) -> None:
    run = start(group, SUBSCRIBERS)
    SyncRun.objects.filter(pk=run.pk).update(state=State.SENDING)
    assert services.cancel([run]) == 1
    assert refused(run, SubscriberPage(people(range(50)), "a")).code == "stopped"
    assert Subscriber.objects.count() == 0


def test_a_waiting_run_is_cancelled_at_once(group: Group) -> None:
    run = services.start_sync(group)
    assert services.cancel([run]) == 1
    assert SyncRun.objects.get(pk=run.pk).state == State.CANCELLED


def infos(numbers: Sequence[int]) -> tuple[GroupInfo, ...]:
    return tuple(
        [GroupInfo(group_id=f"g-{number}", name=f"G {number}", caller_role="Admin") for number in numbers]
    )


def directory(grant: Grant) -> SyncRun:
    SyncRun.objects.update(state=State.SENT)
    return services.start_connector_sync(grant.connector)[0]


def test_a_group_that_nobody_reaches_any_more_is_dated_and_comes_back(grant: Grant) -> None:
    record(directory(grant), infos(range(5)))
    record(directory(grant), infos(range(4)))
    lost = Group.objects.get(group_id="g-4")
    assert lost.gone_at is not None
    assert lost.gone_reason == "No grant reaches it any more, and no group lists it as a sub-group."
    record(directory(grant), infos(range(5)))
    back = Group.objects.get(group_id="g-4")
    assert (back.gone_at, back.gone_reason) == (None, "")
    assert back.reaches.get().gone_at is None


def test_a_directory_that_lost_a_fifth_of_its_groups_asks(grant: Grant) -> None:
    record(directory(grant), infos(range(60)))
    assert refused(directory(grant), infos(range(40))).code == "too_many_gone"
    assert Group.objects.filter(gone_at__isnull=False).count() == 0


def test_each_group_is_synced_through_the_grant_that_serves_it_best(grant: Grant) -> None:
    other = Grant.objects.create(connector=grant.connector, name="Other", refresh_token="t")
    first, second = services.start_connector_sync(grant.connector)
    record(first, (GroupInfo(group_id="g-1", name="G", caller_role="Member"),))
    finish(SyncRun.objects.get(parent=first))
    record(second, (GroupInfo(group_id="g-1", name="G", caller_role="Admin"),))
    assert list(SyncRun.objects.filter(kind="group").order_by("pk").values_list("grant", flat=True)) == [
        grant.pk,
        other.pk,
    ]


def test_a_public_group_does_not_become_a_plain_one_when_an_answer_is_silent(group: Group) -> None:
    Group.objects.filter(pk=group.pk).update(welcome_message="Welcome")
    record(start(group, "details"), GroupInfo(group_id="g-1", name="Renamed"))
    group.refresh_from_db()
    assert (group.name, group.group_type, group.welcome_message) == ("Renamed", "ConnectGroup", "Welcome")


def test_rings_and_shared_children_survive(group: Group, grant: Grant) -> None:
    inner = GroupInfo("g-3", "C", sub_groups=(GroupInfo("g-1", "Growers"),))
    root = GroupInfo(
        "g-1", "Growers", sub_groups=(GroupInfo("g-2", "B", sub_groups=(inner,)), GroupInfo("g-3", "C"))
    )
    record(start(group, "sub_groups"), root)
    from groups.tree import sub_graph

    graph = sub_graph(group)
    assert graph.groups == 2
    assert [(node.group.name, node.depth, node.again) for node in graph.lines] == [
        ("Growers", 0, False),
        ("B", 1, False),
        ("C", 2, False),
        ("Growers", 3, True),
        ("C", 1, True),
    ]


def test_only_those_who_changed_are_written(group: Group) -> None:
    mirror_members(group, range(60))
    told = [person(number, name="Renamed") if number == 7 else person(number) for number in range(60)]
    run = start(group, MEMBERS)
    with CaptureQueriesContext(connection) as captured:
        record(run, tuple(told))
    writes = [query["sql"] for query in captured if 'UPDATE "groups_member"' in query["sql"]]
    written = Member.objects.get(name="Renamed")
    assert len(writes) == 1
    assert (written.person_id, written.seen_run) == ("id-7", run.pk)
    assert Member.objects.filter(seen_run=run.pk).count() == 1
    assert SyncRun.objects.get(pk=run.pk).changed == 1


@pytest.mark.django_db(transaction=True)
def test_a_grant_that_is_deleted_at_the_moment_of_the_start_is_said(
    grant: Grant, monkeypatch: pytest.MonkeyPatch
) -> None:
    atomic = transaction.atomic

    def late(*args: Any, **options: Any) -> Any:
        Grant.objects.filter(pk=grant.pk)._raw_delete("default")
        return atomic(*args, **options)

    monkeypatch.setattr(transaction, "atomic", late)
    with pytest.raises(services.CannotSync, match="changed just now"):
        services.start_connector_sync(grant.connector)
    assert SyncRun.objects.count() == 0
