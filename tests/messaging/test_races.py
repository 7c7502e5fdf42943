"""Rivals at the same moment, in threads with their own connections."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta
from threading import Barrier, Event
from time import sleep
from typing import Any

import pytest
from django.db import connection, transaction

from kaizala_admin.connectors import leases
from kaizala_admin.connectors.models import Tenant
from kaizala_admin.kaizala import FailedRecipient
from kaizala_admin.outbox.granting import Leadership, mark
from kaizala_admin.outbox.lanes import Waiting
from kaizala_admin.outbox.models import Lane, State
from messaging import sending, services
from messaging.models import Broadcast, Delivery, Dispatch, Priority
from messaging.timing import quiet

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
