"""F3, F4, F6, F7: a broker that dies, forgets, was never there, loses bells or rings them many times."""

import time
from datetime import timedelta

import pytest
import redis
from celery import Celery
from django.utils import timezone

from kaizala_admin.connectors.models import ApiCall, Connector
from kaizala_admin.outbox.models import Attempt, State
from kaizala_admin.outbox.nudges import QUEUE
from messaging.models import Broadcast
from tests.faults import tally
from tests.faults.harness import FaultHouse
from tests.faults.running.test_workers import some_more, waiting
from tests.faults.sizes import EVERYTHING, SIZES

BACK_WITHIN = 15.0 if EVERYTHING else 45.0  # seconds; in the small run others use the machine too


def line_to(house: FaultHouse) -> redis.Redis:
    return redis.Redis(unix_socket_path=str(house.socket), socket_timeout=5)


def bells_of(house: FaultHouse) -> Celery:
    """This process's own settings know no broker: what `delay` rings here, nobody hears."""
    bells = Celery("bells", broker=f"redis+socket://{house.socket}", set_as_current=False)
    bells.conf.broker_transport_options = {"global_keyprefix": "kza:"}
    return bells


def test_the_worker_outlives_every_absence_of_the_broker(house: FaultHouse) -> None:
    worker = house.supervisor.children["worker"]
    process = worker.process
    house.fault("slow", seconds=0.3)
    broadcast, absences = house.to_all("Gone for a while"), 0
    for _ in range(max(3, SIZES.broker_kills)):
        house.kill("broker")
        time.sleep(3)
        house.start_again("broker")
        absences += 1
        time.sleep(3)
    house.delete("/sandbox/faults")
    found = house.settled(broadcast)
    tally.keep("F3  broker away for seconds, again and again", absences, found)
    assert found.broken_promises == {}
    assert worker.alive
    assert worker.process is process
    assert house.wait(worker.spec.is_ready, BACK_WITHIN)
    assert worker_hears(house)


def goes_on_within(house: FaultHouse, broadcast: Broadcast, seconds: float) -> None:
    """A call that starts after now is answered in time; the dispatcher may have made it."""
    begun, before = time.monotonic(), broadcast.dispatches.filter(state=State.SENT).count()
    under_way = broadcast.dispatches.filter(state=State.SENDING).count()
    enough = before + under_way + 1
    house.wait(
        lambda: broadcast.dispatches.filter(state=State.SENT).count() >= enough or not waiting(broadcast),
        seconds,
    )
    assert time.monotonic() - begun < seconds


def worker_hears(house: FaultHouse) -> bool:
    """The worker, which alone does what this bell asks for, does it: a deaf one would not."""
    old = {"operation": "of long ago", "method": "GET", "path": "/", "ms": 1}
    long_ago = timezone.now() - timedelta(days=30)
    ApiCall.objects.create(connector=Connector.objects.get(), at=long_ago, **old)
    bells_of(house).send_task("connectors.prune_api_log")
    house.wait(lambda: not ApiCall.objects.filter(operation=old["operation"]).exists(), BACK_WITHIN)
    return True


def test_a_broker_that_is_killed_under_load_costs_seconds_and_nobody(house: FaultHouse) -> None:
    house.fault("slow", seconds=0.8)
    broadcast, kills = house.to_all("The bell is broken"), 0
    for _ in range(SIZES.broker_kills):
        some_more(house, broadcast, 4)
        kills += waiting(broadcast)
        house.kill("broker")
        time.sleep(0.5)
        house.start_again("broker")
        goes_on_within(house, broadcast, BACK_WITHIN)
    house.delete("/sandbox/faults")
    found = house.settled(broadcast)
    tally.keep("F3  kill -9 of the broker under load", kills, found)
    assert kills == SIZES.broker_kills
    assert found.broken_promises == {}
    assert found.sent == found.people
    assert worker_hears(house)


def test_a_broker_that_is_killed_while_idle_is_back_for_the_next_broadcast(house: FaultHouse) -> None:
    found = tally.Count()
    for number in range(SIZES.broker_kills):
        house.kill("broker")
        house.start_again("broker")
        found += house.settled(house.to_all(f"After a quiet night {number}"), BACK_WITHIN)
        assert worker_hears(house)
    tally.keep("F3  kill -9 of the idle broker", SIZES.broker_kills, found)
    assert found.broken_promises == {}
    assert found.sent == found.people


def test_a_broker_that_forgets_everything_loses_nobody(house: FaultHouse) -> None:
    house.fault("slow", seconds=0.5)
    broadcast, times = house.to_all("All forgotten"), 0
    for _ in range(SIZES.broker_kills):
        some_more(house, broadcast, 4)
        times += waiting(broadcast)
        line_to(house).flushall()
        goes_on_within(house, broadcast, BACK_WITHIN)
    house.delete("/sandbox/faults")
    found = house.settled(broadcast)
    tally.keep("F3  FLUSHALL under load", times, found)
    assert worker_hears(house)
    assert found.broken_promises == {}
    assert found.sent == found.people


def test_a_broker_whose_file_is_cut_short_is_back(house: FaultHouse) -> None:
    house.kill("broker")
    for path in (house.places.broker / "appendonlydir").glob("*.incr.aof"):
        with path.open("rb+") as file:
            file.truncate(max(0, path.stat().st_size - 7))
    house.start_again("broker")
    found = house.settled(house.to_all("With half a memory"), BACK_WITHIN)
    tally.keep("F3  AOF file cut short", 1, found)
    assert worker_hears(house)
    assert found.broken_promises == {}
    assert found.sent == found.people


def test_without_a_broker_the_web_answers_and_the_dispatcher_sends(house: FaultHouse) -> None:
    house.kill("broker")
    broadcast = house.to_all("No bell at all")
    begun = time.monotonic()
    answer = house.session.get(f"{house.web_url}/admin/login/", timeout=30)
    assert answer.status_code == 200
    assert time.monotonic() - begun < (0.5 if EVERYTHING else 10)  # in the small run others use the machine
    found = house.settled(broadcast)
    tally.keep("F4  no broker at all", 1, found)
    assert found.broken_promises == {}
    assert found.sent == found.people


def test_bells_that_are_never_rung_cost_a_few_seconds_and_nobody(
    house: FaultHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kaizala_admin.outbox.services.nudge", lambda _: None)
    begun = timezone.now()
    broadcast = house.to_all("Committed, never rung")
    found = house.settled(broadcast)
    tries = Attempt.objects.filter(
        row_class="messaging.dispatch", row_id__in=broadcast.dispatches.values("pk")
    )
    first = tries.order_by("started_at").values_list("started_at", flat=True)[0]
    assert (first - begun).total_seconds() < (15 if EVERYTHING else 30)  # the sweep comes every ten seconds
    tally.keep("F6  crash between commit and bell", broadcast.dispatches.count(), found)
    assert found.broken_promises == {}
    assert found.sent == found.people


def test_bells_that_ring_many_times_and_in_any_order_send_once(house: FaultHouse) -> None:
    house.fault("slow", seconds=0.1)
    broadcast = house.to_all("Ring ring ring")
    bells, rings = bells_of(house), broadcast.dispatches.count() * SIZES.copies_of_bells
    connector_id = broadcast.dispatches.values_list("connector_id", flat=True)[0]
    with bells.producer_pool.acquire(block=True) as producer:
        for _ in range(rings):
            bells.send_task("outbox.pump", args=[connector_id], producer=producer)
    found = house.settled(broadcast)
    house.wait(lambda: not line_to(house).llen(QUEUE), 900)  # each was heard, and had nothing to do
    tally.keep("F7  bells rung again", rings, house.count(broadcast))
    assert (found.sent, found.copies, found.broken_promises) == (found.people, 1, {})
    assert house.count(broadcast) == found
