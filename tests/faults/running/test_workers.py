"""F1, F22 and a deploy: workers that are killed and workers that are told to end (and see test_grace.py)."""

import time

from messaging.models import Broadcast
from tests.faults import tally
from tests.faults.harness import FaultHouse, chance
from tests.faults.sizes import SIZES


def sent(broadcast: Broadcast) -> int:
    return broadcast.dispatches.filter(state="sent").count()


def some_more(house: FaultHouse, broadcast: Broadcast, more: int) -> None:
    """Waits until the workers are at it: so many further calls were answered."""
    before = sent(broadcast)
    house.wait(lambda: sent(broadcast) >= before + more or not waiting(broadcast))


def waiting(broadcast: Broadcast) -> bool:
    return broadcast.dispatches.filter(state__in=["queued", "sending"]).exists()


def test_killing_the_worker_again_and_again_doubles_and_loses_nobody(house: FaultHouse) -> None:
    house.fault("cut-after", probability=0.03)
    house.fault("cut-before", probability=0.03)
    house.fault("error-after", probability=0.03)
    house.fault("throttle", probability=0.02, retryAfter="1")
    house.fault("slow", seconds=0.8)
    broadcast, dice, kills = house.to_all("Killed again and again"), chance("F1"), 0
    for _ in range(SIZES.kills):
        some_more(house, broadcast, 4)
        time.sleep(dice.uniform(0, 0.4))
        kills += waiting(broadcast)
        house.kill("worker")
        house.two_minutes_pass()
        house.supervisor.children["worker"].start()
    assert house.struck() > SIZES.kills
    house.delete("/sandbox/faults")
    found = house.settled(broadcast)
    tally.keep("F1  kill -9 of the worker, Kaizala faulty", kills, found)
    assert kills == SIZES.kills
    assert found.broken_promises == {}
    assert found.failed == 0
    assert found.sent + found.unknown == found.people


def test_a_deploy_in_the_middle_leaves_nothing_in_doubt(house: FaultHouse) -> None:
    house.fault("slow", seconds=0.5)
    broadcast, deploys = house.to_all("New code"), 0
    for _ in range(SIZES.deploys):
        some_more(house, broadcast, 4)
        deploys += waiting(broadcast)
        house.supervisor.restart("worker")
        house.supervisor.restart("dispatcher")
    found = house.settled(broadcast)
    tally.keep("F22 SIGTERM of worker and dispatcher under load", deploys, found)
    assert deploys == SIZES.deploys
    assert found.broken_promises == {}
    assert found.sent == found.people
