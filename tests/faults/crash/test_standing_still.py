"""F9: a leader that stands still in the middle of a transaction, with the lease's row locked."""

import os
import signal
import time
from datetime import timedelta

import pytest
from django.db import connection, transaction

from kaizala_admin.connectors import leases, standing_still
from kaizala_admin.connectors.models import Connector
from kaizala_admin.outbox.granting import Leadership
from tests.faults.crash import forks
from tests.faults.harness import FaultHouse

LEASE = timedelta(seconds=2)


def test_the_next_one_leads_though_the_leader_stands_still_while_it_writes(
    house: FaultHouse, connector: Connector, monkeypatch: pytest.MonkeyPatch
) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer: who stands still while it writes holds up everybody")
    monkeypatch.setattr(standing_still, "LONGEST", "1s")
    reading, writing = os.pipe()

    def lead() -> None:
        fence = leases.acquire("dispatcher", "one", LEASE)
        assert fence is not None
        with transaction.atomic():
            Leadership("dispatcher", "one", fence).check()
            os.write(writing, b"locked")
            os.kill(os.getpid(), signal.SIGSTOP)

    leader = forks.fork(lead)
    try:
        assert os.read(reading, 10) == b"locked"
        time.sleep(LEASE.total_seconds())
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '20s'")
        assert leases.acquire("dispatcher", "two", LEASE) is not None
    finally:
        os.kill(leader, signal.SIGKILL)
        forks.ending(leader)
        connection.close()
        leases.release("dispatcher", "two")
