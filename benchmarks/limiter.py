"""Four processes, a sandbox that counts in windows that slide, and budgets ten times Kaizala's."""

import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from benchmarks.ground import Ground
from benchmarks.house import BenchHouse
from benchmarks.measure import Line, percent
from kaizala_admin.connectors import call_log, limiter
from kaizala_admin.connectors.clients import client_for
from kaizala_admin.connectors.models import Bucket, Connector, Grant
from kaizala_admin.embedded.children import Budgets
from tests.faults.crash import forks

PROCESSES = 4
TENFOLD = Budgets(connector=1_000, tenant=3_000)  # calls a minute
USED, FAIR = 0.93, 0.8
LOOK_EVERY = 0.01  # seconds


def measure(ground: Ground) -> Iterator[Line]:
    """First one connector for all processes, then a connector of the same tenant for each."""
    house = ground.house()
    connector = house.settle_in(300)
    house.allow(TENFOLD)
    group_id = house.get("/sandbox/state")["groups"][0]["groupId"]
    seconds, full = ground.size.limiter_seconds, ground.size.is_full
    for what, connectors, budget in (
        ("one connector", [connector] * PROCESSES, TENFOLD.connector),
        ("a tenant with four connectors", _four(house, connector), TENFOLD.tenant),
    ):
        shares, throttled = _run(house, connectors, group_id, seconds, ground.folder)
        allowed = budget * seconds / 60
        used = sum(shares) / allowed
        yield Line(
            f"calls, {what}",
            f"{sum(shares):,}",
            f"{allowed:,.0f}",
            percent(used),
            "93 % of the budget",
            used >= USED if full else None,
        )
        yield Line(f"429 seen, {what}", f"{throttled}", "0", "", "none", throttled == 0)
    least = min(shares) / (sum(shares) / PROCESSES)
    fair = least >= FAIR if full else None
    yield Line(
        "the connector with the least",
        f"{min(shares):,}",
        f"{sum(shares) / 4:,.0f}",
        percent(least),
        "80 % of its fair share",
        fair,
    )


def _run(
    house: BenchHouse, connectors: Sequence[Connector], group_id: str, seconds: int, folder: Path
) -> tuple[list[int], int]:
    """Calls by process, as the sandbox accepted them, and how many it refused."""
    for connector in connectors:
        client_for(connector.grants.select_related("connector__tenant").get())
    Bucket.objects.all().delete()
    house.allow(TENFOLD)
    house.delete("/sandbox/calls")
    ends = time.monotonic() + seconds

    def work(number: int) -> None:
        mine, calls = connectors[number], 0
        client = client_for(mine.grants.select_related("connector__tenant").get())
        while time.monotonic() < ends:
            permit = limiter.take(mine.pk)
            if permit.calls:
                client.fetch_group(group_id)
                calls += 1
            else:
                time.sleep(min(max(permit.wait, LOOK_EVERY), 0.5))
        call_log.flush()
        (folder / f"share-{number}").write_text(str(calls))

    children = [forks.fork(partial(work, number)) for number in range(PROCESSES)]
    ended = [forks.ending(child) for child in children]
    if any(ended):
        raise RuntimeError(f"a process ended with {ended}")
    shares = [int((folder / f"share-{number}").read_text()) for number in range(PROCESSES)]
    calls = house.get("/sandbox/calls")  # the house's own clock makes a few of its own beside these
    came = calls["byOperation"].get("fetch_group", {"total": 0})["total"]
    if came != sum(shares):
        raise RuntimeError(f"{came} calls came, {sum(shares)} were made")
    return shares, int(calls["throttled"])


def _four(house: BenchHouse, like: Connector) -> list[Connector]:
    made = house.post("/sandbox/connectors", callsPerMinute=TENFOLD.connector, count=PROCESSES)
    return [_connector(like, known, number) for number, known in enumerate(made["connectors"])]


def _connector(like: Connector, known: dict[str, str], number: int) -> Connector:
    connector = Connector.objects.create(
        tenant=like.tenant,
        name=f"Number {number}",
        api_root=like.api_root,
        calls_per_minute=TENFOLD.connector,
        application_id=known["applicationId"],
        application_secret=known["applicationSecret"],
    )
    token = next(iter(known["refreshTokens"]))
    Grant.objects.create(connector=connector, name="All", refresh_token=token["refreshToken"])  # type: ignore[index]
    return connector
