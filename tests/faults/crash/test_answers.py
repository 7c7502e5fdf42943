"""F14: every odd answer that a network can give, and what becomes of the people behind it."""

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone

from kaizala_admin.connectors.models import Connector, Grant
from kaizala_admin.outbox import pump
from messaging.models import Broadcast
from tests.faults import tally
from tests.faults.crash import forks
from tests.faults.harness import FaultHouse, permit, public, work_off
from tests.faults.sizes import EVERYTHING, SIZES

# What the sandbox does, the state that follows, and whether the phones have it.
ANSWERS: list[tuple[str, dict[str, Any], str, bool]] = [
    ("an answer slower than the time-out", {"kind": "hang-after", "seconds": 3}, "unknown", True),
    ("a request that is never taken", {"kind": "slow", "seconds": 3}, "unknown", True),
    ("cut before the call", {"kind": "cut-before"}, "unknown", False),
    ("cut after the call", {"kind": "cut-after"}, "unknown", True),
    ("half an answer", {"kind": "half"}, "unknown", True),
    ("a web page with 200", {"kind": "html", "status": 200}, "unknown", False),
    ("a web page with 502", {"kind": "html", "status": 502}, "unknown", False),
    ("500 after the call", {"kind": "error-after", "status": 500}, "unknown", True),
    ("500 instead of the call", {"kind": "error-before", "status": 500}, "unknown", False),
    ("503 after the call", {"kind": "error-after", "status": 503}, "unknown", True),
    ("400", {"kind": "error-before", "status": 400}, "failed", False),
    ("403", {"kind": "error-before", "status": 403}, "failed", False),
    ("308 to where it is", {"kind": "moved"}, "sent", True),
    ("a slow answer in time", {"kind": "slow", "seconds": 0.3}, "sent", True),
]


@pytest.mark.parametrize(("what", "fault", "state", "arrives"), ANSWERS, ids=[one[0] for one in ANSWERS])
def test_an_odd_answer_is_read_for_what_it_is(
    house: FaultHouse, connector: Connector, what: str, fault: dict[str, Any], state: str, arrives: bool
) -> None:
    Connector.objects.update(batch_size=50)
    found = tally.Count()
    for number in range(SIZES.odd_answers):
        house.fault(**fault, times=1)
        broadcast = house.to_all(f"{what} {number}", public(3))
        with override_settings(KAIZALA_READ_TIMEOUT=1.0):
            work_off(connector)
        assert house.struck() == 1
        house.delete("/sandbox/faults")
        if fault.get("seconds", 0) > 1:
            house.wait(partial(arrived, house, broadcast))
        outcome = house.count(broadcast)
        assert broadcast.dispatches.get().state == state
        assert (outcome.copies, outcome.broken_promises) == (int(arrives), {})
        found += outcome
    tally.keep(f"F14 {what}", SIZES.odd_answers, found)


JUST_IN_TIME = 29.0 if EVERYTHING else 0.5  # seconds
TIME_OUT = 45.0  # seconds: 30, and what a busy machine adds


def test_an_answer_just_before_the_time_out_is_an_answer(house: FaultHouse, connector: Connector) -> None:
    """All at once, each in a worker of its own."""
    Connector.objects.update(batch_size=50)
    sent = [house.to_all(f"Slow {number}", public(3)) for number in range(SIZES.odd_answers)]
    permit([row for broadcast in sent for row in broadcast.dispatches.all()], seconds=60)
    house.fault("slow", seconds=JUST_IN_TIME)
    begun = time.monotonic()
    with override_settings(KAIZALA_READ_TIMEOUT=TIME_OUT):
        children = [forks.fork(partial(pump.pump, connector.pk)) for _ in sent]
    assert [forks.ending(child) for child in children] == [0] * len(sent)
    assert time.monotonic() - begun >= JUST_IN_TIME
    assert house.struck() == len(sent)
    found = sum([house.count(broadcast) for broadcast in sent], tally.Count())
    tally.keep(f"F14 an answer after {JUST_IN_TIME:.0f} s", len(sent), found)
    assert (found.sent, found.copies, found.broken_promises) == (found.people, 1, {})


def arrived(house: FaultHouse, broadcast: Broadcast) -> bool:
    return house.count(broadcast).copies > 0


@contextmanager
def rude_server(answer: bytes, *, reset: bool = False) -> Iterator[int]:
    """Takes a connection, reads what comes and answers `answer`, whatever was asked. Yields its port.

    With `reset` it ends with a TCP reset, not with an orderly close.
    """
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    line, _ = server.accept()
                except OSError:
                    return
                with line:
                    line.recv(65_536)
                    line.sendall(answer)
                    if reset:
                        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def elsewhere(house: FaultHouse, connector: Connector, root: str, text: str) -> Broadcast:
    """A broadcast whose endpoint is `root`; once nothing is due, the endpoint is what it was."""
    before = (connector.api_root, Grant.objects.values_list("endpoint_url", flat=True).get())
    Connector.objects.update(batch_size=50, api_root=root)
    Grant.objects.update(endpoint_url=root)
    broadcast = house.to_all(text, public(3))
    work_off(connector, most=2)
    Connector.objects.update(api_root=before[0])
    Grant.objects.update(endpoint_url=before[1])
    return broadcast


def sent_later(connector: Connector, broadcast: Broadcast) -> bool:
    """The wait of the row is over, and the next round comes."""
    broadcast.dispatches.filter(state="queued").update(not_before=timezone.now())
    work_off(connector)
    return broadcast.dispatches.get().state == "sent"


@pytest.mark.parametrize(
    ("what", "root"),
    [
        ("a name that does not resolve", "https://nowhere.invalid/"),
        ("nobody listens", "http://127.0.0.1:9/"),
    ],
)
def test_what_was_surely_not_sent_waits_and_is_sent_later(
    house: FaultHouse, connector: Connector, what: str, root: str
) -> None:
    found = tally.Count()
    for number in range(SIZES.odd_answers):
        broadcast = elsewhere(house, connector, root, f"{what} {number}")
        row = broadcast.dispatches.get()
        assert (row.state, house.count(broadcast).copies) == ("queued", 0)
        assert sent_later(connector, broadcast)
        found += house.count(broadcast)
    tally.keep(f"F14 {what}", SIZES.odd_answers, found)
    assert (found.sent, found.broken_promises) == (found.people, {})


def test_a_line_that_speaks_no_tls_was_surely_not_sent(house: FaultHouse, connector: Connector) -> None:
    found = tally.Count()
    with rude_server(b"SSH-2.0-nonsense\r\n") as port:
        for number in range(SIZES.odd_answers):
            broadcast = elsewhere(house, connector, f"https://127.0.0.1:{port}/", f"no TLS {number}")
            row = broadcast.dispatches.get()
            assert (row.state, row.reason) == ("queued", "not_sent")
            assert sent_later(connector, broadcast)
            found += house.count(broadcast)
    tally.keep("F14 no TLS on the line", SIZES.odd_answers, found)
    assert (found.sent, found.broken_promises) == (found.people, {})


def http(body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Connection: close\r\n\r\n".encode() + body


STRANGE: list[tuple[str, bytes, bool]] = [
    ("an answer that is not HTTP", b"220 mail.example ESMTP\r\n", False),
    ("JSON that is none", http(b'{"referenceId": '), False),
    ("a reset of the connection", b"", True),
]
if EVERYTHING:
    STRANGE += [
        ("JSON of another shape", http(b'[["referenceId"]]'), False),
        ("a reset in the middle of the answer", http(b'{"referenceId": "1"}')[:60], True),
    ]


@pytest.mark.parametrize(("what", "answer", "reset"), STRANGE, ids=[one[0] for one in STRANGE])
def test_an_answer_that_nobody_can_read_leaves_a_doubt(
    house: FaultHouse, connector: Connector, what: str, answer: bytes, reset: bool
) -> None:
    found = tally.Count()
    with rude_server(answer, reset=reset) as port:
        for number in range(SIZES.odd_answers):
            broadcast = elsewhere(house, connector, f"http://127.0.0.1:{port}/", f"{what} {number}")
            found += house.count(broadcast)
    tally.keep(f"F14 {what}", SIZES.odd_answers, found)
    assert (found.unknown, found.copies, found.broken_promises) == (found.people, 0, {})
