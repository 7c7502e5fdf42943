"""The clock's and the pages' nudges: syncs that are due, imports to read and to apply."""

from celery import shared_task

from groups import schedule
from groups.figures import counting
from groups.imports import feeding, nudges, reading


@shared_task(name="groups.start_due_syncs", soft_time_limit=50, time_limit=60)
def start_due_syncs() -> int:
    """Starts what is due; returns how many connectors. Safe to run twice at once."""
    return schedule.start_due_syncs()


@shared_task(name="groups.read_import", soft_time_limit=1_200, time_limit=1_260)
def read_import(run_id: int) -> bool:
    """Reads an uploaded sheet. A second one at the same time finds it taken."""
    return reading.read(run_id)


@shared_task(name="groups.feed_import", soft_time_limit=1_200, time_limit=1_260)
def feed_import(run_id: int) -> int:
    """Puts the rows of an accepted import in line. Safe to run twice at once."""
    return feeding.feed(run_id)


@shared_task(name="groups.tick_imports", soft_time_limit=50, time_limit=60)
def tick_imports() -> int:
    """Rings for imports whose reader died, that have rows to queue, or that are over; returns how many."""
    return nudges.ring_due()


@shared_task(name="groups.count", soft_time_limit=840, time_limit=900)
def count() -> bool:
    """Counts adoption and growth when something happened. Safe to run twice at once."""
    return counting.count()
