"""Which lane a sync runs in: a quick one goes first, a long one never stands before a broadcast."""

from __future__ import annotations

from groups import services
from groups.models import Group, SyncRun
from kaizala_admin.outbox.models import Lane

from .conftest import Service


def test_the_groups_of_a_connector_sync_go_with_the_background(service: Service) -> None:
    directory = services.start_connector_sync(service.grant.connector, Lane.PERSON)[0]
    assert directory.lane == Lane.PERSON
    service.drive(directory)
    assert set(directory.children.values_list("lane", flat=True)) == {Lane.SYNC}


def test_a_quick_sync_of_one_group_goes_ahead_and_a_long_one_does_not(service: Service) -> None:
    service.sync()
    small = Group.objects.filter(group_type=Group.Type.GROUP).first()
    large = Group.objects.order_by("-subscriber_count").first()
    assert small is not None
    assert large is not None
    Group.objects.filter(pk=large.pk).update(subscriber_count=20_000)
    large.refresh_from_db()
    assert services.start_sync(small).lane == Lane.PERSON
    assert services.start_sync(large).lane == Lane.SYNC


def test_asking_for_a_group_that_waits_in_the_background_brings_it_forward(service: Service) -> None:
    service.sync()
    small = Group.objects.filter(group_type=Group.Type.GROUP).first()
    assert small is not None
    waiting = services.start_sync(small, Lane.SYNC)
    services.start_sync(small)
    assert SyncRun.objects.get(pk=waiting.pk).lane == Lane.PERSON


def test_a_first_sync_by_hand_is_not_followed_by_the_schedule_s_at_once(service: Service) -> None:
    from groups.tasks import start_due_syncs

    service.sync()
    assert start_due_syncs() == 0
