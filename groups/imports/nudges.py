"""Rings a worker for an import. Carries an id only, and may be lost: the tick rings again.

Reading and queueing is workers' work: without a broker nobody is rung, and imports wait for one. Only the
command reads and queues its own.
"""

import logging
from datetime import timedelta

from celery import current_app
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from kombu.exceptions import OperationalError

from kaizala_admin.connectors.clock import later
from kaizala_admin.connectors.models import Heartbeat

from .models import ImportRun

log = logging.getLogger(__name__)

SILENT = timedelta(seconds=90)
READ, FEED = "groups.read_import", "groups.feed_import"


def ring(run_id: int, task: str) -> None:
    """Never raises."""
    if not settings.REDIS_URL:
        return
    try:
        current_app.send_task(task, [run_id])
    except OperationalError as error:
        log.warning("import %s: the nudge was not heard: %s", run_id, type(error).__name__)


def ring_after_commit(run_id: int, task: str) -> None:
    transaction.on_commit(lambda: ring(run_id, task))


def is_heard() -> bool:
    """Whether a worker has shown a sign of life lately; it gives one every 15 seconds."""
    return Heartbeat.objects.filter(name="worker", seen_at__gte=later(-SILENT)).exists()


def ring_due() -> int:
    """Every import that waits for a reader or may have something to queue; returns how many."""
    unread = ImportRun.objects.filter(state=ImportRun.State.READING)
    unread = unread.filter(Q(lease_until__isnull=True) | Q(lease_until__lt=Now()))
    due = [(key, READ) for key in unread.order_by("pk").values_list("pk", flat=True)[:50]]
    running = ImportRun.objects.filter(state=ImportRun.State.RUNNING).order_by("pk")
    due += [(key, FEED) for key in running.values_list("pk", flat=True)[:50]]
    for key, task in due:
        ring(key, task)
    return len(due)
