"""A row's life as a state machine: whatever happens in whatever order, nobody gets a message twice (F25)."""

import os
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from kaizala_admin.connectors.models import Connector, Grant
from kaizala_admin.kaizala import NotSent, Refused, Throttled, UnknownOutcome
from kaizala_admin.outbox import claims, pump, services, settling, sweeper
from kaizala_admin.outbox.models import FINAL, Attempt, State
from tests.outbox.conftest import permit
from tests.outbox.line import models as line
from tests.outbox.line.models import Parcel

ENDS: dict[
    str, tuple[bool, Callable[[], Exception] | None]
] = {  # accepted by Kaizala?, what the client raises
    "accepted": (True, None),
    "refused connection": (False, lambda: NotSent("down")),
    "throttled": (False, lambda: Throttled("slower", retry_after=1)),
    "no": (False, lambda: Refused("no", code="Forbidden", status=403)),
    "answer lost": (True, lambda: UnknownOutcome("cut")),
    "request lost": (False, lambda: UnknownOutcome("cut")),
    "a bug after the call": (True, lambda: KeyError("x")),
}


class RowLife(RuleBasedStateMachine):
    """Three rows, one clumsy worker at a time, people who press buttons."""

    connector: Connector
    grant: Grant
    person: Any
    rows: Bundle[int] = Bundle("rows")
    dead: Bundle[claims.Claim] = Bundle("dead")

    def __init__(self) -> None:
        super().__init__()
        self.accepted: Counter[int] = Counter()
        self.sent_again: Counter[int] = Counter()
        self.said: set[int] = set()
        self.before: dict[int, str] = {}
        self.by_person = False
        self.undo = transaction.atomic()
        self.undo.__enter__()

    @initialize(target=rows)
    def post(self) -> Any:
        made = [
            Parcel(connector=self.connector, grant=self.grant, group_id="g", text=str(n)) for n in range(3)
        ]
        return multiple(*[row.pk for row in services.post(made)])

    @rule(row=rows)
    def grant_permit(self, row: int) -> None:
        Parcel.objects.filter(pk=row).update(not_before=timezone.now())
        permit(Parcel(pk=row))

    @rule(end=st.sampled_from(sorted(ENDS)))
    def ring(self, end: str) -> None:
        self._ring(end)

    @rule(row=rows, end=st.sampled_from(sorted(ENDS)))
    def permit_and_ring(self, row: int, end: str) -> None:
        self.grant_permit(row)
        self._ring(end)

    def _ring(self, end: str) -> None:
        accepted, error = ENDS[end]

        def call(row: Any) -> str:
            self.accepted[row.pk] += accepted
            if error:
                raise error()
            return "reference"

        line.played[:] = [call] * 10
        pump.pump(self.connector.pk)

    @rule(target=dead, accepted=st.booleans())
    def a_worker_dies(self, accepted: bool) -> Any:
        taken = claims.claim(self.connector.pk)
        for one in taken:
            self.accepted[one.row.pk] += accepted
        return multiple(*taken)

    @rule()
    def leases_end(self) -> None:
        Parcel.objects.filter(state=State.SENDING).update(lease_until=timezone.now() - timedelta(seconds=1))
        sweeper.sweep()

    @rule(one=consumes(dead))
    def the_dead_worker_was_only_slow(self, one: claims.Claim) -> None:
        was = Parcel.objects.get(pk=one.row.pk)
        settling.settle([(one, "reference")])
        now = Parcel.objects.get(pk=one.row.pk)
        if (was.state, was.claim) == (State.SENDING, one.row.claim):
            self.accepted[one.row.pk] = max(1, self.accepted[one.row.pk])  # it had an answer, then
        else:
            assert (now.state, now.claim, now.answers) == (was.state, was.claim, was.answers)

    @rule(row=rows)
    def hold(self, row: int) -> None:
        services.hold(Parcel.objects.filter(pk=row))

    @rule(row=rows)
    def release(self, row: int) -> None:
        services.release(Parcel.objects.filter(pk=row))

    @rule(row=rows)
    def cancel(self, row: int) -> None:
        services.cancel(Parcel.objects.filter(pk=row), self.person)

    @rule(row=rows)
    def retry(self, row: int) -> None:
        self.by_person = True
        services.retry(Parcel.objects.filter(pk=row), self.person)

    @rule(row=rows)
    def it_arrived(self, row: int) -> None:
        self.by_person = True
        if services.settle_arrived(Parcel.objects.get(pk=row), self.person):
            self.said.add(row)

    @rule(row=rows)
    def send_again(self, row: int) -> None:
        self.by_person = True
        self.sent_again[row] += services.send_again(Parcel.objects.get(pk=row), self.person)

    @invariant()
    def nobody_gets_it_twice_unless_a_person_said_so(self) -> None:
        for row, count in self.accepted.items():
            assert count <= 1 + self.sent_again[row]

    @invariant()
    def what_is_called_sent_was_accepted_or_a_person_said_so(self) -> None:
        for row in Parcel.objects.filter(state=State.SENT):
            assert self.accepted[row.pk] >= 1 or row.pk in self.said

    @invariant()
    def only_a_person_moves_what_is_over_or_in_doubt(self) -> None:
        now: dict[int, str] = dict(Parcel.objects.values_list("pk", "state"))
        moved = [key for key, state in now.items() if self.before.get(key, state) != state]
        over = [key for key in moved if self.before[key] in (*FINAL, State.UNKNOWN)]
        if over:
            assert self.by_person
            trail = LogEntry.objects.filter(object_pk__in=[str(key) for key in over], actor=self.person)
            assert trail.exists()
        self.before, self.by_person = now, False

    @invariant()
    def each_ended_try_is_kept_once(self) -> None:
        for row in Parcel.objects.all():
            tries = Attempt.objects.filter(row_class="line.parcel", row_id=row.pk)
            assert tries.count() == row.claim - (row.state == State.SENDING)

    @invariant()
    def a_paused_or_finished_row_is_never_under_way(self) -> None:
        for row in Parcel.objects.exclude(state=State.SENDING):
            assert row.lease_until is None

    def teardown(self) -> None:
        """Rolled back, not deleted: PostgreSQL would wade through the dead rows of all examples before."""
        transaction.set_rollback(True)
        self.undo.__exit__(None, None, None)


EVERYTHING = os.environ.get("KAIZALA_FAULTS") == "full"  # bin/test --faults


@pytest.mark.fault
@pytest.mark.django_db
def test_no_order_of_events_sends_twice_or_loses_a_row(add_connector: Callable[..., Connector]) -> None:
    RowLife.connector = add_connector()
    soon = timezone.now() + timedelta(hours=20)
    RowLife.connector.grants.update(access_expires_at=soon, refreshed_at=timezone.now())
    RowLife.grant = RowLife.connector.grants.get()
    RowLife.grant.access_token = "still-good"
    RowLife.grant.save()
    RowLife.person = get_user_model().objects.create_user("operator")
    run_state_machine_as_test(
        RowLife,
        settings=settings(
            max_examples=2_000 if EVERYTHING else 200,
            stateful_step_count=50 if EVERYTHING else 20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
