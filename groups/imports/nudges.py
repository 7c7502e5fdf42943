"""Rings a worker for an import. Carries an id only, and may be lost: the tick rings again."""

import logging

from celery import current_app
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from kombu.exceptions import OperationalError

from .models import ImportRun

log = logging.getLogger(__name__)

READ, FEED = "groups.read_import", "groups.feed_import"


def ring(run_id: int, task: str) -> None:
    """Never raises: without a broker the tick does it."""
    if not settings.REDIS_URL:
        return
    try:
        current_app.send_task(task, [run_id])
    except OperationalError as error:
        log.warning("import %s: the nudge was not heard: %s", run_id, type(error).__name__)


def ring_after_commit(run_id: int, task: str) -> None:
    transaction.on_commit(lambda: ring(run_id, task))


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
