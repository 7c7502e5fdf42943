"""F24: broadcasts without a pause at the budget's pace, and every now and then something dies."""

import os
import time
from collections.abc import Callable

import pytest
from django.db import connection

from kaizala_admin.connectors.models import Connector
from messaging.models import Broadcast
from tests.faults import tally
from tests.faults.harness import FaultHouse, chance
from tests.faults.running.test_broker import line_to
from tests.faults.running.test_database import trouble
from tests.faults.soak.gauges import Gauges, halves

MINUTES = float(os.environ.get("KAIZALA_SOAK_MINUTES", "1"))
BUDGET = 300  # calls a minute, of which the house uses 285
BETWEEN = 30.0  # seconds between two blows
WARM = 20.0  # seconds of life after which a process is weighed
LEAST_TO_JUDGE = 10.0  # minutes; in less, growth is the warming up
MOST_GROWTH, MORE_MB, MORE_FILES, MOST_WAL = 1.1, 8.0, 16.0, 64.0


def stand_for_a_while(house: FaultHouse) -> None:
    """The worker is told to end, as a deploy does; the supervisor starts it again."""
    house.supervisor.restart("worker")


def lock_or_cut(house: FaultHouse) -> None:
    with trouble():
        return


def blows(house: FaultHouse) -> list[Callable[[], object]]:
    """F1 to F5, one at a time."""
    return [
        lambda: house.kill("worker"),
        lambda: house.kill("dispatcher"),
        lambda: house.kill("beat"),
        lambda: house.kill("broker"),
        lambda: house.kill("web"),
        lambda: line_to(house).flushall(),
        lambda: stand_for_a_while(house),
        lambda: lock_or_cut(house),
    ]


def be_difficult(house: FaultHouse) -> None:
    """Kaizala has bad days all the time."""
    house.fault("cut-after", probability=0.01)
    house.fault("cut-before", probability=0.01)
    house.fault("error-after", probability=0.01)
    house.fault("throttle", probability=0.01, retryAfter="1")


def over(broadcast: Broadcast) -> bool:
    return Broadcast.objects.filter(pk=broadcast.pk, state__in=["finished", "cancelled"]).exists()


@pytest.mark.machine
def test_hours_of_faults_lose_and_double_nobody_and_nothing_grows(house: FaultHouse) -> None:
    house.post("/sandbox/budgets", connectorPerMinute=BUDGET, tenantPerMinute=BUDGET)
    Connector.objects.update(calls_per_minute=BUDGET)
    be_difficult(house)
    gauges, dice, kept = Gauges(house), chance("F24"), [house.to_all("Soak 0")]
    ends, blow_at, count = time.monotonic() + MINUTES * 60, time.monotonic() + 5, 0
    while time.monotonic() < ends:
        house.supervisor.look()
        if time.monotonic() >= blow_at:
            dice.choice(blows(house))()
            blow_at, count = time.monotonic() + BETWEEN, count + 1
        if not kept[-1].dispatches.filter(state="queued").exists():
            kept.append(house.to_all(f"Soak {len(kept)}"))
        gauges.read(WARM)
        time.sleep(0.5)
    house.delete("/sandbox/faults")
    found = settle_all(house, kept)
    tally.keep(f"F24 {MINUTES:g} minutes of blows, Kaizala faulty", count, found)
    tally.NOTES.extend(gauges.lines())
    assert found.broken_promises == {}
    assert found.sent + found.unknown + found.failed == found.people
    still_hears(house)
    if MINUTES >= LEAST_TO_JUDGE:
        nothing_grew(gauges)


def settle_all(house: FaultHouse, kept: list[Broadcast]) -> tally.Count:
    """Dead workers' leases run out by themselves; what was paused by a burst of failures goes on."""
    ends, found = time.monotonic() + 300, tally.Count()
    while time.monotonic() < ends and not all(over(broadcast) for broadcast in kept):
        house.supervisor.look()
        rouse(kept)
        time.sleep(0.5)
    for broadcast in kept:
        found += house.count(broadcast)
    return found


def rouse(kept: list[Broadcast]) -> None:
    """A broadcast whose calls failed in a burst waits for a person, who says: go on."""
    from messaging import services

    for broadcast in Broadcast.objects.filter(pk__in=[one.pk for one in kept], state="paused"):
        services.resume(broadcast, None)


def still_hears(house: FaultHouse) -> None:
    """No process is deaf: the next broadcast goes out, and every process is alive."""
    Connector.objects.update(calls_per_minute=6_000)
    house.post("/sandbox/budgets", connectorPerMinute=6_000, tenantPerMinute=18_000)
    found = house.settled(house.to_all("After all that"), 120)
    assert (found.sent, found.broken_promises) == (found.people, {})
    house.wait(house.supervisor.children["worker"].spec.is_ready, 60)


def nothing_grew(gauges: Gauges) -> None:
    for name, samples in gauges.memory.items():
        before, after = halves(samples)
        assert after < before * MOST_GROWTH + MORE_MB, f"{name}: {before:.0f} MB, then {after:.0f} MB"
        few, many = halves(gauges.files[name])
        assert many <= few + MORE_FILES, f"{name}: {few:.0f} open files, then {many:.0f}"
    assert connection.vendor != "sqlite" or gauges.wal < MOST_WAL
