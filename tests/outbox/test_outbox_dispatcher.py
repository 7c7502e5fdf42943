"""Who leads, who stands by, and what the leader does without a broker."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from kaizala_admin.connectors.models import Connector, Heartbeat, Lease
from kaizala_admin.outbox.dispatcher import LEASE, PAUSE, STAND_BY, Dispatcher
from kaizala_admin.outbox.granting import IDLE
from tests.outbox.line.models import Parcel

pytestmark = pytest.mark.django_db


@pytest.fixture
def new(lines: None, settings: Any) -> Iterator[Callable[[], Dispatcher]]:
    settings.REDIS_URL = ""
    made: list[Dispatcher] = []

    def build() -> Dispatcher:
        made.append(Dispatcher(threading.Event()))
        return made[-1]

    yield build
    for dispatcher in made:
        dispatcher.hands.shutdown(wait=True)


def rings(dispatcher: Dispatcher) -> list[int]:
    """Collects whom it would call, in place of threads that share our test's transaction."""
    called: list[int] = []
    dispatcher.hands.submit = lambda work, *args: called.append(args[0])  # type: ignore[method-assign,assignment]
    return called


def test_the_first_leads_and_the_second_stands_by(new: Callable[[], Dispatcher]) -> None:
    first, second = new(), new()
    assert [first.step(), second.step()] == [IDLE, STAND_BY]
    assert (first.leadership is not None, second.leadership) == (True, None)
    assert Heartbeat.objects.filter(name="dispatcher").exists()


def test_when_the_leader_falls_silent_the_next_takes_over_and_the_old_one_steps_down(
    new: Callable[[], Dispatcher],
    add_connector: Callable[..., Connector],
) -> None:
    first, second = new(), new()
    rings(first), rings(second)
    first.step()
    Lease.objects.filter(pk=LEASE).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert second.step() == IDLE
    connector = add_connector()
    Parcel.objects.create(connector=connector, grant=connector.grants.get(), group_id="g")
    assert first._step_safely() == STAND_BY
    assert first.leadership is None
    assert Parcel.objects.get().permits == 0
    second.step()
    assert Parcel.objects.get().permits == 1


def test_who_stands_by_comes_when_the_lease_of_a_dead_leader_ends(new: Callable[[], Dispatcher]) -> None:
    first, second = new(), new()
    first.step()
    Lease.objects.filter(pk=LEASE).update(expires_at=timezone.now() + timedelta(seconds=2))
    assert 0 < second.step() - PAUSE <= 2


def test_a_leader_that_ends_lets_the_next_one_in_at_once(new: Callable[[], Dispatcher]) -> None:
    first, second = new(), new()
    first.step()
    first.stop.set()
    first.run()
    assert second.step() == IDLE


def test_without_a_broker_it_calls_its_own_hands_once_a_row(
    new: Callable[[], Dispatcher], add_connector: Callable[..., Connector]
) -> None:
    connector = add_connector()
    grant = connector.grants.get()
    Parcel.objects.bulk_create(Parcel(connector=connector, grant=grant, group_id="g") for _ in range(3))
    leader = new()
    called = rings(leader)
    leader.step()
    assert called == [connector.pk] * 3


def test_a_permit_that_no_worker_takes_is_used_by_the_dispatcher_after_five_seconds(
    new: Callable[[], Dispatcher], add_connector: Callable[..., Connector], monkeypatch: pytest.MonkeyPatch
) -> None:
    connector = add_connector()
    Parcel.objects.create(connector=connector, grant=connector.grants.get(), group_id="g")
    leader = new()
    monkeypatch.setattr(leader, "broker", True)
    monkeypatch.setattr(leader, "_heard", lambda connector_id: True)  # it rings, and nobody comes
    called = rings(leader)
    leader.step()
    leader.step()
    assert called == []
    Parcel.objects.update(permits_until=timezone.now() + timedelta(seconds=24.9))
    leader._unheard[connector.pk] -= 5
    leader.step()
    assert called == [connector.pk]


def test_an_idle_dispatcher_does_not_ask_again_before_five_seconds(new: Callable[[], Dispatcher]) -> None:
    assert new().step() == 5.0
