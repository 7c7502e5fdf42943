"""Syncs by the clock."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from groups import schedule
from groups.models import SyncRun
from groups.tasks import start_due_syncs
from kaizala_admin.connectors import clock
from kaizala_admin.connectors.models import Connector, Grant
from kaizala_admin.outbox.models import Lane


def due_in(grant: Grant, **span: int) -> None:
    Connector.objects.filter(pk=grant.connector_id).update(next_sync_at=timezone.now() + timedelta(**span))


def test_a_connector_that_was_never_synced_is_due(grant: Grant) -> None:
    assert start_due_syncs() == 1
    run = SyncRun.objects.get()
    assert (run.kind, run.lane, run.grant_id) == ("directory", Lane.SYNC, grant.pk)


def test_the_next_sync_is_counted_from_now(grant: Grant, monkeypatch: pytest.MonkeyPatch) -> None:
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now)
    due_in(grant, days=-3)
    assert schedule.start_due_syncs() == 1
    assert Connector.objects.get().next_sync_at == now + timedelta(minutes=360)
    assert schedule.start_due_syncs() == 0


def test_two_ticks_at_once_start_one(grant: Grant, monkeypatch: pytest.MonkeyPatch) -> None:
    due_in(grant, minutes=-1)
    stale = Connector.objects.get()
    assert schedule.start_due_syncs() == 1
    SyncRun.objects.update(state="sent")
    assert schedule._start(stale, clock.now()) is False  # the rival had read the row before
    assert SyncRun.objects.count() == 1


@pytest.mark.parametrize("change", [{"sync_every": 0}, {"is_active": False}])
def test_a_connector_that_is_switched_off_is_left_alone(grant: Grant, change: dict[str, int]) -> None:
    Connector.objects.update(**change)
    assert schedule.start_due_syncs() == 0


def test_what_is_not_due_waits(grant: Grant) -> None:
    due_in(grant, minutes=5)
    assert schedule.start_due_syncs() == 0


def test_a_connector_without_a_working_grant_is_skipped(grant: Grant) -> None:
    Grant.objects.update(state=Grant.State.REVOKED)
    assert schedule.start_due_syncs() == 0
    assert SyncRun.objects.count() == 0
