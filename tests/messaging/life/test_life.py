"""F20, F21 and F25 for a broadcast: whatever people, clocks and Kaizala do, in whatever order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import User
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from kaizala_admin.kaizala import KaizalaClient
from kaizala_admin.outbox import pump
from messaging.models import Dispatch
from messaging.services import deciding, firing, scheduling
from tests.faults.sizes import SIZES
from tests.messaging.conftest import Org
from tests.messaging.kinds.conftest import library

from .machine import PEOPLE, BroadcastLife

__all__ = ["library"]


@pytest.fixture
def life(
    org: Org,
    person: Callable[[str], User],
    library: dict[str, int],
    monkeypatch: pytest.MonkeyPatch,
) -> type[BroadcastLife]:
    """The machine in a small house: more than two people are many there, and four broken calls a burst."""
    org.tenant.many_people, org.tenant.pause_after_failures = 2, 4
    org.tenant.save()
    org.connector.batch_size = 1
    org.connector.save()
    real = Dispatch.perform

    def perform(row: Dispatch, client: KaizalaClient) -> Any:
        BroadcastLife.kaizala.row = row
        return real(row, client)

    def set_clock(now: Callable[[], datetime]) -> None:
        """That of the schedules alone: calls are due by the real one."""
        for room in (firing, deciding, scheduling):
            monkeypatch.setattr(room, "clock", SimpleNamespace(now=now))

    monkeypatch.setattr(Dispatch, "perform", perform)
    monkeypatch.setattr(pump, "client_for", lambda _grant: BroadcastLife.kaizala)
    BroadcastLife.tenant, BroadcastLife.connector_id = org.tenant, org.connector.pk
    BroadcastLife.public = org.public(people=range(PEOPLE))
    BroadcastLife.people = person("Operator"), person("Approver")
    BroadcastLife.picture, BroadcastLife.set_clock = library["image"], set_clock
    return BroadcastLife


@pytest.mark.fault
def test_no_order_of_events_sends_twice_loses_anybody_or_leaves_the_books_wrong(
    life: type[BroadcastLife],
) -> None:
    run_state_machine_as_test(
        life,
        settings=settings(
            max_examples=SIZES.lives,
            stateful_step_count=SIZES.steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
