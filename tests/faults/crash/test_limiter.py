"""F10: eight processes, four connectors of one tenant, and a sandbox that counts in sliding windows."""

import time
from collections import Counter
from collections.abc import Iterator
from functools import partial

import pytest

from kaizala_admin.connectors import call_log, limiter
from kaizala_admin.connectors.budgets import HEADROOM
from kaizala_admin.connectors.clients import client_for
from kaizala_admin.connectors.models import Bucket, Connector, Grant
from tests.faults.crash import forks
from tests.faults.harness import FaultHouse, public
from tests.faults.sizes import EVERYTHING, SIZES
from tests.flows.house import BUDGETS

PROCESSES, CONNECTORS = 8, 4
OF_CONNECTOR, OF_TENANT = 100, 300  # calls a minute
SHORTEST_WAIT = 0.05  # seconds: as often as the dispatcher asks, and no more
# Of an even share. The processes race for permits, some 24 calls each in twenty seconds: too few to judge, so
# the small run asks only that nobody starves. In the house one dispatcher hands permits out in turn, and
# tests/outbox/test_outbox_granting.py holds it to that.
FAIR = 0.8 if EVERYTHING else 0.25


@pytest.fixture
def four(house: FaultHouse, connector: Connector) -> Iterator[list[Connector]]:
    """Four connectors of one tenant with Kaizala's own budgets, each with a good token."""
    made = house.post("/sandbox/connectors", callsPerMinute=OF_CONNECTOR, count=CONNECTORS)["connectors"]
    house.post("/sandbox/budgets", connectorPerMinute=OF_CONNECTOR, tenantPerMinute=OF_TENANT)
    connector.tenant.calls_per_minute = OF_TENANT
    connector.tenant.save()
    ours = [_connector(connector, known, number) for number, known in enumerate(made)]
    for one in ours:
        client_for(one.grants.get())
    Bucket.objects.all().delete()
    house.delete("/sandbox/calls")
    yield ours
    call_log.flush()
    Grant.objects.exclude(connector=connector).delete()
    Connector.objects.exclude(pk=connector.pk).delete()
    connector.tenant.calls_per_minute = BUDGETS.tenant
    connector.tenant.save()


def _connector(like: Connector, known: dict[str, object], number: int) -> Connector:
    tokens = known["refreshTokens"]
    assert isinstance(tokens, list)
    made = Connector.objects.create(
        tenant=like.tenant,
        name=f"Number {number}",
        api_root=like.api_root,
        calls_per_minute=OF_CONNECTOR,
        application_id=str(known["applicationId"]),
        application_secret=str(known["applicationSecret"]),
    )
    Grant.objects.create(connector=made, name="All", refresh_token=tokens[0]["refreshToken"])
    return made


def test_eight_processes_use_the_budget_and_never_see_a_429(house: FaultHouse, four: list[Connector]) -> None:
    group_id, ends = public(3).group_id, time.monotonic() + SIZES.limiter_seconds

    def work(number: int) -> None:
        mine = four[number % CONNECTORS]
        client = client_for(mine.grants.select_related("connector__tenant").get())
        while time.monotonic() < ends:
            permit = limiter.take(mine.pk)
            if permit.calls:
                client.fetch_group(group_id)
            else:
                time.sleep(min(max(permit.wait, SHORTEST_WAIT), 0.5))

    children = [forks.fork(partial(work, number)) for number in range(PROCESSES)]
    assert [forks.ending(child) for child in children] == [0] * PROCESSES
    calls = house.get("/sandbox/calls")
    assert calls["throttled"] == 0
    allowed = HEADROOM * OF_TENANT * SIZES.limiter_seconds / 60
    assert calls["total"] >= 0.9 * allowed
    recent = house.get("/sandbox/calls/recent", limit=500)
    shares = Counter(_name(call["headers"], "accessToken") for call in recent)
    assert len(shares) == CONNECTORS
    assert min(shares.values()) >= FAIR * sum(shares.values()) / CONNECTORS


def _name(headers: dict[str, str], wanted: str) -> str:
    return next(value for name, value in headers.items() if name.lower() == wanted.lower())
