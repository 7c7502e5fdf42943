"""An import whose processes are killed with -9 while it is read, queued and applied: every row once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from groups.changes.models import GroupChange
from groups.imports import feeding, reading, services
from groups.imports.models import ImportRun
from groups.models import Group, SyncRun
from kaizala_admin.connectors.clients import client_for
from kaizala_admin.connectors.models import Connector
from kaizala_admin.outbox.pump import pump
from tests.faults.crash import forks
from tests.faults.harness import FaultHouse, chance, permit
from tests.faults.sizes import EVERYTHING
from tests.groups.importing import make_group, states, stored, upload

KILLS = 10 if EVERYTHING else 2  # while it is read; and again while it is applied
ROWS, ROUNDS = 600, 60
READING, APPLYING = 16, 60  # queries of the work, at least, within which it dies


@pytest.fixture
def group(house: FaultHouse, connector: Connector, monkeypatch: pytest.MonkeyPatch) -> Iterator[Group]:
    """A new group at the service, with nobody in it but the grant's own user."""
    for module in (reading, feeding):
        monkeypatch.setattr(module, "BATCH", 100)
    grant = connector.grants.select_related("connector__tenant").get()
    made = client_for(grant).create_group("Killed imports", "Hello")
    yield make_group(grant, made.group_id, "Killed imports")
    ImportRun.objects.all().delete()
    for row_class in (GroupChange, SyncRun):
        row_class._default_manager.filter(group__group_id=made.group_id).delete()
    Group.objects.filter(group_id=made.group_id).delete()


def test_every_row_is_applied_once_and_the_report_is_complete(
    house: FaultHouse, connector: Connector, group: Group
) -> None:
    pick, numbers = chance("imports"), [f"+9198123{index:05}" for index in range(ROWS)]
    run = upload("\n".join([*numbers, "12", numbers[0]]), group=group)
    deaths = []
    for _ in range(KILLS):
        deaths.append(forks.run_dying(lambda: reading.read(run.pk), pick.randint(2, READING)))
        ImportRun.objects.filter(state="reading").update(lease_until=None)  # it runs out
    reading.read(run.pk)
    assert states(run) == {"ready": ROWS, "wrong": 1, "duplicate": 1}
    assert services.accept(run=stored(run)) is True

    def apply() -> None:
        feeding.feed(run.pk)
        waiting = GroupChange.objects.filter(state="queued")
        waiting.update(not_before=timezone.now() - timedelta(seconds=1))
        permit(list(waiting))
        pump(connector.pk)

    for _ in range(KILLS):
        deaths.append(forks.run_dying(apply, pick.randint(2, APPLYING)))
        house.two_minutes_pass()
    for _ in range(ROUNDS):
        if stored(run).state == "finished":
            break
        apply()
    assert deaths[:KILLS] == [forks.KILLED] * KILLS
    assert forks.KILLED in deaths[KILLS:]
    assert (stored(run).state, states(run)) == ("finished", {"done": ROWS, "wrong": 1, "duplicate": 1})
    grant = connector.grants.select_related("connector__tenant").get()
    there = [one.mobile_number for one in client_for(grant).fetch_members(group.group_id)]
    assert sorted(set(there) & set(numbers)) == numbers
    assert len(there) == len(set(there))
