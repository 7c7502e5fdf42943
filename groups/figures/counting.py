"""The clock's part: one process counts at a time, and only when something happened."""

import uuid
from datetime import datetime, timedelta

from django.db.models import Max
from django.utils import timezone

from groups import names
from groups.models import Group
from kaizala_admin.connectors import leases
from kaizala_admin.connectors.models import Lease

from .days import count_days
from .heads import count_heads

NAME = "groups.figures"
TTL = timedelta(minutes=15)
EVERY = timedelta(hours=1)  # also when no sync was done: events change the mirror too


def count() -> bool:
    """Counts what is due; False when another process counts, or nothing happened since the last time."""
    names.heal()
    if not _is_due():
        return False
    owner = str(uuid.uuid4())
    if leases.acquire(NAME, owner, TTL) is None:
        return False
    try:
        count_days()
        leases.renew(NAME, owner, TTL)
        count_heads()
    finally:
        leases.release(NAME, owner)
    return True


def last_count() -> datetime | None:
    """When the figures were counted; None: not yet."""
    return Lease.objects.filter(pk=NAME).values_list("last_run_at", flat=True).first()


def _is_due() -> bool:
    last = last_count()
    if last is None or timezone.now() - last >= EVERY:
        return True
    synced = Group.objects.aggregate(latest=Max("synced_at"))["latest"]
    return synced is not None and synced > last
