"""One worker's clock is five minutes off: the database's clock decides, so nothing is doubled or lost."""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from kaizala_admin.connectors.models import Connector
from kaizala_admin.outbox import pump, sweeper
from messaging.models import Dispatch
from tests.faults import tally
from tests.faults.crash import forks
from tests.faults.harness import FaultHouse, permit, public, work_off

OFF = 300.0  # seconds


def wrong_clock(by: float) -> None:
    """In a child only: this process's clock goes wrong; the database's does not."""
    real_time, real_now = time.time, timezone.now
    time.time = lambda: real_time() + by
    timezone.now = lambda: real_now() + timedelta(seconds=by)


@pytest.mark.parametrize("by", [OFF, -OFF], ids=["fast", "slow"])
def test_a_worker_with_a_wrong_clock_sends_once(house: FaultHouse, connector: Connector, by: float) -> None:
    broadcast = house.to_all(f"What time is it? {by}", public(3))
    rows = list(broadcast.dispatches.all())
    permit(rows)

    def work() -> None:
        wrong_clock(by)
        assert pump.pump(connector.pk) == len(rows)
        assert pump.pump(connector.pk) == 0

    assert forks.run(work) == 0
    found = house.count(broadcast)
    tally.keep(f"--  a worker's clock is {by:+.0f} s off", 1, found)
    assert (found.sent, found.broken_promises) == (found.people, {})


@pytest.mark.parametrize("by", [OFF, -OFF], ids=["fast", "slow"])
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
