"""Lists without end, cursors that expire in the middle, and lists that come back empty."""

from __future__ import annotations

import pytest

from groups import services
from groups.models import Group, Member, Subscriber, SyncRun
from groups.sync import record, recording
from groups.sync.errors import SyncError
from groups.sync.fetching import ANEW, MEMBERS, SUBSCRIBERS
from kaizala_admin.kaizala import SubscriberPage
from kaizala_admin.outbox.models import State

from .conftest import Service
from .test_sync_guards import finish, group, mirror_members, people, refused, start

__all__ = ["group"]


def test_a_list_of_ever_new_people_ends_in_an_error(group: Group, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "MOST_PEOPLE", 200)
    monkeypatch.setattr(recording, "LOOK_FIRST", 2)
    run = start(group, SUBSCRIBERS)

    def go_on_for_ever() -> None:
        for page in range(1_000):
            record(run, SubscriberPage(people(range(50 * page, 50 * page + 50)), f"c{page}"))

    with pytest.raises(SyncError) as raised:
        go_on_for_ever()
    assert raised.value.code == "endless_list"
    assert "told of 400 people and had no end" in raised.value.message


def with_an_expired_cursor(service: Service, group: Group) -> SyncRun:
    """A run whose first page of subscribers is written; Kaizala will not take its cursor."""
    run = services.start_sync(group)
    while not run.cursor:
        assert service.call(run)
    SyncRun.objects.filter(pk=run.pk).update(cursor="not a cursor any more")
    return SyncRun.objects.get(pk=run.pk)


def test_a_cursor_that_expired_begins_the_list_anew_and_ends_right(
    service: Service, public_group: Group
) -> None:
    there = public_group.subscribers.filter(gone_at__isnull=True)
    before = there.count()
    gone = there.latest("pk")
    Subscriber.objects.filter(pk=gone.pk).update(person_id="left", mobile_number="+919999999999")
    run = service.drive(with_an_expired_cursor(service, public_group))
    assert (run.state, run.reason, run.gone) == (State.SENT, "", 1)
    assert run.seen == 1 + public_group.member_count + before  # the group itself, and each person once
    assert there.count() == before
    assert not there.filter(person_id="left").exists()


def test_a_cursor_that_expires_again_ends_in_an_error_in_words(service: Service, public_group: Group) -> None:
    run = with_an_expired_cursor(service, public_group)
    assert service.call(run)
    assert (run.stage, run.cursor) == (ANEW, "")
    assert service.call(run)
    run.cursor = "not a cursor any more"
    assert not service.call(run)
    failed = SyncRun.objects.get(pk=run.pk)
    assert (failed.state, failed.reason) == (State.FAILED, "InvalidCursor")
    assert "cursor is not valid" in failed.detail
    assert public_group.subscribers.exclude(gone_at=None).count() == 0


@pytest.mark.parametrize("stage", [MEMBERS, SUBSCRIBERS])
def test_a_small_list_that_comes_back_empty_asks(group: Group, stage: str) -> None:
    row_class = Member if stage == MEMBERS else Subscriber
    run = start(group, MEMBERS)
    record(run, people(range(3)))
    record(run, SubscriberPage(people(range(10, 13)), None))
    finish(run)
    again = start(group, stage)
    error = refused(again, () if stage == MEMBERS else SubscriberPage((), None))
    assert error.code == "too_many_gone"
    assert error.message.startswith("3 of 3 ")
    assert row_class.objects.filter(gone_at__isnull=True).count() == 3
    finish(again, State.FAILED, reason=error.code)
    assert services.accept_gone(again) is True
    record(SyncRun.objects.get(pk=again.pk), () if stage == MEMBERS else SubscriberPage((), None))
    assert row_class.objects.filter(gone_at__isnull=True).count() == 0


def test_of_a_small_group_all_but_one_may_leave_and_all_may_be_replaced(group: Group) -> None:
    mirror_members(group, range(10))
    run = start(group, MEMBERS)
    record(run, people([9]))
    finish(run)
    record(start(group, MEMBERS), people([20]))
    assert list(Member.objects.filter(gone_at__isnull=True).values_list("person_id", flat=True)) == ["id-20"]
