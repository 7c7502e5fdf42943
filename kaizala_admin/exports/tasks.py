"""The bells of exports. They take ids, hold no logic, and are safe to run twice (design, section 3)."""

from typing import Any

from celery import shared_task
from celery.signals import worker_shutting_down

from . import services, upkeep
from . import work as engine

LONGEST = 6 * 3600  # seconds; where workers are processes, which can be stopped


@shared_task(name="exports.work", soft_time_limit=LONGEST, time_limit=LONGEST + 60)
def work(export_id: int) -> None:
    """Writes the file, then rings for the next one in line."""
    if engine.run(export_id) and not engine.stopping.is_set():
        for other in engine.waiting()[:1]:
            services.ring(other)


@shared_task(name="exports.tick", soft_time_limit=60, time_limit=90)
def tick() -> None:
    """Rings for exports that wait or whose worker died; clears away what is over."""
    for export_id in engine.waiting():
        services.ring(export_id)
    upkeep.expire()
    upkeep.sweep()


@worker_shutting_down.connect
def _finish(**_: Any) -> None:
    """A deploy puts what is under way back in line."""
    engine.stopping.set()
