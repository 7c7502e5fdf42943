"""F19, F23: a row that kills its worker, and a database that takes no writes."""

import resource
import signal
from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

from groups.models import SyncRun
from groups.services import start_sync
from kaizala_admin.connectors.models import Connector
from kaizala_admin.outbox import claims, pump
from messaging.models import Dispatch
from tests.faults import tally
from tests.faults.crash import forks
from tests.faults.harness import FaultHouse, permit, public, work_off


def test_a_poisonous_row_is_never_tried_twice_and_the_others_go(
    house: FaultHouse, connector: Connector
) -> None:
    poison = house.to_all("Poison", public(2))
    dose = poison.dispatches.order_by("pk")[0]
    permit([dose])

    def work() -> None:
        forks.die_before(Dispatch, "perform", lambda row, _: row.pk == dose.pk)
        pump.pump(connector.pk)

    assert forks.run(work) == forks.KILLED
    house.two_minutes_pass()
    assert forks.run(work) == 0  # nothing that kills is in line any more
    work_off(connector)
    found = house.count(poison)
    tally.keep("F19 a row that kills its worker", 1, found)
    assert (found.unknown, found.sent, found.broken_promises) == (1, found.people - 1, {})


def test_a_poisonous_read_is_parked_after_three_tries_and_the_others_go(
    house: FaultHouse, connector: Connector
) -> None:
    """At its first death another one is under way in the same worker."""
    run, other = start_sync(public(2)), start_sync(public(3))
    permit([run, other])

    def both() -> None:
        assert {taken.row.pk for taken in claims.claim(connector.pk, 2)} == {run.pk, other.pk}
        forks.die()

    assert forks.run(both) == forks.KILLED
    assert house.two_minutes_pass() == 2
    deaths = 1

    def work() -> None:
        forks.die_before(SyncRun, "perform", lambda row, _: row.pk == run.pk)
        pump.pump(connector.pk)

    while SyncRun.objects.get(pk=run.pk).state == "queued" and deaths < 20:
        permit([run])
        assert forks.run(work) == forks.KILLED
        deaths += 1
        house.two_minutes_pass()
    assert deaths == 3
    parked = SyncRun.objects.get(pk=run.pk)
    assert (parked.state, parked.reason) == ("failed", "worker_died")
    SyncRun.objects.filter(pk=other.pk).update(not_before=timezone.now())
    work_off(connector)
    assert SyncRun.objects.get(pk=other.pk).state == "sent"


def stop_writes() -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA query_only = 1")
        else:
            cursor.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")


def fill_the_disk() -> None:
    """No file of this process may grow: the write-ahead log takes no page. PostgreSQL writes elsewhere."""
    if connection.vendor == "sqlite":
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1, 1))
    else:
        stop_writes()


@pytest.mark.parametrize("how", [stop_writes, fill_the_disk], ids=["read only", "disk full"])
def test_nothing_is_sent_while_nothing_can_be_written(
    house: FaultHouse, connector: Connector, how: Callable[[], None]
) -> None:
    broadcast = house.to_all(f"No room on the disk: {how.__name__}", public(3))
    permit(list(broadcast.dispatches.all()))

    def work() -> None:
        how()
        with pytest.raises(DatabaseError):
            pump.pump(connector.pk)

    assert forks.run(work) == 0
    assert house.count(broadcast).copies == 0
    work_off(connector)
    found = house.count(broadcast)
    tally.keep(f"F23 a database that takes no writes: {how.__name__}", 1, found)
    assert (found.sent, found.broken_promises) == (found.people, {})


def test_a_database_that_stops_taking_writes_in_the_middle_of_a_call_leaves_a_doubt(
    house: FaultHouse, connector: Connector
) -> None:
    Connector.objects.update(batch_size=50)
    broadcast = house.to_all("The disk fills up meanwhile", public(3))
    permit(list(broadcast.dispatches.all()))

    def work() -> None:
        real = Dispatch.perform

        def perform(row: Dispatch, client: object) -> object:
            result = real(row, client)  # type: ignore[arg-type]
            stop_writes()
            return result

        Dispatch.perform = perform  # type: ignore[assignment,method-assign]
        pump.pump(connector.pk)

    assert forks.run(work) != 0
    house.two_minutes_pass()
    work_off(connector)
    found = house.count(broadcast)
    tally.keep("F23 no writes once the call is made", 1, found)
    assert (found.unknown, found.copies, found.broken_promises) == (found.people, 1, {})
