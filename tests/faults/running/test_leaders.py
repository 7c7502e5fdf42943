"""F9, F20 and clocks: a leader that stands still, a second one, and people who press buttons."""

import os
import signal
import time
from functools import partial

from kaizala_admin.connectors.models import Connector, Lease
from kaizala_admin.embedded import children
from kaizala_admin.embedded.children import Budgets
from messaging import services
from messaging.models import Broadcast
from tests.faults import tally
from tests.faults.harness import FaultHouse, chance
from tests.faults.running.test_workers import some_more, waiting
from tests.faults.sizes import EVERYTHING, SIZES
from tests.flows.house import THREADS

LONGEST = 240.0 if EVERYTHING else 60.0  # seconds, beside those for the people


def over(broadcast: Broadcast) -> bool:
    return not waiting(broadcast)


def test_a_leader_that_stands_still_is_replaced_and_its_late_grants_count_for_nothing(
    house: FaultHouse,
) -> None:
    leader = house.supervisor.children["dispatcher"].process
    assert leader is not None
    spec = children.dispatcher()
    house.supervisor.start(children.Spec("second", spec.command, spec.is_ready))
    try:
        if EVERYTHING:
            keep_to(house, Budgets())  # Kaizala's own: two leaders that both grant are over them at once
        house.fault("slow", seconds=0.8)
        broadcast = house.to_all("Who leads?")
        some_more(house, broadcast, 4)
        before = Lease.objects.get(pk="dispatcher")
        os.kill(leader.pid, signal.SIGSTOP)
        stopped = time.monotonic()
        house.wait(lambda: Lease.objects.get(pk="dispatcher").fence > before.fence, 60)
        house.delete("/sandbox/faults")
        assert time.monotonic() - stopped < (20 if EVERYTHING else 40)  # the lease lives for 15 s
        some_more(house, broadcast, 20 if EVERYTHING else 4)  # the other one is at it
        os.kill(leader.pid, signal.SIGCONT)
        found = house.settled(broadcast, LONGEST)
    finally:
        os.kill(leader.pid, signal.SIGCONT)
        house.supervisor.children.pop("second").kill()
    if EVERYTHING:
        assert house.get("/sandbox/calls")["throttled"] == 0
    tally.keep("F9  SIGSTOP of the leading dispatcher, two of them", 1, found)
    assert (found.sent, found.broken_promises) == (found.people, {})


def keep_to(house: FaultHouse, budgets: Budgets) -> None:
    """The sandbox counts so many calls in each minute, and the console knows."""
    house.post("/sandbox/budgets", connectorPerMinute=budgets.connector, tenantPerMinute=budgets.tenant)
    Connector.objects.update(calls_per_minute=budgets.connector, batch_size=4)


PEOPLE = 2_000 if EVERYTHING else 0  # at least, in as many broadcasts as it takes


def under_way(broadcast: Broadcast) -> int:
    return broadcast.dispatches.filter(state="sending").count()


def nothing_starts(house: FaultHouse, broadcast: Broadcast) -> None:
    """While it is paused: what was under way may arrive, and then there is quiet."""
    may_arrive = under_way(broadcast)
    at_the_pause = house.get("/sandbox/calls")["total"]
    house.wait(lambda: not under_way(broadcast))
    in_the_end = house.get("/sandbox/calls")["total"]
    time.sleep(0.5)
    assert in_the_end - at_the_pause <= may_arrive <= THREADS
    assert house.get("/sandbox/calls")["total"] == in_the_end


def test_pause_and_resume_storms_send_everything_once(house: FaultHouse) -> None:
    house.fault("slow", seconds=0.2)
    dice, presses, found = chance("F20"), 0, tally.Count()
    while presses < SIZES.presses or found.people < PEOPLE:
        broadcast, before = house.to_all(f"Fickle {found.people}"), presses
        while presses < SIZES.presses + before and waiting(broadcast):
            time.sleep(dice.uniform(0, 0.3))
            if services.pause(broadcast, None):
                nothing_starts(house, broadcast)
            time.sleep(dice.uniform(0, 0.1))
            presses += 1 + services.resume(broadcast, None)
        found += house.settled(broadcast)
        assert presses > before + 2
    tally.keep("F20 pauses and resumes while sending", presses, found)
    assert (found.sent, found.copies, found.broken_promises) == (found.people, 1, {})


def test_what_is_cancelled_in_the_middle_is_never_sent(house: FaultHouse) -> None:
    found, times = tally.Count(), 20 if EVERYTHING else 3
    for number in range(times):
        house.delete("/sandbox/faults")
        house.fault("throttle", probability=0.1, retryAfter="1")  # some come back in line meanwhile
        house.fault("slow", seconds=0.3)
        broadcast = house.to_all(f"Never mind {number}")
        some_more(house, broadcast, 4)
        services.pause(broadcast, None)
        services.resume(broadcast, None)
        assert services.cancel(Broadcast.objects.get(pk=broadcast.pk), None) is True
        house.wait(partial(over, broadcast))
        found += house.count(broadcast)
    tally.keep("F20 cancelled in the middle", times, found)
    assert found.cancelled > 0
    assert found.sent + found.cancelled == found.people
    assert (found.copies, found.broken_promises) == (1, {})
