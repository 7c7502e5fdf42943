"""One worker's clock is five minutes off: the database's clock decides, so nothing is doubled or lost."""

import time
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from groups.models import SyncRun
from groups.services import start_sync
from kaizala_admin.connectors import clock
from kaizala_admin.connectors.models import Connector, Tenant
from kaizala_admin.outbox import pump, sweeper
from kaizala_admin.outbox.models import Attempt, State
from kaizala_admin.webhooks import storing
from kaizala_admin.webhooks.models import Event, Subscription
from messaging import services
from messaging.models import Broadcast, Dispatch
from messaging.services import bursts
from tests.faults import tally
from tests.faults.crash import forks
from tests.faults.harness import FaultHouse, permit, public, work_off

OFF = 300.0  # seconds


def wrong_clock(by: float) -> None:
    """In a child only: this process's clock goes wrong; the database's does not."""
    real_time, real_now = time.time, timezone.now
    clock.time = SimpleNamespace(time=real_time)  # type: ignore[assignment,attr-defined]  # a SQLite file's own clock
    time.time = lambda: real_time() + by
    timezone.now = lambda: real_now() + timedelta(seconds=by)


EITHER = pytest.mark.parametrize("by", [OFF, -OFF], ids=["fast", "slow"])
A_MINUTE = timedelta(minutes=1)


def is_about_now(at: datetime | None) -> bool:
    return at is not None and abs(clock.now() - at) < A_MINUTE


@EITHER
def test_a_worker_with_a_wrong_clock_sends_once(house: FaultHouse, connector: Connector, by: float) -> None:
    broadcast = house.to_all(f"What time is it? {by}", public(3))
    rows = list(broadcast.dispatches.all())
    permit(rows)

    def work() -> None:
        wrong_clock(by)
        assert pump.pump(connector.pk) == len(rows)
        assert pump.pump(connector.pk) == 0

    assert forks.run(work) == 0
    tries = Attempt.objects.filter(row_class="messaging.dispatch", row_id__in=[row.pk for row in rows])
    times = list(tries.values_list("started_at", "ended_at"))
    assert len(times) == len(rows)
    assert all(is_about_now(at) for both in times for at in both)  # an echo of it came after it began
    found = house.count(broadcast)
    tally.keep(f"--  a worker's clock is {by:+.0f} s off", 1, found)
    assert (found.sent, found.broken_promises) == (found.people, {})


@EITHER
def test_a_sweeper_with_a_wrong_clock_ends_no_living_call(
    house: FaultHouse, connector: Connector, by: float
) -> None:
    Connector.objects.update(batch_size=50)
    broadcast = house.to_all(f"Do not touch {by}", public(3))
    permit(list(broadcast.dispatches.all()))
    real = Dispatch.perform

    def sweep() -> None:
        wrong_clock(by)
        assert sweeper.sweep() == 0

    def perform(row: Dispatch, client: Any) -> Any:
        result = real(row, client)
        assert forks.run(sweep) == 0
        return result

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Dispatch, "perform", perform)
        assert pump.pump(connector.pk) == 1
    work_off(connector)
    found = house.count(broadcast)
    tally.keep(f"--  a sweeper's clock is {by:+.0f} s off", 1, found)
    assert (found.sent, found.broken_promises) == (found.people, {})


@EITHER
def test_what_a_machine_with_a_wrong_clock_sends_is_due_at_once_and_waits_for_nothing(
    house: FaultHouse, connector: Connector, by: float
) -> None:
    def work() -> None:
        wrong_clock(by)
        house.to_all(f"Due at once {by}", public(3))

    assert forks.run(work) == 0
    broadcast = Broadcast.objects.get()
    due = broadcast.dispatches.values_list("not_before", flat=True)
    assert all(is_about_now(at) for at in [broadcast.launched_at, broadcast.watched_since, *due])


@EITHER
def test_failures_that_a_machine_with_a_wrong_clock_notes_count_for_the_others(
    house: FaultHouse, connector: Connector, by: float
) -> None:
    broadcast = house.to_all(f"It breaks {by}", public(3))
    rows = list(broadcast.dispatches.all())

    def work() -> None:
        wrong_clock(by)
        services.pause(broadcast, None)
        services.resume(broadcast, None)
        bursts.note(rows[::2], State.FAILED)

    assert forks.run(work) == 0
    bursts.note(rows[1::2], State.FAILED)
    Tenant.objects.update(pause_after_failures=len(rows))
    assert services.pause_bursting() == 1


@EITHER
def test_a_sync_by_a_machine_with_a_wrong_clock_marks_nobody_who_joins_meanwhile(
    house: FaultHouse, connector: Connector, by: float
) -> None:
    """Its start is compared with when others wrote down who came: the mirror, and events."""
    run = start_sync(public(3))
    permit([run])

    def work() -> None:
        wrong_clock(by)
        storing.store(hook.pk, b"{}")
        assert pump.pump(connector.pk) == 1

    hook = Subscription.objects.create(connector=connector, grant=run.grant, object_type="Group")
    try:
        assert forks.run(work) == 0
        assert is_about_now(SyncRun.objects.get(pk=run.pk).started_at)
        assert is_about_now(Event.objects.get().received_at)
    finally:
        Event.objects.all().delete()
        hook.delete()
