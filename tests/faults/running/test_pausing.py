"""F20 on a crowd: paused and resumed at random moments of its way, each person is reached exactly once."""

import time
from collections.abc import Iterator

import pytest

from kaizala_admin.connectors.models import Connector
from messaging import services
from tests.faults import tally
from tests.faults.harness import FaultHouse, chance, public
from tests.faults.running.test_workers import sent
from tests.faults.sizes import EVERYTHING, SIZES

CALLS = 1_000  # at most, whatever the crowd


@pytest.fixture
def crowd(house: FaultHouse) -> Iterator[FaultHouse]:
    """A house with enough people; the others find theirs as they left it."""
    grown = SIZES.crowd > SIZES.people
    if grown:
        house.settle(SIZES.crowd)
    yield house
    if grown:
        house.settle(SIZES.people)
        house.tidy()


def test_pauses_at_random_moments_reach_each_person_exactly_once(crowd: FaultHouse) -> None:
    Connector.objects.update(batch_size=max(1, public().subscriber_count // CALLS))
    crowd.fault("slow", seconds=0.2 if EVERYTHING else 0.1)
    broadcast, dice, pauses = crowd.to_all("Now and then"), chance("crowd"), 0
    last = broadcast.dispatch_count * 4 // 5  # what is left after it takes longer than a press does
    moments = sorted(dice.sample(range(last), SIZES.moments))
    for moment in moments:
        crowd.wait(lambda: sent(broadcast) >= moment, 60 + broadcast.dispatch_count / 10)  # noqa: B023
        if not services.pause(broadcast, None):
            break
        time.sleep(dice.uniform(0, 0.2))
        assert services.resume(broadcast, None) is True
        pauses += 1
    crowd.delete("/sandbox/faults")
    found = crowd.settled(broadcast)
    tally.keep("F20 paused and resumed at random moments", pauses, found)
    assert (
        pauses == SIZES.moments or not EVERYTHING
    )  # a small one may be over sooner than a busy machine looks
    assert pauses > SIZES.moments // 2
    numbers = broadcast.deliveries.values_list("mobile_number", flat=True)
    assert len(set(numbers)) == len(numbers) == broadcast.people == public().subscriber_count
    assert (found.sent, found.copies, found.broken_promises) == (found.people, 1, {})
