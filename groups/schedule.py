"""When a connector syncs by itself: every `sync_every` minutes, as a row with its next time."""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from groups import services
from kaizala_admin.connectors import clock
from kaizala_admin.connectors.models import Connector
from kaizala_admin.outbox.models import Lane

log = logging.getLogger(__name__)


def start_due_syncs() -> int:
    """Starts a background sync of each due connector; returns how many. Two ticks at once start one."""
    now = clock.now()
    due = Connector.objects.filter(Q(next_sync_at__isnull=True) | Q(next_sync_at__lte=now), sync_every__gt=0)
    return sum([_start(connector, now) for connector in due.filter(is_active=True).order_by("pk")])


def _start(connector: Connector, now: datetime) -> bool:
    """Moves the connector's next time and starts, in one transaction. A missed time is not made up for."""
    next_at = now + timedelta(minutes=connector.sync_every)
    unmoved = Connector.objects.filter(pk=connector.pk)
    if connector.next_sync_at is None:
        unmoved = unmoved.filter(next_sync_at__isnull=True)
    else:
        unmoved = unmoved.filter(next_sync_at=connector.next_sync_at)
    with transaction.atomic():
        if not unmoved.update(next_sync_at=next_at):
            return False
        try:
            services.start_connector_sync(connector, Lane.SYNC)
        except services.CannotSync as error:
            log.warning("sync: connector %s is skipped: %s", connector.pk, error)
            return False
    return True
