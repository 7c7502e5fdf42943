"""Nudges from beat: they call services, and may run twice."""

from celery import shared_task

from . import services


@shared_task(name="messaging.tick", time_limit=90, soft_time_limit=60)
def tick() -> None:
    """Finishes broadcasts that are done."""
    services.finish_done()
