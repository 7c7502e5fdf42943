"""A broadcast of many calls through the whole house, against a bare loop with the same payloads."""

import itertools
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import requests

from benchmarks.ground import Ground
from benchmarks.house import ACTIVE, THREADS, BenchHouse
from benchmarks.measure import Line, in_turn, percent
from groups.models import Group, Subscriber
from kaizala_admin.connectors import limiter
from kaizala_admin.connectors.models import Bucket, Connector
from kaizala_admin.outbox.nudges import nudge
from messaging.models import Broadcast

SHARE = 0.8  # of all people follow the largest group
LATENCIES = ((0.05, 0.8), (0.0, 0.5))  # seconds, and the part of the bare loop's rate to reach
_numbers = itertools.count(1)


def measure(ground: Ground) -> Iterator[Line]:
    """Calls a second from the moment that the line is open until the last row is settled."""
    house, size = ground.house(), ground.size
    connector = house.settle_in(round(size.dispatches / SHARE))
    house.sync(connector)
    Connector.objects.update(batch_size=1)
    group = Group.objects.filter(group_type="ConnectGroup").order_by("-subscriber_count", "pk")[0]
    access = house.bare_access()
    for latency, bar in LATENCIES:
        house.delete("/sandbox/faults")
        if latency:
            house.post("/sandbox/faults", operation="*", kind="slow", seconds=latency)
        bare, ours = in_turn(partial(_bare, house, group, access), partial(_ours, house, group), size.rounds)
        yield Line(
            f"calls, {latency * 1000:.0f} ms latency, {THREADS} threads",
            f"{ours:,.0f}/s",
            f"{bare:,.0f}/s",
            percent(ours / bare),
            f"{bar:.0%} of a bare loop's rate",
            ours / bare >= bar if size.is_full else None,
        )
    house.delete("/sandbox/faults")


def _bare(house: BenchHouse, group: Group, access: str) -> float:
    """Calls a second of a plain loop over a pooled session, without any database."""
    text = f"A bare loop, {next(_numbers)}"
    numbers = list(Subscriber.objects.filter(group=group).values_list("mobile_number", flat=True))
    session = requests.Session()
    session.trust_env = False
    session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=THREADS))
    url = f"{house.sandbox_url}/v1/groups/{group.group_id}/messages"

    def send(number: str) -> None:
        body = {"message": text, "subscribers": [number]}
        session.post(url, json=body, headers={"accessToken": access}, timeout=30).raise_for_status()

    begun = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(send, numbers))
    taken = time.perf_counter() - begun
    _see_all_arrived(house, text, len(numbers))
    return len(numbers) / taken


def _ours(house: BenchHouse, group: Group) -> float:
    """The same through dispatcher, broker, worker, ledger and call log."""
    text = f"Through the house, {next(_numbers)}"
    connector = Connector.objects.get()
    limiter.pause(connector.pk, 600)
    broadcast = house.send("public", [group], text)
    Bucket.objects.all().delete()
    begun = time.perf_counter()
    nudge([connector.pk])
    house.wait(lambda: not broadcast.dispatches.filter(state__in=ACTIVE).exists(), 300)
    taken = time.perf_counter() - begun
    rows = Broadcast.objects.get(pk=broadcast.pk).dispatch_count
    _see_all_arrived(house, text, rows)
    return rows / taken


def _see_all_arrived(house: BenchHouse, text: str, wanted: int) -> None:
    """A rate of messages that did not arrive, or came twice, would mean nothing."""
    came = house.get("/sandbox/ledger/summary", text=text)
    if (came["deliveries"], came["copiesMax"]) != (wanted, 1):
        raise RuntimeError(f"{wanted} people, and the phones have {came}")
