"""F5: the database is locked, or throws everybody out, in the middle of a broadcast."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

from django.db import connection

from tests.faults import tally
from tests.faults.harness import FaultHouse
from tests.faults.running.test_workers import some_more, waiting
from tests.faults.sizes import SIZES

LOCKED = 10.0  # seconds


@contextmanager
def trouble() -> Iterator[None]:
    """SQLite: another process holds the file for ten seconds. PostgreSQL: every connection is cut."""
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(connection.settings_dict["NAME"], timeout=20)) as other:
            other.execute("BEGIN EXCLUSIVE")
            time.sleep(LOCKED)
            other.rollback()
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    yield


def test_a_database_in_trouble_doubles_and_loses_nobody(house: FaultHouse) -> None:
    house.fault("slow", seconds=0.5)
    broadcast, hits = house.to_all("Hold on"), 0
    for _ in range(SIZES.database_hits):
        some_more(house, broadcast, 4)
        hits += waiting(broadcast)
        with trouble():
            some_more(house, broadcast, 4)
    house.delete("/sandbox/faults")
    house.wait(lambda: not broadcast.dispatches.filter(state="queued").exists(), 60)
    time.sleep(1)
    house.two_minutes_pass()
    found = house.settled(broadcast)
    tally.keep("F5  the database locked or cut", hits, found)
    assert hits == SIZES.database_hits
    assert found.broken_promises == {}
    assert found.sent + found.unknown == found.people
    if connection.vendor == "sqlite":
        assert found.unknown == 0
