"""F11, a 308 in the middle, answers that are too slow: Kaizala itself gives trouble."""

import time
from collections.abc import Callable, Iterator
from email.utils import formatdate
from functools import partial

import pytest
from django.utils import timezone

from kaizala_admin.connectors.models import Bucket, Connector, Grant
from kaizala_admin.outbox.nudges import nudge
from messaging.models import Broadcast
from tests.faults import tally
from tests.faults.harness import SEND, FaultHouse
from tests.faults.running.test_broker import bells_of
from tests.faults.running.test_workers import some_more, waiting
from tests.faults.sizes import EVERYTHING, SIZES
from tests.faults.tally import Count
from tests.flows.house import THREADS


@pytest.fixture
def elsewhere(house: FaultHouse) -> Iterator[str]:
    """The same sandbox under another name, to which the connector may be moved."""
    place = house.sandbox_url.replace("127.0.0.1", "localhost")
    Connector.objects.update(allowed_hosts=place.partition("//")[2])
    yield place
    Grant.objects.update(endpoint_url=house.sandbox_url)
    Connector.objects.update(allowed_hosts="")


def test_an_endpoint_that_moves_in_the_middle_is_followed(house: FaultHouse, elsewhere: str) -> None:
    house.fault("slow", seconds=0.3, times=40)
    broadcast = house.to_all("We have moved")
    some_more(house, broadcast, 8)
    assert waiting(broadcast)
    house.delete("/sandbox/faults")
    house.fault("moved", times=20, location=elsewhere)
    found = house.settled(broadcast)
    moves = house.struck()
    tally.keep("--  308 in the middle of a broadcast", moves, found)
    assert moves == 20
    assert (found.sent, found.broken_promises) == (found.people, {})
    assert Grant.objects.get().endpoint_url.startswith(elsewhere)
    moved_on = house.get("/sandbox/calls")["byOperation"][SEND]["total"]
    found = house.settled(house.to_all("Straight to the new place"))
    straight = house.get("/sandbox/calls")["byOperation"][SEND]["total"] - moved_on
    assert straight == found.sent == found.people


def test_answers_slower_than_the_time_out_leave_doubts_and_no_second_copy(house: FaultHouse) -> None:
    house.fault("hang-after", seconds=8, times=10)  # the house waits 5 s for an answer
    broadcast = house.to_all("Are you still there?")
    found = house.settled(broadcast)
    tally.keep("--  answers slower than the time-out", house.struck(), found)
    assert (found.unknown, found.sent) == (10, found.people - 10)
    assert (found.copies, found.broken_promises) == (1, {})


def throttled_after(house: FaultHouse, seen: int) -> bool:
    return int(house.get("/sandbox/calls")["throttled"]) > seen


def idle(house: FaultHouse) -> bool:
    """Whether every slot of the worker is free."""
    told = bells_of(house).control.inspect(timeout=1).active() or {}
    return bool(told) and not any(told.values())


MINUTE = 55.0  # seconds: without a time that can be read the pause is about a minute (contract 1.7)
STORMS: list[tuple[str, Callable[[], str], float]] = [  # Retry-After, and seconds for which nothing may come
    ("1", lambda: "1", 1.0),
    ("3", lambda: "3", 3.0),
    ("a date", lambda: formatdate(time.time() + 4, usegmt=True), 2.8),
    ("absent", lambda: "", MINUTE),
]
if EVERYTHING:
    STORMS += [
        ("30", lambda: "30", 30.0),
        ("120", lambda: "120", 120.0),
        ("garbage", lambda: "soon", MINUTE),
    ]
UNDER_WAY = 0.6  # seconds for what had left, or was let go, before the answer was read and written down
LONGEST = 3.0  # seconds that a test waits


@pytest.mark.parametrize(("what", "header", "pause"), STORMS, ids=[storm[0] for storm in STORMS])
def test_after_a_429_nothing_comes_before_its_time(
    house: FaultHouse, what: str, header: Callable[[], str], pause: float
) -> None:
    most, storms, found = SIZES.storms if pause <= LONGEST else 1, 0, Count()
    while storms < most:
        house.fault("slow", seconds=0.1)
        broadcast = house.to_all(f"After {storms} storms {what}")
        while storms < most and throttled(house, broadcast, header):
            storms += 1
            nothing_comes(house, broadcast, pause)
        house.delete("/sandbox/faults")
        found += house.settled(broadcast)
        assert set(broadcast.dispatches.values_list("attempts", flat=True)) == {1}
    tally.keep(f"F11 429 with Retry-After {what}", storms, found)
    assert (found.sent, found.broken_promises) == (found.people, {})


def throttled(house: FaultHouse, broadcast: Broadcast, header: Callable[[], str]) -> bool:
    """Whether another call of it met a 429, once the pause before was over; none does when all are sent."""
    before = house.get("/sandbox/calls")["throttled"]
    house.delete("/sandbox/faults")
    some_more(house, broadcast, 1)
    house.fault("throttle", retryAfter=header(), times=1)
    house.fault("slow", seconds=0.1)
    house.wait(lambda: throttled_after(house, before) or not waiting(broadcast))
    return throttled_after(house, before)


def nothing_comes(house: FaultHouse, broadcast: Broadcast, pause: float) -> None:
    """Until the time that was asked for; of a longer pause the database's word is taken for the rest."""
    begun = time.monotonic()
    time.sleep(UNDER_WAY)
    before = house.get("/sandbox/calls")["total"]
    time.sleep(max(0.0, min(pause, LONGEST) - (time.monotonic() - begun) - 0.1))
    late = house.get("/sandbox/calls")["total"] - before
    if time.monotonic() - begun < pause:  # or this machine was too slow to see anything
        assert late <= THREADS  # what a busy machine had on the line; a pause that nobody keeps has dozens
    if pause > LONGEST:
        house.wait(partial(idle, house), LONGEST * 3)  # long before the pause is over
        bucket = Bucket.objects.get(key__startswith="connector:")
        assert bucket.paused_until - time.time() > pause - (time.monotonic() - begun) - LONGEST
        Bucket.objects.update(paused_until=0)
        broadcast.dispatches.filter(state="queued").update(not_before=timezone.now())
        nudge(broadcast.dispatches.values_list("connector_id", flat=True))


def test_a_429_calls_back_the_permits_that_are_out(house: FaultHouse) -> None:
    house.fault("throttle", retryAfter="2", times=1)
    house.fault("slow", seconds=0.1)
    broadcast = house.to_all("Stop at once")
    house.wait(lambda: house.get("/sandbox/calls")["throttled"])
    at_once = house.get("/sandbox/calls")["total"]
    time.sleep(1)
    late = house.get("/sandbox/calls")["total"] - at_once
    assert late <= THREADS  # what was on the line already
    house.delete("/sandbox/faults")
    found = house.settled(broadcast)
    assert (found.sent, found.broken_promises) == (found.people, {})
