"""Nudges from beat: they call services, and may run twice."""

import logging

from celery import shared_task

from . import services
from .evidence import echoes, looks
from .media import services as library
from .media import uploading
from .timing import quiet

log = logging.getLogger(__name__)


@shared_task(name="messaging.settle_doubts", time_limit=90, soft_time_limit=60)
def settle_doubts() -> None:
    """Settles calls in doubt where Kaizala itself tells what became of them."""
    looks.tick()


@shared_task(name="messaging.prune_echoes", time_limit=90, soft_time_limit=60)
def prune_echoes() -> None:
    """Drops old evidence."""
    echoes.prune()


@shared_task(name="messaging.tick", time_limit=90, soft_time_limit=60)
def tick() -> None:
    """Keeps quiet hours; finishes what is done, pauses what fails in a burst; lets go what waited.

    One that fails spoils none of the others.
    """
    for step in (quiet.tick, services.finish_done, services.pause_bursting, uploading.release):
        try:
            step()
        except Exception:
            log.exception("A step of the tick failed; the next tick does it again")


@shared_task(name="messaging.fire_due", time_limit=90, soft_time_limit=60)
def fire_due() -> None:
    """Sends what its schedule says is due."""
    services.fire_due()


@shared_task(name="messaging.clean_library", time_limit=90, soft_time_limit=60)
def clean_library() -> None:
    """Removes files that nobody has used for a long time."""
    library.clean_up()
