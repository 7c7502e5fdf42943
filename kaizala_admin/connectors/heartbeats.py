"""Signs of life: a process that exists may still be deaf (reliability 1.2)."""

from datetime import timedelta

from django.db.models.functions import Now

from .clock import later
from .models import Heartbeat


def beat(name: str) -> None:
    """Says that the process called `name` did something just now."""
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=name, seen_at=Now())],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["seen_at"],
    )


def silent(seconds: float) -> list[Heartbeat]:
    """Processes that were heard once, but not within the last `seconds`."""
    return list(Heartbeat.objects.filter(seen_at__lt=later(timedelta(seconds=-seconds))).order_by("name"))
