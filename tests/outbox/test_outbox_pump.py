"""The pump over real HTTP: every way a call can end, and every rival that acts in the middle of it."""

from datetime import timedelta
from itertools import chain, repeat
from typing import Any

import pytest
from django.utils import timezone

from kaizala_admin.connectors import heartbeats
from kaizala_admin.connectors.models import Connector
from kaizala_admin.outbox import claims, pump, services, sweeper, tasks
from kaizala_admin.outbox.models import OutboxRow, State
from tests.outbox.conftest import permit
from tests.outbox.line import models as line
from tests.outbox.line.models import Page, Parcel
from tests.outbox.looks import Put, accepted, let_lease_end, outcomes, rows_of
from tests.sandbox_process import SandboxProcess

pytestmark = pytest.mark.django_db


def test_a_permitted_row_is_sent_once_and_its_attempt_is_kept(
    connector: Connector, put: Put, wire: SandboxProcess
) -> None:
    row = put()
    assert pump.pump(connector.pk) == 1
    row.refresh_from_db()
    assert (row.state, row.attempts, row.claim, row.permits, row.answers) == (State.SENT, 1, 1, 0, 1)
    assert row.settled_at is not None
    assert row.lease_until is None
    assert outcomes(row) == [(1, "sent", "")]
    assert accepted(wire) == 1


def test_a_worker_that_stood_still_after_its_claim_does_not_call(
    connector: Connector, put: Put, wire: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, start = put(), timezone.now()
    clock = chain([start], repeat(start + timedelta(seconds=90)))  # the first look is the claim's
    monkeypatch.setattr(timezone, "now", lambda: next(clock))
    pump.pump(connector.pk)
    row.refresh_from_db()
    assert (row.state, row.reason, row.answers) == (State.QUEUED, "not_sent", 0)
    assert accepted(wire) == 0


def test_a_worker_shows_that_it_lives_after_each_of_many_slow_calls(
    connector: Connector, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[int] = []
    monkeypatch.setattr(heartbeats, "worker_lives", lambda: shown.append(Parcel.objects.count()))
    for _ in range(3):
        put()
    tasks.pump_connector(connector.pk)
    assert len(shown) == 3


def test_what_must_be_heard_at_once_does_not_wait_behind_the_bells_of_calls() -> None:
    app = tasks.sweep.app
    app.loader.import_default_modules()
    lines = {name: app.amqp.router.route({}, name)["queue"].name for name in app.tasks}
    urgent = {name for name, line in lines.items() if line == "pulse"}
    assert urgent == {"outbox.sweep", "connectors.heartbeat"}
    assert {queue.name: queue.routing_key for queue in app.amqp.queues.values()} == {
        "celery": "celery",
        "pulse": "pulse",
    }


def test_a_bell_that_a_run_rings_for_itself_is_worth_nothing_later(
    connector: Connector, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[Any] = []
    monkeypatch.setattr(pump, "LONGEST_RUN", 0.0)
    monkeypatch.setattr(tasks.pump_connector, "apply_async", lambda **given: rung.append(given))
    put()
    tasks.pump_connector(connector.pk)
    assert [given["expires"] for given in rung] == [30]


def test_a_row_without_a_permit_waits(connector: Connector, put: Put) -> None:
    row = put(permits=0)
    assert pump.pump(connector.pk) == 0
    row.refresh_from_db()
    assert row.state == State.QUEUED


def test_a_permit_that_ran_out_is_worth_nothing(connector: Connector, put: Put) -> None:
    row = put(permits=0)
    permit(row, seconds=-1)
    assert pump.pump(connector.pk) == 0


def test_a_second_bell_finds_nothing_to_do(connector: Connector, put: Put, wire: SandboxProcess) -> None:
    put()
    assert [pump.pump(connector.pk), pump.pump(connector.pk)] == [1, 0]
    assert accepted(wire) == 1


def test_a_bell_that_rings_while_the_call_is_under_way_finds_nothing_to_do(
    connector: Connector, put: Put, wire: SandboxProcess
) -> None:
    put()
    rung: list[int] = []
    line.meanwhile.append(lambda row: rung.append(pump.pump(connector.pk)))
    assert pump.pump(connector.pk) == 1
    assert rung == [0]
    assert accepted(wire) == 1


def test_of_two_that_claim_the_same_row_one_wins(connector: Connector, put: Put) -> None:
    row = put()
    first, second = rows_of(row).get(), rows_of(row).get()
    assert [claims.take([first]), claims.take([second])] == [[first], []]
    row.refresh_from_db()
    assert (row.attempts, row.claim) == (1, 1)


def test_a_paused_row_is_not_sent_and_goes_on_when_released(
    connector: Connector, put: Put, wire: SandboxProcess
) -> None:
    row = put()
    assert services.hold(rows_of(row)) == 1
    assert pump.pump(connector.pk) == 0
    assert services.release(rows_of(row)) == 1
    assert pump.pump(connector.pk) == 0  # its permit was given back
    permit(row)
    assert pump.pump(connector.pk) == 1
    assert accepted(wire) == 1


def test_a_pause_between_the_look_and_the_claim_is_honoured(connector: Connector, put: Put) -> None:
    row = put()
    seen = rows_of(row).get()
    services.hold(rows_of(row))
    assert claims.take([seen]) == []


def test_a_cancel_between_the_look_and_the_claim_is_honoured(connector: Connector, put: Put) -> None:
    row = put()
    seen = rows_of(row).get()
    assert services.cancel(rows_of(row)) == 1
    assert claims.take([seen]) == []
    row.refresh_from_db()
    assert (row.state, row.heard) == (State.CANCELLED, "cancelled")


def test_a_cancel_during_the_call_comes_too_late(
    connector: Connector, put: Put, wire: SandboxProcess
) -> None:
    row = put()
    cancelled: list[int] = []
    line.meanwhile.append(lambda row: cancelled.append(services.cancel(rows_of(row))))
    pump.pump(connector.pk)
    row.refresh_from_db()
    assert cancelled == [0]
    assert (row.state, accepted(wire)) == (State.SENT, 1)


def test_rows_of_a_connector_that_is_switched_off_wait(connector: Connector, put: Put) -> None:
    row = put()
    Connector.objects.filter(pk=connector.pk).update(is_active=False)
    assert pump.pump(connector.pk) == 0
    row.refresh_from_db()
    assert row.state == State.QUEUED


def test_a_worker_that_shuts_down_takes_nothing_new(connector: Connector, put: Put) -> None:
    put(), put()
    line.meanwhile.append(lambda row: pump.stopping.set())
    assert pump.pump(connector.pk) == 1
    assert Parcel.objects.filter(state=State.QUEUED, permits=1).count() == 1


# --- a late writer -----------------------------------------------------------------------------------------


def test_a_writer_whose_lease_ended_changes_nothing(
    connector: Connector, put: Put, wire: SandboxProcess
) -> None:
    row = put()

    def stand_still(mine: OutboxRow) -> None:
        let_lease_end(mine)
        assert sweeper.sweep() == 1

    line.meanwhile.append(stand_still)
    pump.pump(connector.pk)
    row.refresh_from_db()
    assert (row.state, row.reason, row.answers) == (State.UNKNOWN, "worker_died", 0)
    assert outcomes(row) == [(1, "unknown", "worker_died")]
    assert accepted(wire) == 1


def test_a_late_error_does_not_disturb_the_next_claim(
    connector: Connector, put: Put, wire: SandboxProcess
) -> None:
    row = put(Page)

    def stand_still(mine: OutboxRow) -> None:
        let_lease_end(mine)
        sweeper.sweep()
        rows_of(mine).update(not_before=timezone.now())
        permit(mine)
        pump.pump(connector.pk)  # the next worker, start to end
        wire.post("/sandbox/faults", operation="fetch_members", kind="error-before", status=500)

    line.meanwhile.append(stand_still)
    pump.pump(connector.pk)
    row.refresh_from_db()
    assert (row.state, row.answers, row.claim) == (State.SENT, 1, 2)
    assert outcomes(row) == [(1, "queued", "worker_died"), (2, "sent", "")]


# --- a worker that dies ------------------------------------------------------------------------------------


def test_a_worker_that_dies_after_its_claim_leaves_an_unknown_row(connector: Connector, put: Put) -> None:
    row = put()
    assert len(claims.claim(connector.pk)) == 1
    assert sweeper.sweep() == 0  # the lease still runs
    let_lease_end(row)
    assert sweeper.sweep() == 1
    row.refresh_from_db()
    assert (row.state, row.reason, row.heard) == (State.UNKNOWN, "worker_died", "unknown")
    assert outcomes(row) == [(1, "unknown", "worker_died")]
    assert sweeper.sweep() == 0


def test_a_repeatable_row_of_a_dead_worker_goes_back_in_line(connector: Connector, put: Put) -> None:
    row = put(Page)
    claims.claim(connector.pk)
    let_lease_end(row)
    sweeper.sweep()
    row.refresh_from_db()
    assert (row.state, row.attempts) == (State.QUEUED, 1)


def kill_a_worker(connector: Connector, row: OutboxRow) -> str:
    rows_of(row).update(not_before=timezone.now())
    permit(row)
    claims.claim(connector.pk)
    let_lease_end(row)
    sweeper.sweep()
    row.refresh_from_db()
    return row.state


def test_a_row_that_kills_three_workers_is_parked(connector: Connector, put: Put) -> None:
    row = put(Page)
    states = [kill_a_worker(connector, row) for _ in range(3)]
    assert states == [State.QUEUED, State.QUEUED, State.FAILED]
    assert (row.reason, row.attempts) == ("worker_died", 3)


@pytest.mark.parametrize("fault", ["cut-before", None], ids=["another trouble", "a page"])
def test_deaths_with_something_else_between_them_park_nothing(
    connector: Connector, put: Put, wire: SandboxProcess, fault: str | None
) -> None:
    row = put(Page, permits=0, wanted=5)
    states = [kill_a_worker(connector, row) for _ in range(2)]
    if fault:
        wire.post("/sandbox/faults", operation="fetch_members", kind=fault, times=1)
    rows_of(row).update(not_before=timezone.now())
    permit(row)
    pump.pump(connector.pk)
    states += [kill_a_worker(connector, row) for _ in range(2)]
    assert states == [State.QUEUED] * 4


def test_a_hook_that_fails_for_one_row_of_a_dead_worker_leaves_the_others_alone(
    connector: Connector, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    guilty, other, third = put(), put(), put(Page)
    claims.claim(connector.pk, 3)
    for row in (guilty, other, third):
        let_lease_end(row)
    rows_of(guilty).update(lease_until=timezone.now() - timedelta(minutes=1))  # it comes first
    heard = Parcel.state_changed

    def hears(row: Parcel, state: State) -> None:
        if row.pk == guilty.pk:
            raise ValueError("a bug")
        heard(row, state)

    monkeypatch.setattr(Parcel, "state_changed", hears)
    rung: list[list[int]] = []
    monkeypatch.setattr(sweeper, "nudge", rung.append)
    assert sweeper.sweep() == 2
    for row in (guilty, other, third):
        row.refresh_from_db()
    assert [row.state for row in (guilty, other, third)] == [State.SENDING, State.UNKNOWN, State.QUEUED]
    assert len(rung) == 1
