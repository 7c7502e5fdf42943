"""F15 and F17: events come in floods, and slow clients hang on, while Kaizala's validation is answered."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import requests

from kaizala_admin.connectors.models import Connector
from kaizala_admin.webhooks.models import Event, Subscription
from tests.faults.harness import FaultHouse, chance
from tests.faults.sizes import EVERYTHING

ROOT = Path(__file__).resolve().parents[3]
FLOOD = 30_000 if EVERYTHING else 600  # F15
REPEATED = 0.3
A_SECOND = 500
SLOW = (10, 50, 200) if EVERYTHING else (50,)  # F17: more than there are threads


@pytest.fixture
def hook(connector: Connector) -> Iterator[Subscription]:
    row = Subscription(
        connector=connector,
        grant=connector.grants.get(),
        object_id="a-group-of-nobody",
        event_types=["TextMessageCreated"],
        state=Subscription.State.ACTIVE,
    )
    row.keep_digests()
    row.save()
    yield row
    row.delete()


def body(number: int) -> str:
    said = {
        "eventType": "TextMessageCreated",
        "eventId": f"flood-{number}",
        "data": {"text": f"No. {number}"},
    }
    return json.dumps(said)


def validation(house: FaultHouse, hook: Subscription) -> float:
    """Seconds until the validation is answered, and rightly."""
    began = time.monotonic()
    with requests.Session() as session:
        session.trust_env = False
        address = f"http://127.0.0.1:{house.ports.web}{hook.path}"
        answer = session.get(address, params={"validationToken": "abc"}, timeout=60)
    assert (answer.status_code, answer.text) == (200, "abc")
    return time.monotonic() - began


def test_f15_a_flood_loses_nothing_and_doubles_nothing(house: FaultHouse, hook: Subscription) -> None:
    distinct = round(FLOOD * (1 - REPEATED))
    wanted = [body(number) for number in range(distinct)]
    chosen = chance("flood")
    wanted += [chosen.choice(wanted) for _ in range(FLOOD - distinct)]
    chosen.shuffle(wanted)
    asked = {
        "port": house.ports.web,
        "path": hook.path,
        "headers": {"kz-callback-token": hook.callback_token},
        "connections": 8,
        "bodies": wanted,
        "a_second": A_SECOND if EVERYTHING else 0,
    }
    command = [sys.executable, "-m", "benchmarks.knock"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as flood:
        assert flood.stdin is not None
        assert flood.stdout is not None
        flood.stdin.write(json.dumps(asked))
        flood.stdin.close()
        meanwhile = [validation(house, hook) for _ in range(5)]
        told: dict[str, Any] = json.loads(flood.stdout.read())
    assert told["wrong"] == 0
    assert Event.objects.filter(subscription=hook).count() == distinct
    house.wait(lambda: not Event.objects.filter(subscription=hook, state="waiting").exists(), 120)
    assert set(Event.objects.filter(subscription=hook).values_list("state", flat=True)) == {"done"}
    if EVERYTHING:
        seconds = sorted(told["seconds"])
        assert seconds[int(len(seconds) * 0.99)] < 0.25
        assert max(meanwhile) < 1


@pytest.mark.parametrize("clients", SLOW)
def test_f17_slow_clients_do_not_stop_the_validation(
    house: FaultHouse, hook: Subscription, clients: int
) -> None:
    head = f"POST {hook.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 500\r\n".encode()
    with ExitStack() as stack:
        for number in range(clients):
            line = stack.enter_context(socket.create_connection(("127.0.0.1", house.ports.web)))
            line.sendall(head[: 20 + number] if number % 2 else head + b"\r\n{")
        assert validation(house, hook) < 5
