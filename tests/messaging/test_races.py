"""Rivals at the same moment, in threads with their own connections."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import product
from threading import Barrier, Event
from time import sleep
from typing import Any

import pytest
from django.db import connection, transaction

from kaizala_admin.connectors import clock, leases
from kaizala_admin.connectors.models import Tenant
from kaizala_admin.kaizala import FailedRecipient, Throttled
from kaizala_admin.outbox import claims
from kaizala_admin.outbox import services as outbox
from kaizala_admin.outbox.classification import classify
from kaizala_admin.outbox.granting import Leadership, mark
from kaizala_admin.outbox.lanes import Waiting
from kaizala_admin.outbox.models import Lane, State
from kaizala_admin.outbox.settling import settle_error
from messaging import sending, services, trail
from messaging.models import Broadcast, Delivery, Dispatch, Priority
from messaging.timing import quiet
from tests.faults.sizes import EVERYTHING

from .conftest import PUBLIC, Org, Recorder, number

RIVALS = 6


@pytest.fixture
def race(transactional_db: None) -> Callable[..., list[Any]]:
    def together(*works: Callable[[], Any]) -> list[Any]:
        start = Barrier(len(works))

        def one(work: Callable[[], Any]) -> Any:
            start.wait()
            try:
                return work()
            finally:
                connection.close()

        with ThreadPoolExecutor(len(works)) as pool:
            return list(pool.map(one, works))

    return together


def test_many_clicks_at_the_same_moment_send_once(race: Callable[..., list[Any]], org: Org) -> None:
    draft = org.draft(PUBLIC, [org.public(people=range(70))])
    answers = race(*[lambda: services.launch(draft, None, 70)] * RIVALS)
    assert sorted(answers) == [False] * (RIVALS - 1) + [True]
    assert (Dispatch.objects.count(), Delivery.objects.count()) == (3, 70)


def test_pause_and_launch_at_the_same_moment_leave_all_or_nothing_held(
    race: Callable[..., list[Any]], org: Org
) -> None:
    draft = org.draft(PUBLIC, [org.public(people=range(70))])
    launched, paused = race(
        lambda: services.launch(draft, None, 70),
        lambda: services.pause(draft, None),
    )
    assert launched is True
    assert Broadcast.objects.get().state == ("paused" if paused else "running")
    assert Dispatch.objects.filter(held=paused).count() == 3


def test_cancel_and_resume_at_the_same_moment_never_send_what_is_cancelled(
    race: Callable[..., list[Any]], org: Org
) -> None:
    broadcast = org.launched(PUBLIC, [org.public(people=range(70))])
    services.pause(broadcast, None)
    cancelled, _resumed = race(
        lambda: services.cancel(broadcast, None), lambda: services.resume(broadcast, None)
    )
    assert cancelled is True
    assert Broadcast.objects.get().state == "cancelled"
    assert set(Dispatch.objects.values_list("state", flat=True)) == {State.CANCELLED}


def comes_back(row: Dispatch, written: Event, go_on: Callable[[], object] = lambda: None) -> bool:
    """What a worker does when Kaizala tells its call to come later; `go_on` is done before its commit."""
    with transaction.atomic():
        told = classify(Throttled("Later", retry_after=1), repeatable=False, attempts=1)
        done = settle_error(row, told)
        go_on()
    written.set()
    return done


def failed_goes_once_more(row: Dispatch, written: Event, go_on: Callable[[], object] = lambda: None) -> bool:
    """What the outbox's page does with a call that failed."""
    with transaction.atomic():
        done = outbox.retry(Dispatch.objects.filter(pk=row.pk))
        go_on()
    written.set()
    return bool(done)


@dataclass(frozen=True)
class Pressed:
    """A button, and what it makes of a call that comes back in line at the same moment."""

    name: str
    press: Callable[..., bool]
    state: State
    held: bool = False
    paused: bool = False  # before


CANCEL = Pressed("cancel", services.cancel, State.CANCELLED)
CANCEL_PAUSED = Pressed("cancel while paused", services.cancel, State.CANCELLED, paused=True)
PAUSE = Pressed("pause", services.pause, State.QUEUED, held=True)
RESUME = Pressed("resume", services.resume, State.QUEUED, paused=True)
LOOKS_FIRST = [(CANCEL, comes_back), (CANCEL_PAUSED, comes_back), (RESUME, failed_goes_once_more)]
IS_LOOKED_AT_FIRST = [(CANCEL, comes_back), (PAUSE, failed_goes_once_more)]
if EVERYTHING:
    buttons = [CANCEL, CANCEL_PAUSED, PAUSE, RESUME]
    LOOKS_FIRST = IS_LOOKED_AT_FIRST = list(product(buttons, [comes_back, failed_goes_once_more]))
A_MOMENT = 0.3  # seconds for who need not wait; who must does until the other's commit


def one_out(org: Org, paused: bool, back: Callable[..., bool]) -> tuple[Broadcast, Dispatch]:
    """A broadcast of three calls, of which one is under way, or has failed."""
    broadcast = org.launched(PUBLIC, [org.public(people=range(70))])
    row = Dispatch.objects.earliest("pk")
    if back is comes_back:
        Dispatch.objects.filter(pk=row.pk).update(permits=1, permits_until=clock.later(timedelta(minutes=1)))
        (taken,) = claims.claim(row.connector_id)
        row = Dispatch.objects.get(pk=taken.row.pk)
    else:
        Dispatch.objects.filter(pk=row.pk).update(state=State.FAILED)
    if paused:
        services.pause(broadcast, None)
    return broadcast, row


def obeys(row: Dispatch, button: Pressed) -> None:
    row.refresh_from_db()
    assert row.state == button.state
    assert row.held is button.held or row.state == State.CANCELLED
    lines = Delivery.objects.filter(dispatch=row).values_list("state", flat=True)
    assert set(lines) == {str(button.state)}


@pytest.mark.flow
@pytest.mark.parametrize(("button", "back"), LOOKS_FIRST)
def test_what_comes_back_in_line_before_a_button_has_committed_obeys_it(
    race: Callable[..., list[Any]],
    org: Org,
    monkeypatch: pytest.MonkeyPatch,
    button: Pressed,
    back: Callable[..., bool],
) -> None:
    broadcast, row = one_out(org, button.paused, back)
    looked, written = Event(), Event()
    note = trail.note

    def looks(*given: Any, **named: Any) -> None:
        looked.set()
        written.wait(A_MOMENT)
        note(*given, **named)

    monkeypatch.setattr(trail, "note", looks)

    def comes() -> bool:
        looked.wait(20)
        return back(row, written)

    assert race(lambda: button.press(broadcast, None), comes) == [True, True]
    obeys(row, button)


@pytest.mark.flow
@pytest.mark.parametrize(("button", "back"), IS_LOOKED_AT_FIRST)
def test_a_button_that_is_pressed_before_a_call_is_back_in_line_is_obeyed(
    race: Callable[..., list[Any]], org: Org, button: Pressed, back: Callable[..., bool]
) -> None:
    broadcast, row = one_out(org, button.paused, back)
    looked, written, pressed = Event(), Event(), Event()

    def wait() -> None:
        """The call has looked at its broadcast, and is not committed yet."""
        looked.set()
        pressed.wait(A_MOMENT)

    def press() -> bool:
        looked.wait(20)
        done = button.press(broadcast, None)
        pressed.set()
        return done

    assert race(lambda: back(row, written, wait), press) == [True, True]
    obeys(row, button)


def test_many_retries_at_the_same_moment_call_each_person_once_more(
    race: Callable[..., list[Any]], org: Org, recorder: Recorder
) -> None:
    broadcast = org.launched(PUBLIC, [org.public(people=range(30))])
    recorder.failed = tuple(
        [FailedRecipient(number(at), "", "Busy" if at < 5 else "Gone", "") for at in range(20)]
    )
    recorder.drive(broadcast)
    answers = race(*[lambda: services.retry_failures(broadcast, None, "Busy")] * RIVALS)
    assert sorted(answers) == [0] * (RIVALS - 1) + [5]
    assert list(Dispatch.objects.order_by("pk").values_list("people", "people_failed")) == [(25, 15), (5, 0)]


def test_a_retry_and_a_pause_at_the_same_moment_leave_nothing_going_on(
    race: Callable[..., list[Any]], org: Org
) -> None:
    broadcast = org.launched(PUBLIC, [org.public(people=range(900))])
    Dispatch.objects.exclude(pk=Dispatch.objects.latest("pk").pk).update(state=State.FAILED)
    Delivery.objects.filter(dispatch__state=State.FAILED).update(state="failed")
    _again, paused = race(
        lambda: services.retry_failures(broadcast, None), lambda: services.pause(broadcast, None)
    )
    assert paused is True
    assert Dispatch.objects.filter(state=State.QUEUED, held=False).count() == 0


@pytest.mark.flow
@pytest.mark.parametrize(
    "button",
    [
        lambda row: services.pause(row, None),
        lambda row: services.prioritise(row, None, Priority.URGENT),
    ],
    ids=["pause", "priority"],
)
def test_a_button_while_several_answers_are_written_waits_for_nobody_in_a_ring(
    race: Callable[..., list[Any]], org: Org, button: Callable[[Broadcast], bool]
) -> None:
    """On PostgreSQL a row that was changed lies behind its neighbours: who goes by that meets it last."""
    broadcast = org.launched(PUBLIC, [org.public(people=range(70))])
    first, second, _third = Dispatch.objects.order_by("pk").values_list("pk", flat=True)
    Dispatch.objects.filter(pk__in=[first, second]).update(state=State.SENDING)
    Dispatch.objects.filter(pk=first).update(reason="not_sent")

    def answers() -> int:
        with transaction.atomic():
            list(Dispatch.objects.select_for_update().filter(pk=first))
            sleep(1.0)  # the button has what it could get by now
            return Dispatch.objects.filter(pk__in=[first, second]).update(state=State.SENT)

    def press() -> bool:
        sleep(0.3)
        return button(broadcast)

    assert race(answers, press) == [2, True]


@pytest.mark.flow
def test_quiet_hours_that_begin_while_calls_are_claimed_wait_for_nobody_in_a_ring(
    race: Callable[..., list[Any]], org: Org
) -> None:
    broadcast = org.launched(PUBLIC, [org.public(people=range(70))])
    first, second, _third = Dispatch.objects.order_by("pk").values_list("pk", flat=True)
    later = datetime(2090, 1, 1, tzinfo=UTC)
    Dispatch.objects.filter(pk=first).update(
        not_before=later
    )  # it lies behind the others now, in indexes too
    Tenant.objects.update(quiet_from=time(0), quiet_until=time(23), time_zone="UTC")

    def claims() -> int:
        with transaction.atomic():
            list(Dispatch.objects.select_for_update().filter(pk=first))
            sleep(1.0)  # the clock has what it could get by now
            return Dispatch.objects.filter(pk__in=[first, second]).update(state=State.SENDING)

    def hold() -> int:
        sleep(0.3)
        return quiet.hold([broadcast.pk], datetime(2091, 5, 1, 12, tzinfo=UTC))

    assert race(claims, hold) == [2, 1]


@pytest.mark.flow
def test_the_dispatcher_gives_no_permit_to_what_is_locked_and_waits_for_nobody(
    race: Callable[..., list[Any]], org: Org
) -> None:
    org.launched(PUBLIC, [org.public(people=range(70))])
    first, *others = Dispatch.objects.order_by("pk").values_list("pk", flat=True)
    fence = leases.acquire("dispatcher", "us", timedelta(minutes=10))
    assert fence is not None
    wanted = {Waiting(Dispatch, key, Lane.BROADCAST, False): 1 for key in (first, *others)}
    locked, marked = Event(), Event()

    def hold() -> bool:
        with transaction.atomic():
            list(Dispatch.objects.select_for_update().filter(pk=first))
            locked.set()
            return marked.wait(20) if connection.features.has_select_for_update else True

    def give() -> int:
        locked.wait(20)
        given = mark(wanted, Leadership("dispatcher", "us", fence))
        marked.set()
        return given

    rest = len(others) if connection.features.has_select_for_update else len(wanted)
    assert race(hold, give) == [True, rest]


def test_a_pause_at_the_moment_of_the_last_answer_waits_for_nobody_in_a_ring(
    race: Callable[..., list[Any]], org: Org
) -> None:
    broadcast = org.launched(PUBLIC, [org.public()])
    row = Dispatch.objects.get()

    def last_answer() -> int:
        with transaction.atomic():
            Dispatch.objects.filter(pk=row.pk).update(state=State.SENT)
            sleep(0.3)  # the pause has the broadcast by now, and waits for the call
            return sending.finish_if_done([broadcast.pk], settled=[row.pk])

    def pause() -> bool:
        sleep(0.1)
        return services.pause(broadcast, None)

    race(last_answer, pause)
    services.finish_done()
    assert Broadcast.objects.get().state == Broadcast.State.FINISHED
