"""F11: Kaizala asks for a long rest. The connector rests, nobody waits for it, and no attempt is counted."""

import time
from collections.abc import Callable
from email.utils import formatdate

import pytest
from django.utils import timezone

from kaizala_admin.connectors import clock, limiter
from kaizala_admin.connectors.models import Bucket, Connector
from kaizala_admin.outbox import pump
from tests.faults import tally
from tests.faults.harness import FaultHouse, permit, public, work_off
from tests.faults.sizes import EVERYTHING, SIZES

# Retry-After, and the seconds of the pause; without a time that can be read it is a minute (contract 1.7).
PAUSES: list[tuple[str, Callable[[], str], float]] = [
    ("120", lambda: "120", 120.0),
]
if EVERYTHING:
    PAUSES += [
        ("30", lambda: "30", 30.0),
        ("a date", lambda: formatdate(time.time() + 90, usegmt=True), 90.0),
        ("absent", lambda: "", 60.0),
        ("garbage", lambda: "soon", 60.0),
    ]
ROUGH = 12.0  # seconds that a busy machine may lose in one round; a pause that is not kept is 30 s off


@pytest.mark.parametrize(("what", "header", "pause"), PAUSES, ids=[one[0] for one in PAUSES])
def test_a_long_pause_holds_the_connector_and_no_worker(
    house: FaultHouse, connector: Connector, what: str, header: Callable[[], str], pause: float
) -> None:
    Connector.objects.update(batch_size=50)
    broadcast = house.to_all(f"A long rest {what}", public(3))
    row = broadcast.dispatches.get()
    for number in range(1, SIZES.storms + 1):
        house.fault("throttle", retryAfter=header(), times=1)
        permit([row])
        begun = time.monotonic()
        assert pump.pump(connector.pk) == 1
        left = Bucket.objects.get(pk=limiter.connector_key(connector.pk)).paused_until - clock.epoch()
        assert time.monotonic() - begun < ROUGH  # it came back: nobody sleeps in the worker's place
        assert pause - ROUGH < left <= pause + 1
        row.refresh_from_db()
        assert (row.state, row.attempts, row.permits) == ("queued", 0, 0)
        broadcast.dispatches.update(not_before=timezone.now())  # the row's own wait is over before the rest
        work_off(connector, most=0.2)
        assert house.get("/sandbox/calls")["throttled"] == number
        assert house.count(broadcast).copies == 0
        Bucket.objects.update(paused_until=0)
    found_at = house.get("/sandbox/calls")["byOperation"]["send_message_to_subscribers"]["total"]
    assert (found_at, house.struck()) == (SIZES.storms, SIZES.storms)
    work_off(connector)
    found = house.count(broadcast)
    tally.keep(f"F11 a rest of {pause:.0f} s: Retry-After {what}", SIZES.storms, found)
    assert (found.sent, found.copies, found.broken_promises) == (found.people, 1, {})
    assert broadcast.dispatches.get().attempts == 1
