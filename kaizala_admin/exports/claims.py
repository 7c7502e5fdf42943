"""Whose turn it is: conditional UPDATEs on the export's row, no locks held (reliability 1.5)."""

import time
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now

from kaizala_admin.connectors.clock import later

from .models import Export

LEASE = timedelta(minutes=5)  # packing a large sheet takes long, and nothing can be renewed meanwhile
RENEW = 1.0  # seconds between two looks at the row
MOST_DEATHS = 3  # then its workers died of it

_DEAD = Q(state=Export.State.RUNNING, lease_until__lt=Now())
FREE = Q(state=Export.State.QUEUED) | _DEAD


class Stopped(Exception):
    """The export was cancelled, or another worker has it: write no more."""


class Interrupted(Exception):
    """This process is about to end: the export goes back in line."""


def claim(export_id: int, *, in_line: bool = True) -> Export | None:
    """The export, ours for `LEASE`; None when it is not free or enough others are under way."""
    busy = Export.objects.filter(state=Export.State.RUNNING, lease_until__gte=Now()).count()
    if in_line and busy >= settings.KAIZALA_EXPORTS_AT_ONCE:
        return None
    free = Export.objects.filter(FREE, pk=export_id)
    known = free.first()
    if known is None:
        return None
    died = known.state == Export.State.RUNNING
    taken = free.filter(claim=known.claim).update(
        state=Export.State.RUNNING,
        claim=F("claim") + 1,
        deaths=F("deaths") + int(died),
        lease_until=later(LEASE),
        started_at=Coalesce("started_at", Now()),
        rows_done=0,
    )
    if not taken:
        return None
    known.claim += 1
    known.deaths += int(died)
    known.state = Export.State.RUNNING
    return known


def settle(export: Export, state: Export.State, **values: Any) -> bool:
    """Ends our claim. False when it is not ours any more."""
    mine = Export.objects.filter(pk=export.pk, claim=export.claim, state=Export.State.RUNNING)
    return bool(mine.update(state=state, lease_until=None, **values))


class Watch:
    """Called between pages: renews the lease, says how far it is. Raises Stopped or Interrupted."""

    def __init__(self, export: Export, stopping: Any) -> None:
        self.export, self.stopping, self.next, self.rows = export, stopping, 0.0, 0

    def __call__(self, rows: int | None = None) -> None:
        self.rows = self.rows if rows is None else rows
        if self.stopping.is_set():
            raise Interrupted
        if time.monotonic() >= self.next:
            self.renew()

    def renew(self) -> None:
        self.next = time.monotonic() + RENEW
        mine = Export.objects.filter(pk=self.export.pk, claim=self.export.claim, state=Export.State.RUNNING)
        if not mine.update(lease_until=later(LEASE), rows_done=self.rows):
            raise Stopped
