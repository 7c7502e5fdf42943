"""Groups are changed at the service, and the mirror is right at once."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from groups import services as sync_services
from groups.changes import services
from groups.changes.checking import CannotChange
from groups.changes.models import ChangePicture, GroupChange
from groups.models import Group, GroupLink, Member, Reach, Subscriber, SyncRun
from kaizala_admin.connectors.models import Grant
from kaizala_admin.kaizala import KaizalaClient
from kaizala_admin.outbox.models import Lane, State

from .changing import again, ordinary, outcomes, run_all, some_people, unlimited
from .conftest import Service

NEW = ["+919812300001", "+919812300002"]
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


@pytest.fixture
def synced(service: Service) -> Service:
    """The groups in the mirror, the people of three of them, and no limits."""
    unlimited()
    some_people(service)
    return service


def there(service: Service, group: Group) -> dict[str, Any]:
    """Members by number, as the service has them."""
    return {one.mobile_number: one for one in service.client.fetch_members(group.group_id)}


def test_added_members_are_in_the_group_and_in_the_mirror_with_their_ids(synced: Service) -> None:
    group = ordinary()
    known = Member.objects.filter(group=group, gone_at=None).exclude(mobile_number="")[0].mobile_number
    (change,) = services.add_members(group=group, numbers=[*NEW, known])
    assert (change.lane, change.state) == (Lane.PERSON, State.QUEUED)
    run_all()
    assert outcomes(change) == {NEW[0]: "added", NEW[1]: "added", known: "there"}
    now = there(synced, group)
    assert set(NEW) <= set(now)
    rows = Member.objects.filter(group=group, mobile_number__in=NEW, gone_at=None)
    assert {row.mobile_number: row.person_id for row in rows} == {n: now[n].person_id for n in NEW}
    assert again(group).member_count == Member.objects.filter(group=group, gone_at=None).count() == len(now)


def test_a_number_that_another_group_knows_gets_its_name_and_id_before_any_sync(synced: Service) -> None:
    group = ordinary()
    stranger = (
        Member.objects.filter(gone_at=None)
        .exclude(mobile_number="")
        .exclude(mobile_number__in=Member.objects.filter(group=group).values("mobile_number"))
        .exclude(name="")[0]
    )
    (change,) = services.add_members(group=group, numbers=[stranger.mobile_number])
    GroupChange.objects.update(follow_up=False)
    run_all()
    row = Member.objects.get(group=group, mobile_number=stranger.mobile_number)
    assert (row.person_id, row.name) == (stranger.person_id, stranger.name)
    assert outcomes(change) == {stranger.mobile_number: "added"}


def test_whom_we_added_a_moment_ago_can_be_taken_out_again_before_the_id_is_known(synced: Service) -> None:
    group = ordinary()
    (change,) = services.add_members(group=group, numbers=NEW[:1])
    GroupChange.objects.update(follow_up=False)
    run_all()
    assert Member.objects.get(mobile_number=NEW[0]).person_id == f"tel:{NEW[0]}"
    (back,) = services.undo(change=again(change))
    run_all()
    assert outcomes(back) == {NEW[0]: "removed"}
    assert NEW[0] not in there(synced, group)
    assert not Member.objects.filter(mobile_number=NEW[0], gone_at=None).exists()
    with pytest.raises(CannotChange, match="nothing to take back"):
        services.undo(change=again(change))


def test_one_list_tells_the_ids_of_all_who_wait_for_theirs(
    synced: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A group may have 300,000 members: a list for each of a thousand new admins would be a day of work."""
    group, numbers = ordinary(), [f"+9198123000{n:02}" for n in range(4)]
    services.add_members(group=group, numbers=numbers)
    GroupChange.objects.update(follow_up=False)
    run_all()
    unknown = list(Member.objects.filter(group=group, mobile_number__in=numbers).order_by("pk"))
    assert {row.person_id for row in unknown} == {f"tel:{number}" for number in numbers}
    changes = [
        *services.remove_members(group=group, members=unknown[:2]),
        *services.set_roles(group=group, members=unknown[2:], role="Admin"),
    ]
    GroupChange.objects.update(follow_up=False)
    lists: list[str] = []
    fetch = KaizalaClient.fetch_members

    def counted(self: KaizalaClient, group_id: str) -> Any:
        lists.append(group_id)
        return fetch(self, group_id)

    monkeypatch.setattr(KaizalaClient, "fetch_members", counted)
    run_all()
    assert lists == [group.group_id]
    done = [next(iter(outcomes(change).values())) for change in changes]
    assert done == ["removed", "removed", "changed", "changed"]
    now = there(synced, group)
    assert [now[number].role if number in now else "" for number in numbers] == ["", "", "Admin", "Admin"]


def test_a_member_is_removed_promoted_and_demoted(synced: Service) -> None:
    group = ordinary()
    first, second = Member.objects.filter(group=group, role="Member", gone_at=None).order_by("pk")[:2]
    services.remove_members(group=group, members=[first])
    services.set_role(group=group, member=second, role="Admin")
    run_all()
    now = {one.person_id: one.role for one in synced.client.fetch_members(group.group_id)}
    assert (first.person_id in now, now[second.person_id]) == (False, "Admin")
    assert again(first).gone_at is not None
    assert again(second).role == "Admin"
    services.set_role(group=group, member=second, role="Member")
    run_all()
    assert again(second).role == "Member"


def test_subscribers_come_and_go_with_a_result_for_each_number(synced: Service) -> None:
    group = Group.objects.filter(group_type="ConnectGroup", reaches__role="Admin").order_by("pk")[0]
    known = Subscriber.objects.filter(group=group).exclude(mobile_number="")[0].mobile_number
    before = group.subscriber_count
    (change,) = services.add_subscribers(group=group, numbers=[*NEW, known])
    run_all()
    assert outcomes(change) == {NEW[0]: "added", NEW[1]: "added", known: "there"}
    assert again(group).subscriber_count == before + 2
    (gone,) = services.remove_subscribers(group=group, numbers=[NEW[0], "+919812399999"])
    run_all()
    assert outcomes(gone) == {NEW[0]: "removed", "+919812399999": "absent"}
    assert again(group).subscriber_count == before + 1
    assert not Subscriber.objects.filter(mobile_number=NEW[0], gone_at=None).exists()


def test_a_later_sync_gives_our_rows_their_ids_and_makes_no_second_ones(synced: Service) -> None:
    group = Group.objects.filter(group_type="ConnectGroup", reaches__role="Admin").order_by("pk")[0]
    services.add_subscribers(group=group, numbers=NEW)
    run_all()
    assert set(Subscriber.objects.filter(mobile_number__in=NEW).values_list("person_id", flat=True)) == {
        f"tel:{number}" for number in NEW
    }
    sync_services.start_sync(group)
    run_all()
    rows = Subscriber.objects.filter(mobile_number__in=NEW)
    assert [row.gone_at for row in rows] == [None, None]
    assert not any(row.person_id.startswith("tel:") for row in rows)


def test_a_group_is_made_with_picture_first_members_and_is_in_the_mirror(synced: Service) -> None:
    change = services.create_group(
        grant=synced.grant,
        name="Wells",
        welcome_message="Welcome",
        numbers=NEW,
        picture=services.Picture("wells.png", "image/png", PNG),
    )
    run_all()
    made = again(change).other
    assert (made.name, made.welcome_message, made.group_type) == ("Wells", "Welcome", "Group")
    assert made.image_url.startswith(f"{synced.sandbox.url}/media/")
    assert synced.client.fetch_group(made.group_id).image_url == made.image_url
    assert set(NEW) <= set(there(synced, made))
    assert Reach.objects.get(group=made).role == "Admin"
    assert ChangePicture.objects.count() == 0
    assert made.member_count == 3  # and the caller


def test_a_public_group_and_a_sub_group_are_made(synced: Service) -> None:
    parent = ordinary()
    services.create_group(
        grant=synced.grant, name="News", welcome_message="Hi", group_type="ConnectGroup", numbers=()
    )
    below = services.create_subgroup(parent=parent, name="Below", welcome_message="Hi", add_caller=False)
    run_all()
    assert Group.objects.get(name="News").group_type == "ConnectGroup"
    child = again(below).other
    assert GroupLink.objects.filter(parent=parent, child=child, gone_at=None).exists()
    assert [
        one.name for one in synced.client.fetch_subgroups(parent.group_id).sub_groups if one.name == "Below"
    ]
    assert again(parent).has_sub_groups is True
    assert Member.objects.filter(group=child, gone_at=None).count() == 0


def test_groups_are_linked_unlinked_and_a_ring_is_refused_in_words(synced: Service) -> None:
    parent = ordinary()
    child = services.create_group(grant=synced.grant, name="Child", welcome_message="Hi")
    run_all()
    other = again(child).other
    link = services.link(parent=parent, child=other)
    with pytest.raises(CannotChange, match=f"That would be a ring: “{parent.name}” › “Child”"):
        services.link(parent=other, child=parent)  # the first link is still in line
    run_all()
    assert GroupLink.objects.get(parent=parent, child=other).gone_at is None
    with pytest.raises(CannotChange, match="its own sub-group"):
        services.link(parent=parent, child=parent)
    (unlink,) = services.undo(change=again(link))
    run_all()
    assert outcomes(unlink) == {"Child": "removed"}
    assert GroupLink.objects.get(parent=parent, child=other).gone_at is not None
    names = [one.name for one in synced.client.fetch_subgroups(parent.group_id).sub_groups]
    assert "Child" not in names


def test_what_a_grant_may_not_do_is_said_before_anything_is_queued(synced: Service) -> None:
    group = ordinary()
    one_user = Grant(connector=synced.grant.connector, name="Asha", kind=Grant.Kind.USER)
    one_group = Grant(connector=synced.grant.connector, name="Wells", kind=Grant.Kind.GROUP)
    with pytest.raises(CannotChange, match="Only a grant for the whole organisation can make a public group"):
        services.create_group(grant=one_user, name="N", welcome_message="W", group_type="ConnectGroup")
    with pytest.raises(CannotChange, match="reaches one group only"):
        services.create_group(grant=one_group, name="N", welcome_message="W")
    with pytest.raises(CannotChange, match="is not a public group"):
        services.add_subscribers(group=group, numbers=NEW)
    child = Group.objects.filter(group_type="Group").exclude(pk=group.pk)[0]
    Reach.objects.filter(group=child).update(role="Member")
    with pytest.raises(CannotChange, match="No grant is an admin of both"):
        services.link(parent=group, child=child)
    Reach.objects.filter(group=group).update(role="Member")
    with pytest.raises(CannotChange, match="Only an admin of"):
        services.add_members(group=group, numbers=NEW)
    assert GroupChange.objects.count() == 0


def test_a_lost_answer_adds_nobody_twice_but_never_makes_a_second_group(synced: Service) -> None:
    group = ordinary()
    for operation in ("add_members", "create_group"):
        synced.sandbox.post("/sandbox/faults", operation=operation, kind="error-after", status=500, times=1)
    (added,) = services.add_members(group=group, numbers=NEW)
    made = services.create_group(grant=synced.grant, name="Once", welcome_message="Hi")
    run_all()
    assert (again(added).state, outcomes(added)) == (State.SENT, {NEW[0]: "added", NEW[1]: "added"})
    assert again(made).state == State.UNKNOWN
    assert Group.objects.filter(name="Once").count() == 1  # read again, for the person who settles it
    assert len([g for g in synced.client.fetch_groups(all_groups=True) if g.name == "Once"]) == 1


def test_a_group_that_is_gone_at_kaizala_is_told_and_what_waits_for_it_is_cancelled(synced: Service) -> None:
    group = ordinary()
    Group.objects.filter(pk=group.pk).update(group_id="no-such-group")
    rows = [services.add_members(group=group, numbers=[number])[0] for number in NEW]
    run_all()
    first, second = (again(row) for row in rows)
    assert (first.state, first.reason, first.refused) == (State.FAILED, "group_vanished", 1)
    assert second.state == State.CANCELLED
    assert second.detail.startswith("The group is not at Kaizala any more:")
    assert again(group).gone_at is not None
    assert SyncRun.objects.filter(state=State.QUEUED).count() == 0


def test_a_number_refused_in_the_middle_is_found_and_the_others_are_added(
    synced: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = ordinary()
    numbers = [f"+9198123100{index:02}" for index in range(8)]
    monkeypatch.setattr("kaizala_admin.kaizala.limits.require_phone", lambda value, field: value)
    numbers[5] = "+1234"  # no phone has it, so Kaizala refuses the whole call
    (change,) = services.add_members(group=group, numbers=numbers)
    run_all()
    parts = GroupChange.objects.exclude(pk=change.pk).exclude(reason="halved")
    found = {number: result[0] for part in parts for number, result in part.results.items()}
    assert found == {number: "refused" if number == "+1234" else "added" for number in numbers}
    assert set(numbers) - {"+1234"} <= set(there(synced, group))
    refused = parts.get(refused=1)
    assert refused.results["+1234"][1] == "Kaizala said no: members has to be a list of mobile numbers."


def test_an_event_that_tells_of_our_call_before_its_answer_does_not_make_it_there_already(
    synced: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = ordinary()
    (change,) = services.add_members(group=group, numbers=NEW[:1])
    real = GroupChange.perform

    def with_event(self: GroupChange, client: Any) -> Any:
        answer = real(self, client)
        now = timezone.now()
        fields = {
            "person_id": "told-by-event",
            "mobile_number": NEW[0],
            "first_seen_at": now,
            "event_at": now,
        }
        Member.objects.create(group=group, **fields)
        return answer

    monkeypatch.setattr(GroupChange, "perform", with_event)
    run_all()
    assert outcomes(change) == {NEW[0]: "added"}
    assert Member.objects.filter(group=group, mobile_number=NEW[0], gone_at=None).count() == 1


def test_a_list_that_was_fetched_before_our_change_does_not_undo_it(synced: Service) -> None:
    group = ordinary()
    leaver = Member.objects.filter(group=group, role="Member", gone_at=None).exclude(mobile_number="")[0]
    run = sync_services.start_members_sync(group)
    stale = run.perform(synced.client)  # fetched, not written yet
    (removed,) = services.remove_members(group=group, members=[leaver])
    GroupChange.objects.update(follow_up=False)
    SyncRun.objects.filter(pk=run.pk).update(held=True)
    run_all()
    assert outcomes(removed) == {leaver.mobile_number: "removed"}
    run.record(stale)
    assert again(leaver).gone_at is not None
