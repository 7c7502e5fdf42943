"""Syncs as they run in the house: claimed, called and settled by the outbox's pump, over real HTTP."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from groups import services
from groups.models import Group, Subscriber, SyncRun
from kaizala_admin.connectors import call_log
from kaizala_admin.connectors.models import Connector
from kaizala_admin.outbox.models import State
from kaizala_admin.outbox.pump import pump

from .conftest import Service


def permit(permits: int = 3) -> bool:
    """Permits for every waiting run, as the dispatcher hands them out. False when nothing waits."""
    waiting = SyncRun.objects.filter(state=State.QUEUED)
    now = timezone.now()
    return bool(
        waiting.update(
            permits=permits, permits_until=now + timedelta(seconds=30), not_before=now - timedelta(seconds=1)
        )
    )


def run_all(connector: Connector) -> None:
    while permit():
        pump(connector.pk)


@pytest.fixture
def connector(service: Service, monkeypatch: pytest.MonkeyPatch) -> Connector:
    monkeypatch.setattr(call_log.Writer, "add", lambda *_: None)  # a thread that reads on logs by another one
    connector = service.grant.connector
    Connector.objects.filter(pk=connector.pk).update(calls_per_minute=600_000)
    connector.tenant.calls_per_minute = 600_000
    connector.tenant.save()
    return connector


def test_everything_is_synced_by_the_pump(connector: Connector, service: Service) -> None:
    directory = services.sync_everything()[0]
    run_all(connector)
    counts = service.sandbox.get("/sandbox/state")["counts"]
    assert Group.objects.count() == counts["groups"]
    assert set(SyncRun.objects.values_list("state", flat=True)) == {State.SENT}
    assert directory.children.count() == counts["groups"]


def test_a_lost_answer_costs_one_call_and_nothing_else(connector: Connector, service: Service) -> None:
    services.sync_everything()
    run_all(connector)
    public = Group.objects.filter(group_type=Group.Type.PUBLIC).order_by("-subscriber_count")[0]
    run = services.start_sync(public)
    service.sandbox.post(
        "/sandbox/faults", operation="fetch_subscribers", kind="error-after", status=500, times=1
    )
    run_all(connector)
    run.refresh_from_db()
    assert (run.state, run.created, run.changed, run.gone) == (State.SENT, 0, 0, 0)


def test_too_many_gone_fails_with_its_reason_and_goes_on_when_accepted(
    connector: Connector, service: Service
) -> None:
    services.sync_everything()
    run_all(connector)
    public = Group.objects.filter(group_type=Group.Type.PUBLIC).order_by("-subscriber_count")[0]
    numbers = list(public.subscribers.exclude(mobile_number="").values_list("mobile_number", flat=True))
    service.client.remove_subscribers(public.group_id, numbers[:90])
    run = services.start_sync(public)
    run_all(connector)
    run.refresh_from_db()
    assert (run.state, run.reason) == (State.FAILED, "too_many_gone")
    assert run.detail.startswith(f"90 of {public.subscriber_count} subscribers would be marked as gone.")
    assert Subscriber.objects.filter(gone_at__isnull=False).count() == 0
    assert services.accept_gone(run) is True
    run_all(connector)
    run.refresh_from_db()
    assert (run.state, run.gone) == (State.SENT, 90)
    public.refresh_from_db()
    assert public.subscriber_count == len(public.subscribers.filter(gone_at__isnull=True))


def test_a_group_that_vanished_ends_as_done_with_a_note(connector: Connector, service: Service) -> None:
    services.sync_everything()
    run_all(connector)
    group = Group.objects.filter(group_type=Group.Type.GROUP)[0]
    Group.objects.filter(pk=group.pk).update(group_id="no-such-group")
    run = services.start_sync(Group.objects.get(pk=group.pk))
    run_all(connector)
    run.refresh_from_db()
    assert (run.state, run.reason) == (State.SENT, "group_vanished")
    assert run.detail == "Kaizala answers that there is no such group. It is marked as gone."
