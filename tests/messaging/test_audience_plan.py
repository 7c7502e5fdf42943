"""Which calls an audience comes to, what no call can honour, and who has joined since."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from groups.models import Group, Member, Subscriber
from kaizala_admin.connectors.models import Tenant
from messaging import services
from messaging.audience import Exclude, Expression, Include, Plan
from messaging.models import Broadcast, Delivery, Dispatch
from messaging.services import expanding
from messaging.views.base import url

from .conftest import Org, Recorder, number

SignIn = Callable[[str], Client]


def draft_of(org: Org, expression: Expression, **more: Any) -> Broadcast:
    return services.save_draft(
        tenant=org.tenant, choice=expression, content={"message": "Hello"}, by=None, **more
    )


def to_public(*groups: Group, exclude: Exclude | None = None, plan: Plan = Plan.CHEAPEST) -> Expression:
    keys = tuple(group.pk for group in groups)
    return Expression(Include(public=keys), exclude or Exclude(), plan=plan, mode="public")


def send(draft: Broadcast) -> Broadcast:
    assert services.launch(draft, None, services.check(draft).people) is True
    draft.refresh_from_db()
    return draft


def join(group: Group, *people: int) -> None:
    row_class: Any = Subscriber if group.group_type == "ConnectGroup" else Member
    rows = [
        row_class(group=group, person_id=f"p{at}", mobile_number=number(at), first_seen_at=timezone.now())
        for at in people
    ]
    row_class.objects.bulk_create(rows)


def test_everybody_of_a_group_is_one_call_unless_batches_are_asked_for(org: Org, recorder: Recorder) -> None:
    farmers = org.public(people=range(70))
    draft = draft_of(org, to_public(farmers))
    found = services.check(draft)
    assert [(leg.mode, leg.people) for leg in found.legs] == [("all", 70)]
    assert (found.dispatches, found.saved_calls, found.could_save) == (1, 2, 0)
    recorder.drive(send(draft))
    assert recorder.calls == [("subscribers", "id-Farmers", True)]
    assert Delivery.objects.filter(broadcast=draft, state="sent").count() == 70
    forced = services.check(draft_of(org, to_public(farmers, plan=Plan.BATCHES)))
    assert (forced.dispatches, forced.saved_calls, forced.could_save) == (3, 0, 2)


def test_one_call_to_all_is_never_used_when_a_single_person_is_left_out(org: Org, recorder: Recorder) -> None:
    farmers = org.public(people=range(70))
    services.bar(tenant=org.tenant, numbers=[number(5)], reason="", by=None)
    draft = draft_of(org, to_public(farmers))
    recorder.drive(send(draft))
    named = [one for _kind, _group, to in recorder.calls if isinstance(to, list) for one in to]
    assert sorted(named) == sorted(number(at) for at in range(70) if at != 5)
    assert len(recorder.calls) == 3


def test_the_largest_of_overlapping_groups_gets_the_one_call_and_nobody_gets_two(
    org: Org, recorder: Recorder
) -> None:
    small, large = org.public("Small", range(40)), org.public("Large", range(10, 100))
    draft = draft_of(org, to_public(small, large))
    recorder.drive(send(draft))
    assert recorder.calls == [
        ("subscribers", "id-Large", True),
        ("subscribers", "id-Small", [number(at) for at in range(10)]),
    ]


def test_who_gets_it_in_a_whole_group_is_not_named_once_more(org: Org, recorder: Recorder) -> None:
    nurses, farmers = org.group("Nurses", [1, 2]), org.public("Farmers", [2, 3])
    draft = draft_of(org, Expression(Include(groups=(nurses.pk,), public=(farmers.pk,)), mode="mix"))
    found = services.check(draft)
    assert (found.people, found.dispatch_people, found.warnings) == (3, 3, [])
    recorder.drive(send(draft))
    assert recorder.calls == [("group", "id-Nurses", False), ("subscribers", "id-Farmers", [number(3)])]


def test_whom_a_whole_group_cannot_leave_out_is_said_and_each_offer_keeps_its_word(
    org: Org, signed_in: SignIn
) -> None:
    client = signed_in("Operator")
    nurses, _farmers = org.group("Nurses", [1, 2, 3, 4]), org.public("Farmers", [2, 3])
    services.bar(tenant=org.tenant, numbers=[number(1)], reason="", by=None)
    draft = draft_of(org, Expression(Include(groups=(nurses.pk,)), mode="groups"))
    (told,) = services.check(draft).unavoidable
    assert (told.group, told.people, told.others, told.reachable) == (nurses, 1, 3, 2)
    page = client.get(url("check", draft.pk)).content.decode()
    assert "Name the others one by one: 2 of 3" in page

    def press(what: str) -> services.Check:
        answer: Any = client.post(url("adjust", draft.pk), {"do": what, "group": nurses.pk})
        assert answer.url == url("check", draft.pk)
        draft.refresh_from_db()
        return services.check(draft)

    named = press("one-by-one")
    assert (named.people, named.unavoidable) == (2, [])
    assert named.warnings == ["1 person follows no public group that could carry it, and is not reached."]
    assert client.get(url("check", draft.pk)).status_code == 200
    assert press("whole").people == 4
    assert press("skip").blockers == ["Nobody is chosen. Choose at least one group."]
    assert client.post(url("adjust", draft.pk), {"do": "explode"}).status_code == 404


def test_who_was_reached_by_a_broadcast_is_left_out_and_who_failed_is_not(
    org: Org, recorder: Recorder
) -> None:
    farmers = org.public(people=[1, 2, 3, 4])
    first = send(draft_of(org, to_public(farmers)))
    recorder.drive(first)
    Delivery.objects.filter(broadcast=first, mobile_number=number(4)).update(state="failed")
    again = draft_of(org, to_public(farmers, exclude=Exclude(reached_by=(first.pk,))))
    assert services.check(again).left_out == [(3, "reached by a chosen broadcast already")]
    lately = draft_of(org, to_public(farmers, exclude=Exclude(reached_days=7)))
    assert (services.check(lately).people, services.check(lately).blockers) == (1, [])


def test_a_broadcast_of_another_organisation_leaves_nobody_of_ours_out(org: Org, recorder: Recorder) -> None:
    farmers = org.public(people=[1, 2])
    first = send(draft_of(org, to_public(farmers)))
    recorder.drive(first)
    Broadcast.objects.filter(pk=first.pk).update(tenant=Tenant.objects.create(name="Other"))
    again = draft_of(org, to_public(farmers, exclude=Exclude(reached_by=(first.pk,), reached_days=9)))
    assert services.check(again).people == 2


def test_who_joined_since_is_told_and_the_follow_up_goes_to_just_those(
    org: Org, signed_in: SignIn, recorder: Recorder
) -> None:
    client = signed_in("Operator")
    nurses, farmers = org.group("Nurses", [1, 2]), org.public("Farmers", [2, 3, 4])
    first = send(draft_of(org, Expression(Include(groups=(nurses.pk,), public=(farmers.pk,)), mode="mix")))
    recorder.drive(first)
    assert client.get(url("joined", first.pk)).content.decode().strip() == ""
    join(farmers, 5, 6)
    join(nurses, 6, 7)
    page = client.get(url("joined", first.pk)).content.decode()
    assert "2 people have joined since." in page
    assert "1 new member of the groups follows no public group." in page
    answer: Any = client.post(url("follow_up", first.pk))
    draft = Broadcast.objects.latest("pk")
    assert (answer.url, draft.follow_up_of) == (url("check", draft.pk), first)
    recorder.calls.clear()
    recorder.drive(send(draft))
    assert recorder.calls == [("subscribers", "id-Farmers", [number(5), number(6)])]


def test_a_follow_up_keeps_its_meaning_when_its_words_are_changed(
    org: Org, signed_in: SignIn, recorder: Recorder
) -> None:
    nurses, farmers = org.group("Nurses", [1]), org.public("Farmers", [1, 3])
    first = send(draft_of(org, Expression(Include(groups=(nurses.pk,)), mode="groups")))
    recorder.drive(first)
    join(nurses, 3)
    draft = services.follow_up(first, None)
    client = signed_in("Operator")
    assert (
        client.post(url("compose", draft.pk), {"mode": "mix", "message": "Welcome", "title": "T"}).status_code
        == 302
    )
    draft.refresh_from_db()
    found = services.check(draft)
    assert (draft.content, found.people, found.legs[0].group) == ({"message": "Welcome"}, 1, farmers)


def test_a_sync_between_check_and_launch_sends_nothing_but_what_was_confirmed(org: Org) -> None:
    farmers = org.public(people=range(40))
    draft = draft_of(org, to_public(farmers))
    people = services.check(draft).people
    join(farmers, 90)
    with pytest.raises(services.Changed, match="from 40 to 41"):
        services.launch(draft, None, people)
    assert Dispatch.objects.count() == 0


def test_a_sync_in_the_middle_of_a_launch_changes_neither_the_calls_nor_the_ledger(
    org: Org, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    farmers = org.public(people=range(70))
    draft = draft_of(org, to_public(farmers, plan=Plan.BATCHES))
    whole = expanding.write

    def sync_first(*args: Any) -> None:
        join(farmers, 90, 91)
        Subscriber.objects.filter(group=farmers, mobile_number=number(3)).update(gone_at=timezone.now())
        whole(*args)

    monkeypatch.setattr(expanding, "write", sync_first)
    recorder.drive(send(draft))
    named = [one for _kind, _group, to in recorder.calls if isinstance(to, list) for one in to]
    assert sorted(named) == sorted(number(at) for at in range(70))
    assert (draft.people, Delivery.objects.filter(broadcast=draft).count()) == (70, 70)
    assert list(Dispatch.objects.order_by("pk").values_list("people", flat=True)) == [30, 30, 10]


def test_a_launch_takes_no_more_memory_for_ten_times_as_many_people(org: Org) -> None:
    def peak(people: int) -> int:
        draft = draft_of(org, to_public(org.public(f"F{people}", range(people)), plan=Plan.BATCHES))
        expected = services.check(draft).people
        tracemalloc.start()
        assert services.launch(draft, None, expected) is True
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    peak(300)  # what is loaded at the first time
    few, many = peak(1_500), peak(15_000)
    assert many - few < 600 * 2_000  # its 500 calls are held in memory, its people are not
    assert Delivery.objects.count() == 16_800


@pytest.mark.parametrize("plan", [Plan.CHEAPEST, Plan.ALL])
def test_a_group_that_was_never_synced_completely_is_never_called_as_a_whole_list(
    org: Org, recorder: Recorder, plan: Plan
) -> None:
    farmers = org.public(people=range(70))
    Group.objects.update(synced_at=None, remote_user_count=1_000_000)
    draft = draft_of(org, to_public(farmers, plan=plan))
    found = services.check(draft)
    assert [(leg.mode, leg.people, leg.calls) for leg in found.legs] == [("batch", 70, 3)]
    assert found.could_save == 0
    recorder.drive(send(draft))
    assert not any(to is True for _kind, _group, to in recorder.calls)


def test_one_call_to_all_waits_for_a_known_list_also_where_it_would_reach_who_has_no_number(org: Org) -> None:
    farmers = org.public(people=range(5))
    join(farmers, 6)
    Subscriber.objects.filter(mobile_number=number(6)).update(mobile_number="")

    def modes() -> list[tuple[str, int]]:
        return [(leg.mode, leg.people) for leg in services.check(draft_of(org, to_public(farmers))).legs]

    assert modes() == [("all", 5)]
    services.bar(tenant=org.tenant, numbers=[number(99)], reason="", by=None)  # may be the one without
    assert modes() == [("batch", 5)]


def test_the_size_of_a_whole_group_must_be_known_where_many_need_a_second_person(org: Org) -> None:
    known, unknown = org.group("Known", [1, 2]), org.group("Unknown", [])
    Group.objects.filter(pk=unknown.pk).update(synced_at=None, remote_user_count=1_000_000)
    draft = draft_of(org, Expression(Include(groups=(known.pk, unknown.pk)), mode="groups"))
    said = "“Unknown” has never been synced completely, so nobody knows how many get it. Sync it."
    assert services.check(draft).blockers == [said]
    with pytest.raises(services.CannotLaunch):
        services.launch(draft, None, 2)
    Tenant.objects.update(many_people=0)
    found = services.check(Broadcast.objects.get(pk=draft.pk))
    assert (found.blockers, found.warnings) == (
        [],
        ["“Unknown” has never been synced completely, so the numbers may be too small."],
    )
