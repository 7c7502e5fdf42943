"""F5: events come while nothing can be stored. Kaizala is told so, comes again, and each is there once."""

import json
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import psycopg
import pytest
import requests
from django.db import connection

from kaizala_admin.connectors.clients import client_for
from kaizala_admin.connectors.models import Connector
from kaizala_admin.kaizala.payloads.webhook import WebhookSubscription
from kaizala_admin.webhooks.models import Event, Subscription
from tests.faults import tally
from tests.faults.harness import FaultHouse, public
from tests.faults.running.test_events import body
from tests.faults.sizes import SIZES

TOLD = 5  # events in each outage that Kaizala sends, and as many whose answers we look at
TWO_HOURS = 7_200  # seconds of the sandbox's clock, after which it comes again (contract 14)


@contextmanager
def outage() -> Iterator[None]:
    """SQLite: somebody holds the file for longer than anybody waits. PostgreSQL: nobody is let in."""
    where = connection.settings_dict
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(where["NAME"], timeout=20, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            yield
            other.execute("ROLLBACK")
        return
    connection.ensure_connection()
    ours = connection.connection.info.backend_pid
    way = {"host": where["HOST"], "port": where["PORT"] or None, "user": where["USER"]}
    with psycopg.connect(**way, password=where["PASSWORD"], dbname="postgres", autocommit=True) as other:
        other.execute(f'ALTER DATABASE "{where["NAME"]}" ALLOW_CONNECTIONS false')
        try:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> %s",
                [where["NAME"], ours],
            )
            yield
        finally:
            other.execute(f'ALTER DATABASE "{where["NAME"]}" ALLOW_CONNECTIONS true')


@pytest.fixture
def hook(house: FaultHouse, connector: Connector) -> Iterator[Subscription]:
    """A subscription that the sandbox knows as well."""
    group = public(3)
    row = Subscription(
        connector=connector,
        grant=connector.grants.get(),
        object_id=group.group_id,
        event_types=["TextMessageCreated"],
        state=Subscription.State.ACTIVE,
    )
    row.keep_digests()
    row.save()
    wanted = WebhookSubscription(
        object_id=group.group_id,
        object_type="Group",
        event_types=("TextMessageCreated",),
        callback_url=f"{house.web_url}{row.path}",
        callback_token=row.callback_token,
    )
    client = client_for(connector.grants.select_related("connector__tenant").get())
    there = client.subscribe_webhook(wanted)
    yield row
    client.unsubscribe_webhook(there)
    row.delete()


def deliver(house: FaultHouse, hook: Subscription, text: str) -> int:
    """As Kaizala does; the status of the answer."""
    said = {"kz-callback-token": hook.callback_token, "Content-Type": "application/json"}
    return requests.post(
        f"{house.web_url}{hook.path}", data=text.encode(), headers=said, timeout=120
    ).status_code


def stored(hook: Subscription) -> int:
    return Event.objects.filter(subscription=hook).count()


def test_events_that_cannot_be_stored_are_refused_and_come_again(
    house: FaultHouse, hook: Subscription
) -> None:
    refused = delivered = 0
    for outages in range(SIZES.database_hits):
        ours = [body(outages * TOLD + number) for number in range(TOLD)]
        with outage(), ThreadPoolExecutor(TOLD) as hands:
            for number in range(TOLD):
                data = {"text": f"Told in outage {outages}: {number}"}
                house.post(
                    "/sandbox/events", eventType="TextMessageCreated", objectId=hook.object_id, data=data
                )
            answers = list(hands.map(lambda text: deliver(house, hook, text), ours))
        assert answers == [503] * TOLD
        refused += len(answers)
        house.wait(lambda: web_stores(house, hook), 120)
        house.post("/sandbox/clock", advanceSeconds=TWO_HOURS)
        delivered += TOLD
        assert [deliver(house, hook, text) for text in ours] == [200] * TOLD
        assert [deliver(house, hook, text) for text in ours] == [200] * TOLD  # once more than needed
        expected = delivered + refused + outages + 1  # and the one that asked whether it works again
        house.wait(lambda expected=expected: stored(hook) >= expected, 60)  # type: ignore[misc]
    time.sleep(1)  # nothing else comes
    said = Counter(
        json.loads(bytes(event.body))["eventId"] for event in Event.objects.filter(subscription=hook)
    )
    assert (len(said), set(said.values())) == (delivered + refused + SIZES.database_hits, {1})
    house.wait(lambda: not Event.objects.filter(subscription=hook, state="waiting").exists(), 120)
    tally.NOTES.append(
        f"F5  {SIZES.database_hits} outages: {refused} events answered 503, {stored(hook)} stored once each"
    )


def web_stores(house: FaultHouse, hook: Subscription) -> bool:
    return deliver(house, hook, body(1_000_000 + stored(hook))) == 200
