"""The schedule's nudge: connectors whose next sync is due."""

from celery import shared_task

from groups import schedule


@shared_task(name="groups.start_due_syncs", soft_time_limit=50, time_limit=60)
def start_due_syncs() -> int:
    """Starts what is due; returns how many connectors. Safe to run twice at once."""
    return schedule.start_due_syncs()
