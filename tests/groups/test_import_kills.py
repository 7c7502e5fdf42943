"""An import whose processes are killed at random moments: resumed, every row stands once, nothing is lost."""

from __future__ import annotations

import random
import signal
from collections.abc import Callable

import pytest

from groups.changes.models import GroupChange
from groups.imports import feeding, reading, services
from groups.imports.models import ImportRow, ImportRun
from kaizala_admin.connectors.models import Connector, Grant, Tenant
from tests.faults.crash import forks

from .importing import make_group, states, stored, upload

ROWS, KILLS = 3_000, 10
chance = random.Random(7)


@pytest.fixture
def grant(transactional_db: None) -> Grant:
    """For processes that see what is committed."""
    tenant = Tenant.objects.create(name="Tenant")
    connector = Connector.objects.create(
        tenant=tenant, name="Main", api_root="http://127.0.0.1:9", application_id="a", application_secret="s"
    )
    return Grant.objects.create(connector=connector, name="Whole", refresh_token="refresh")


def killed_after(seconds: float, work: Callable[[], object]) -> int:
    """Runs the work in a child that ends in the middle of whatever it does: no rollback, no goodbye."""

    def mortal() -> None:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, seconds)
        work()

    return forks.run(mortal)


def test_killed_at_ten_random_points_while_it_is_read_and_ten_while_it_is_queued(
    grant: Grant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "BATCH", 100)
    monkeypatch.setattr(feeding, "BATCH", 100)
    numbers = [f"+9198123{index:05}" for index in range(ROWS)]
    run = upload("\n".join([*numbers, "12", numbers[0]]), group=make_group(grant))
    deaths = []
    for _ in range(KILLS):
        deaths.append(killed_after(chance.uniform(0.01, 0.3), lambda: reading.read(run.pk)))
        ImportRun.objects.filter(state="reading").update(lease_until=None)  # its lease runs out
    reading.read(run.pk)
    assert states(run) == {"ready": ROWS, "wrong": 1, "duplicate": 1}
    assert services.accept(run=stored(run)) is True
    for _ in range(KILLS):
        deaths.append(killed_after(chance.uniform(0.01, 0.1), lambda: feeding.feed(run.pk)))
    feeding.feed(run.pk)
    assert -signal.SIGALRM in deaths
    asked = [number for change in GroupChange.objects.all() for number in change.payload["numbers"]]
    assert sorted(asked) == numbers
    assert states(run) == {"queued": ROWS, "wrong": 1, "duplicate": 1}
    assert ImportRow.objects.filter(run=run, state="queued", change_id=None).count() == 0
