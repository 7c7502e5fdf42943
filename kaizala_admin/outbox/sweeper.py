"""Recovers what a dead worker left behind, and rings for whatever is due (design, section 3)."""

import logging

from django.db import OperationalError
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from kaizala_admin.connectors import heartbeats
from kaizala_admin.connectors.models import Connector

from .classification import MOST_DEATHS, WORKER_DIED, dead_worker
from .models import Attempt, OutboxRow, State
from .nudges import nudge
from .registry import label, row_classes
from .settling import settle_error

log = logging.getLogger(__name__)

SIGN = "sweep"  # its sign of life, beside those of the processes
MOST_AT_ONCE = 1_000  # rows of a class in one sweep


def sweep() -> int:
    """Settles every row whose lease is over; wakes the dispatcher for due rows. Returns how many settled."""
    settled = sum(_sweep_class(row_class) for row_class in row_classes())
    nudge(due_connectors())
    heartbeats.beat(SIGN)
    return settled


def due_connectors() -> list[int]:
    """The active connectors that have a row in line whose time has come."""
    found: set[int] = set()
    for row_class in row_classes():
        due = row_class._default_manager.filter(
            connector=OuterRef("pk"), state=State.QUEUED, held=False, not_before__lte=Now()
        )
        found.update(Connector.objects.filter(Exists(due), is_active=True).values_list("pk", flat=True))
    return sorted(found)


def _sweep_class(row_class: type[OutboxRow]) -> int:
    over = row_class._default_manager.filter(state=State.SENDING, lease_until__lt=Now())
    return sum(_give_up_alone(row) for row in over.order_by("lease_until")[:MOST_AT_ONCE])


def _give_up_alone(row: OutboxRow) -> bool:
    """What a row's hooks raise is its own trouble: the others are settled all the same."""
    try:
        return _give_up(row)
    except OperationalError:
        raise  # the database's trouble, and everybody's
    except Exception:
        log.exception("%s %s of a dead worker could not be settled", row._meta.label, row.pk)
        return False


def _give_up(row: OutboxRow) -> bool:
    verdict = dead_worker(repeatable=row.may_repeat(), attempts=row.attempts, deaths=_deaths(row))
    return settle_error(row, verdict, lease_until__lt=Now())


def _deaths(row: OutboxRow) -> int:
    """How many of its latest tries killed their worker, this one included; MOST_DEATHS at most."""
    latest = {"number__gt": row.claim - MOST_DEATHS, "number__lt": row.claim, "reason": WORKER_DIED}
    return 1 + Attempt.objects.filter(row_class=label(type(row)), row_id=row.pk, **latest).count()
