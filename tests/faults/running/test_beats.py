"""F9: two clocks tick, and every tick is heard many times: what is due starts once."""

from dataclasses import replace
from datetime import timedelta

from django.utils import timezone

from groups.models import SyncRun
from kaizala_admin.connectors.models import Connector
from kaizala_admin.embedded import children
from tests.faults.harness import FaultHouse
from tests.faults.running.test_broker import bells_of, line_to

TICKS = 20
DUE = 3


def test_two_beats_start_what_is_due_once(house: FaultHouse, connector: Connector) -> None:
    beat = children.beat(house.places)
    other = str(house.places.run / "beat-2")
    command = tuple(other if part == str(house.places.run / "beat") else part for part in beat.command)
    assert other in command
    house.supervisor.start(replace(beat, name="second beat", command=command))
    bells, started = bells_of(house), SyncRun.objects.filter(parent=None)
    try:
        for number in range(DUE):
            before = started.count()
            late = timezone.now() - timedelta(seconds=1)
            Connector.objects.filter(pk=connector.pk).update(sync_every=600, next_sync_at=late)
            for _ in range(TICKS):
                bells.send_task("groups.start_due_syncs")
            house.wait(lambda before=before: started.count() > before)  # type: ignore[misc]
            house.wait(lambda: not started.filter(state__in=["queued", "sending"]).exists())
            house.wait(lambda: not line_to(house).exists("kza:celery"))
            assert (number, started.count()) == (number, before + 1)
    finally:
        Connector.objects.filter(pk=connector.pk).update(next_sync_at=None, sync_every=0)
        house.supervisor.children.pop("second beat").kill()
