"""The schedule's nudge."""

from celery import shared_task

from surveys import schedule


@shared_task(name="surveys.tick", soft_time_limit=50, time_limit=60)
def tick() -> int:
    """Adopts what was sent, starts fetches that are due; returns how many. Safe to run twice at once."""
    return schedule.tick()
