"""F8: the broker hands tasks out again while they still run."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import tally
from tests.faults.harness import FaultHouse, public
from tests.flows.house import THREADS

CALL = 6.0  # seconds, three times as long as the broker waits
READ_TIMEOUT = "25"


SENDERS = ("worker", "dispatcher")  # which lends a hand when every slot of the worker is taken


@pytest.fixture
def started(house: FaultHouse, tmp_path: Path) -> Iterator[Path]:
    """Where each start of a task is noted, while the broker is impatient and Kaizala is slow."""
    children, notes = house.supervisor.children, tmp_path / "started"
    usual = {name: children[name].environment for name in SENDERS}
    notes.touch()
    other = {"KAIZALA_READ_TIMEOUT": READ_TIMEOUT, "KAIZALA_TASKS_STARTED": str(notes)}
    impatient = {"DJANGO_SETTINGS_MODULE": "tests.faults.running.impatient_settings"}
    _restart(house, {name: usual[name] | other | impatient for name in SENDERS})
    yield notes
    _restart(house, usual)


def _restart(house: FaultHouse, environments: dict[str, dict[str, str]]) -> None:
    for name, environment in environments.items():
        house.kill(name)
        house.supervisor.children[name].environment = environment
        house.start_again(name)


def test_tasks_that_come_again_while_they_run_call_once(house: FaultHouse, started: Path) -> None:
    house.fault("slow", seconds=CALL)
    broadcast = house.to_all("Six seconds", public(2))
    found = house.settled(broadcast, 120 + broadcast.people / THREADS * CALL * 2)
    assert house.struck() == found.people
    starts = Counter(line for line in started.read_text().splitlines() if line.startswith("outbox.pump "))
    again = sum(times - 1 for times in starts.values())
    tally.keep(f"F8  the same task again while it runs: {again} times", found.people, found)
    assert again > 0
    assert found.people >= 50
    assert (found.sent, found.copies, found.broken_promises) == (found.people, 1, {})
