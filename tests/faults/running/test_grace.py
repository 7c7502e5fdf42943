"""F22: who makes calls and is told to end: killed before it has, and given the time that its calls take."""

import time

from kaizala_admin.connectors import clock
from kaizala_admin.connectors.models import Heartbeat
from tests.faults import tally
from tests.faults.harness import FaultHouse
from tests.faults.running.test_broker import bells_of
from tests.faults.running.test_leaders import under_way
from tests.faults.running.test_workers import some_more, waiting
from tests.faults.sizes import SIZES
from tests.flows.house import THREADS


def test_a_worker_that_is_killed_while_it_ends_leaves_in_doubt_only_what_it_had_in_hand(
    house: FaultHouse,
) -> None:
    """The grace is over before the calls are: what the machine does to a worker that takes too long."""
    broadcast, in_hand, kills = house.to_all("Too slow to end"), 0, 0
    dispatcher, worker = house.supervisor.children["dispatcher"], house.supervisor.children["worker"]
    for _ in range(SIZES.deploys):
        house.fault("slow", seconds=4.5)  # the house gives up after 5
        house.wait(lambda: under_way(broadcast))
        dispatcher.ask_to_stop()  # as the supervisor does: first who hands out work (and lends a hand itself)
        house.wait(lambda: not dispatcher.alive)
        worker.ask_to_stop()
        time.sleep(0.3)
        house.kill("worker")
        assert under_way(broadcast) <= THREADS
        in_hand, kills = in_hand + under_way(broadcast), kills + 1
        house.two_minutes_pass()
        house.delete("/sandbox/faults")
        dispatcher.start()
        worker.start()
        if kills < SIZES.deploys:
            some_more(house, broadcast, 4)
    found = house.settled(broadcast)
    tally.keep("F22 SIGTERM, then kill -9 before the calls have ended", kills, found)
    assert 0 < found.unknown == in_hand
    assert (found.copies, found.broken_promises) == (1, {})
    assert found.sent + found.unknown == found.people


def test_a_dispatcher_that_is_told_to_stop_finishes_the_calls_that_it_makes_itself(house: FaultHouse) -> None:
    """No worker hears its bells, and the answers take longer than any other program may take to stop."""
    dispatcher = house.supervisor.children["dispatcher"]
    usual = dispatcher.environment["KAIZALA_READ_TIMEOUT"]
    house.kill("broker")
    try:
        dispatcher.environment["KAIZALA_READ_TIMEOUT"] = "30"
        house.supervisor.restart("dispatcher")
        house.fault("slow", seconds=14)
        broadcast = house.to_all("Slow, and nobody hears the bell")
        house.wait(lambda: under_way(broadcast))
        house.supervisor.restart("dispatcher")
        assert house.struck() > 0
        house.delete("/sandbox/faults")
        found = house.settled(broadcast)
    finally:
        dispatcher.environment["KAIZALA_READ_TIMEOUT"] = usual
        house.supervisor.restart("dispatcher")
    tally.keep("F22 SIGTERM of a dispatcher that makes slow calls itself", 1, found)
    assert (found.sent, found.broken_promises) == (found.people, {})


def test_a_worker_that_is_busy_with_slow_answers_and_many_bells_is_not_taken_for_deaf(
    house: FaultHouse,
) -> None:
    """Long enough for a supervisor to look twice, were it silent all that time."""
    worker = house.supervisor.children["worker"]
    house.fault("slow", seconds=4.5)
    broadcast = house.to_all("As slow as can be")
    bells, connector_id = bells_of(house), broadcast.dispatches.values_list("connector_id", flat=True)[0]
    for _ in range(200):
        bells.send_task("outbox.pump", args=[connector_id])
    ends, oldest = time.monotonic() + 75, {worker.sign: 0.0, "sweep": 0.0}
    while time.monotonic() < ends:
        time.sleep(1)
        for name, at in Heartbeat.objects.filter(name__in=oldest).values_list("name", "seen_at"):
            oldest[name] = max(oldest[name], (clock.now() - at).total_seconds())
    assert waiting(broadcast)
    house.delete("/sandbox/faults")
    assert 0 < oldest[worker.sign] < 20
    assert oldest["sweep"] < 50  # every thread may be calling until its run is over
    assert house.settled(broadcast).broken_promises == {}
