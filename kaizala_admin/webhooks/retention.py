"""Old events go: first their bodies, then the rows. What waits or failed is left for people."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from kaizala_admin.connectors import clock

from .models import Event

BATCH = 1_000
OPEN = (Event.State.WAITING, Event.State.FAILED)


def prune() -> int:
    """Drops bodies after KAIZALA_EVENT_BODY_DAYS and rows after KAIZALA_EVENT_DAYS; how many rows it touched.

    A row outlives its body so that a repeat is still known as one: Kaizala's retries last two days.
    """
    return _empty(_older(settings.KAIZALA_EVENT_BODY_DAYS)) + _delete(_older(settings.KAIZALA_EVENT_DAYS))


def _older(days: int) -> QuerySet[Event]:
    return Event.objects.filter(received_at__lt=clock.now() - timedelta(days=days)).exclude(state__in=OPEN)


def _empty(rows: QuerySet[Event]) -> int:
    count = 0
    while keys := _some(rows.filter(size__gt=0)):
        count += Event.objects.filter(pk__in=keys).update(body=b"", size=0)
    return count


def _delete(rows: QuerySet[Event]) -> int:
    count = 0
    while keys := _some(rows):
        count += Event.objects.filter(pk__in=keys).delete()[0]
    return count


def _some(rows: QuerySet[Event]) -> list[Any]:
    return list(rows.order_by("received_at").values_list("pk", flat=True)[:BATCH])
