"""How a call ends, what is written down, and rows that want several calls."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from kaizala_admin.connectors import tokens
from kaizala_admin.connectors.models import Bucket, Connector
from kaizala_admin.kaizala import Refused
from kaizala_admin.outbox import claims, desk, pump, services, sweeper
from kaizala_admin.outbox.models import OutboxRow, State
from tests.outbox.conftest import permit
from tests.outbox.line import models as line
from tests.outbox.line.models import Page, Parcel
from tests.outbox.looks import Put, accepted, outcomes, rows_of
from tests.sandbox_process import SandboxProcess

pytestmark = pytest.mark.django_db


# --- how a call ends ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "options", "state", "reason", "taken"),
    [
        ("error-before", {"status": 500}, State.UNKNOWN, "no_answer", 0),
        ("error-after", {"status": 500}, State.UNKNOWN, "no_answer", 1),
        ("error-after", {"status": 503}, State.UNKNOWN, "no_answer", 1),
        ("cut-before", {}, State.UNKNOWN, "no_answer", 0),
        ("cut-after", {}, State.UNKNOWN, "no_answer", 1),
        ("throttle", {"retryAfter": 30}, State.QUEUED, "throttled", 0),
        ("expired-token", {}, State.QUEUED, "expired_token", 0),
    ],
)
def test_a_fault_on_the_line_decides_the_state(
    connector: Connector,
    put: Put,
    wire: SandboxProcess,
    kind: str,
    options: dict[str, Any],
    state: State,
    reason: str,
    taken: int,
) -> None:
    row = put()
    wire.post("/sandbox/faults", operation="send_message", kind=kind, times=1, **options)
    pump.pump(connector.pk)
    row.refresh_from_db()
    assert (row.state, row.reason, row.heard) == (state, reason, str(state))
    assert outcomes(row) == [(1, str(state), reason)]
    assert accepted(wire) == taken


def test_an_unknown_row_is_never_sent_again_by_itself(
    connector: Connector, put: Put, wire: SandboxProcess
) -> None:
    row = put()
    wire.post("/sandbox/faults", operation="send_message", kind="cut-after", times=1)
    pump.pump(connector.pk)
    for _ in range(3):
        permit(row)
        sweeper.sweep()
        assert pump.pump(connector.pk) == 0
    assert accepted(wire) == 1


def test_a_lost_answer_sends_a_repeatable_row_back_in_line(
    connector: Connector, put: Put, wire: SandboxProcess
) -> None:
    row = put(Page)
    wire.post("/sandbox/faults", operation="fetch_members", kind="cut-after", times=1)
    pump.pump(connector.pk)
    row.refresh_from_db()
    assert (row.state, row.reason, row.attempts) == (State.QUEUED, "no_answer", 1)


def test_kaizalas_no_is_final_and_in_its_own_words(connector: Connector, put: Put) -> None:
    row = put(group_id="no-such-group@kaizala")
    pump.pump(connector.pk)
    row.refresh_from_db()
    assert row.state == State.FAILED
    assert row.reason not in ("", "our_error")
    assert row.detail != ""
    assert row.settled_at is not None


def test_a_throttled_row_rests_its_whole_connector_and_loses_no_attempt(
    connector: Connector, put: Put, wire: SandboxProcess
) -> None:
    row = put()
    wire.post("/sandbox/faults", operation="send_message", kind="throttle", retryAfter=30, times=1)
    pump.pump(connector.pk)
    row.refresh_from_db()
    assert row.attempts == 0
    assert 29 <= (row.not_before - timezone.now()).total_seconds() <= 36
    bucket = Bucket.objects.get(key=f"connector:{connector.pk}")
    assert bucket.paused_until > timezone.now().timestamp() + 25


def test_an_expired_token_is_replaced_and_the_row_sent_at_the_next_permit(
    connector: Connector, put: Put, wire: SandboxProcess
) -> None:
    row = put()
    wire.post("/sandbox/faults", operation="send_message", kind="expired-token", times=1)
    pump.pump(connector.pk)
    permit(row)
    pump.pump(connector.pk)
    row.refresh_from_db()
    assert (row.state, accepted(wire)) == (State.SENT, 1)


def test_a_token_that_is_bought_and_refused_again_needs_a_person_and_spares_the_others(
    connector: Connector, put: Put, wire: SandboxProcess
) -> None:
    row, other = put(), put(permits=0)
    tokens.ensure_access(connector.grants.get())
    connector.grants.update(refreshed_at=timezone.now() - tokens.AT_MOST_EVERY)
    wire.post("/sandbox/faults", operation="send_message", kind="expired-token")
    pump.pump(connector.pk)
    connector.refresh_from_db()
    assert connector.health == "working"  # it may have expired
    permit(row)
    pump.pump(connector.pk)
    connector.refresh_from_db()
    assert connector.health == "needs_attention"
    assert connector.health_reason.startswith("Kaizala refuses the access token that it has just given out.")
    row.refresh_from_db()
    assert (row.state, row.reason, row.attempts) == (State.QUEUED, "expired_token", 2)
    assert row.not_before > timezone.now() + timedelta(seconds=50)
    other.refresh_from_db()
    assert (other.state, other.attempts) == (State.QUEUED, 0)
    wire.delete("/sandbox/faults")
    permit(other)
    pump.pump(connector.pk)
    connector.refresh_from_db()
    assert (connector.health, accepted(wire)) == ("working", 1)


def test_a_token_that_could_not_be_renewed_accuses_nobody(
    connector: Connector, put: Put, wire: SandboxProcess
) -> None:
    row = put()
    tokens.ensure_access(connector.grants.get())  # just bought: another one would not help
    wire.post("/sandbox/faults", operation="send_message", kind="expired-token", times=2)
    for _ in range(2):
        pump.pump(connector.pk)
        permit(row)
    connector.refresh_from_db()
    assert connector.health == "working"


def test_nobody_listening_is_tried_again_eight_times_then_failed(
    add_connector: Callable[..., Connector], tenant: Any
) -> None:
    connector = add_connector(url="http://127.0.0.1:9")
    grant = connector.grants.get()
    row = Parcel.objects.create(connector=connector, grant=grant, text="x", group_id="g")
    states = []
    for _ in range(8):
        Parcel.objects.update(not_before=timezone.now())
        permit(row)
        pump.pump(connector.pk)
        row.refresh_from_db()
        states.append((row.state, row.reason))
    assert states == [*[(State.QUEUED, "not_sent")] * 7, (State.FAILED, "not_sent")]


@pytest.mark.parametrize(("row_class", "state"), [(Parcel, State.UNKNOWN), (Page, State.QUEUED)])
def test_an_answer_that_cannot_be_written_down_never_sends_twice(
    connector: Connector,
    put: Put,
    wire: SandboxProcess,
    row_class: type[OutboxRow],
    state: State,
) -> None:
    row = put(row_class)
    line.broken.extend([ValueError("a bug")] * 2)
    pump.pump(connector.pk)
    row.refresh_from_db()
    assert (row.state, row.reason, row.detail, row.answers) == (state, "not_recorded", "ValueError", 0)
    assert pump.pump(connector.pk) == 0
    assert accepted(wire) == (1 if row_class is Parcel else 0)


def test_an_answer_gets_a_second_try_at_being_written_down(
    connector: Connector, put: Put, wire: SandboxProcess
) -> None:
    row = put()
    line.broken.append(ValueError("the database was busy"))
    pump.pump(connector.pk)
    row.refresh_from_db()
    assert (row.state, row.answers, accepted(wire)) == (State.SENT, 1, 1)


def test_a_record_that_says_no_fails_the_row(connector: Connector, put: Put) -> None:
    row = put(Page)
    line.broken.extend([Refused("Too many would go", code="too_many_gone")] * 2)
    pump.pump(connector.pk)
    row.refresh_from_db()
    assert (row.state, row.reason, row.detail) == (State.FAILED, "too_many_gone", "Too many would go")


# --- several calls for one row -----------------------------------------------------------------------------


def test_several_permits_are_several_calls_without_going_back_in_line(
    connector: Connector, put: Put, wire: SandboxProcess
) -> None:
    row = put(Page, permits=3, wanted=3)
    assert pump.pump(connector.pk) == 3
    row.refresh_from_db()
    assert (row.state, row.answers, row.claim) == (State.SENT, 3, 1)
    assert outcomes(row) == [(1, "sent", "")]


def test_a_row_that_wants_more_than_its_permits_goes_back_in_line(connector: Connector, put: Put) -> None:
    row = put(Page, permits=2, wanted=5)
    assert pump.pump(connector.pk) == 2
    row.refresh_from_db()
    assert (row.state, row.answers, row.attempts, row.permits) == (State.QUEUED, 2, 0, 0)


def test_a_pause_between_two_calls_of_a_row_is_honoured(connector: Connector, put: Put) -> None:
    row = put(Page, permits=5, wanted=5)
    line.meanwhile.append(lambda mine: services.hold(rows_of(mine)) and None)
    assert pump.pump(connector.pk) == 1
    row.refresh_from_db()
    assert (row.state, row.held, row.answers) == (State.QUEUED, True, 1)


def test_a_shutdown_between_two_calls_of_a_row_puts_it_back_in_line(connector: Connector, put: Put) -> None:
    row = put(Page, permits=5, wanted=5)
    line.meanwhile.append(lambda mine: pump.stopping.set())
    assert pump.pump(connector.pk) == 1
    row.refresh_from_db()
    assert (row.state, row.answers) == (State.QUEUED, 1)


# --- health ------------------------------------------------------------------------------------------------


def test_a_call_that_works_clears_the_connectors_warning(connector: Connector, put: Put) -> None:
    Connector.objects.filter(pk=connector.pk).update(health="needs_attention", health_reason="Refused")
    put()
    pump.pump(connector.pk)
    connector.refresh_from_db()
    assert connector.health == "working"


# --- the desk ----------------------------------------------------------------------------------------------


def test_one_answer_that_cannot_be_written_does_not_spoil_its_neighbours(
    connector: Connector, put: Put
) -> None:
    rows = [put(), put(), put()]
    taken = claims.claim(connector.pk, 3)
    slips = [desk.Slip(connector.pk, False, one, object()) for one in taken]
    guilty = taken[1].row.pk
    line.guilty.add(guilty)
    desk._write(slips)
    for row in rows:
        row.refresh_from_db()
    assert [row.state for row in rows] == [State.SENT, State.SENDING, State.SENT]
    assert [type(slip.error).__name__ for slip in slips] == ["NoneType", "ValueError", "NoneType"]
    assert [row.answers for row in rows] == [1, 0, 1]


def test_answers_that_come_together_are_written_together_and_bring_the_next_rows(
    connector: Connector, put: Put, django_assert_max_num_queries: Any
) -> None:
    for _ in range(8):
        put()
    taken = claims.claim(connector.pk, 4)
    slips = [desk.Slip(connector.pk, True, one, object()) for one in taken]
    with django_assert_max_num_queries(11):
        desk._write(slips)
    assert {slip.claim.row.pk for slip in slips if slip.claim}.isdisjoint({one.row.pk for one in taken})
    assert sorted(Parcel.objects.values_list("state", flat=True)) == ["sending"] * 4 + ["sent"] * 4


def test_who_has_written_hands_the_pen_on_and_those_who_came_meanwhile_are_written_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written: list[int] = []
    begun, go_on = threading.Event(), threading.Event()

    def write(slips: Sequence[desk.Slip]) -> None:
        written.append(len(slips))
        begun.set()
        assert go_on.wait(60)

    monkeypatch.setattr(desk, "_write_together", write)
    with ThreadPoolExecutor(5) as pool:
        first = pool.submit(desk.hand_in, desk.Slip(1, False))
        assert begun.wait(60)
        others = [pool.submit(desk.hand_in, desk.Slip(1, False)) for _ in range(4)]
        while len(desk._waiting) < 4:
            threading.Event().wait(0.01)
        go_on.set()
        assert all(one.result(60).done for one in [first, *others])
    assert written == [1, 4]
    assert not desk._somebody_writes


def test_what_reads_page_by_page_stops_when_another_call_is_told_to_wait(
    connector: Connector, put: Put, wire: SandboxProcess
) -> None:
    reading = put(Page, permits=5, wanted=5)

    def another_is_throttled(_: OutboxRow) -> None:
        wire.post("/sandbox/faults", operation="send_message", kind="throttle", retryAfter=30, times=1)
        put()
        pump.pump(connector.pk)

    line.meanwhile.append(another_is_throttled)
    pump.pump(connector.pk)
    reading.refresh_from_db()
    assert (reading.state, reading.answers, reading.permits) == (State.QUEUED, 1, 0)
    assert outcomes(reading) == []  # its pages are not tries of their own
