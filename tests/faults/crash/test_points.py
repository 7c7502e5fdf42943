"""F2: a worker dies at every point between the claim and the written answer."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import urllib3

from kaizala_admin.connectors.models import Connector
from kaizala_admin.outbox import desk, pump
from messaging.models import Dispatch
from tests.faults import tally
from tests.faults.crash import forks
from tests.faults.harness import FaultHouse, permit, public, work_off
from tests.faults.sizes import SIZES

Mine = Callable[[], None]


def _answers(settled: Sequence[Any]) -> bool:
    return bool(settled)


def _answered(slips: Sequence[desk.Slip]) -> bool:
    return any(slip.answered for slip in slips)


LINE = urllib3.connection.HTTPConnection

# The point, where the worker dies, what its row is afterwards, and whether the phones have it.
POINTS: list[tuple[str, Mine, str, bool]] = [
    ("before the claim is committed", lambda: forks.die_after(desk, "_claim_for"), "sent", True),
    ("after the claim", lambda: forks.die_before(pump, "_call"), "unknown", False),
    ("once connected", lambda: forks.die_after(LINE, "connect"), "unknown", False),
    ("once the request is written", lambda: forks.die_after(LINE, "request"), "unknown", True),
    ("once the answer is read", lambda: forks.die_after(Dispatch, "perform"), "unknown", True),
    (
        "before the answer is committed",
        lambda: forks.die_after(desk, "settle", _answers),
        "unknown",
        True,
    ),
    (
        "once the answer is committed",
        lambda: forks.die_after(desk, "_write_together", _answered),
        "sent",
        True,
    ),
]


@pytest.mark.parametrize(("where", "mine", "state", "arrives"), POINTS, ids=[point[0] for point in POINTS])
def test_a_worker_that_dies_sends_nothing_twice_and_loses_nobody(
    house: FaultHouse, connector: Connector, where: str, mine: Mine, state: str, arrives: bool
) -> None:
    found = tally.Count()
    Connector.objects.update(batch_size=50)
    for number in range(SIZES.deaths):
        broadcast = house.to_all(f"{where} {number}", public(3))
        permit(list(broadcast.dispatches.all()))

        def work() -> None:
            mine()
            pump.pump(connector.pk)

        assert forks.run(work) == forks.KILLED
        house.two_minutes_pass()
        work_off(connector)
        row = broadcast.dispatches.get()
        assert row.state == state
        outcome = house.count(broadcast)
        assert outcome.copies == int(arrives)
        assert outcome.broken_promises == {}
        found += outcome
    tally.keep(f"F2  kill -9 {where}", SIZES.deaths, found)
