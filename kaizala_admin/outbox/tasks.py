"""Nudges for the workers. They take ids, hold no logic, and are safe to run twice (design, section 3)."""

import time
from typing import Any

from celery import shared_task
from celery.signals import worker_shutting_down

from kaizala_admin.connectors import heartbeats

from . import pump as engine
from .nudges import RING_LIFE
from .sweeper import sweep as sweep_rows


@shared_task(name="outbox.pump", time_limit=90, soft_time_limit=60)
def pump_connector(connector_id: int) -> None:
    """Makes the permitted calls of one connector; rings again when it stopped only for its time."""
    started = time.monotonic()
    engine.pump(connector_id, after_each=heartbeats.worker_lives)
    if time.monotonic() - started >= engine.LONGEST_RUN and not engine.stopping.is_set():
        pump_connector.apply_async(args=(connector_id,), expires=RING_LIFE)


@shared_task(name="outbox.sweep", time_limit=90, soft_time_limit=60)
def sweep() -> None:
    """Recovers rows of dead workers; wakes the dispatcher."""
    sweep_rows()


@worker_shutting_down.connect
def _finish(**_: Any) -> None:
    """A deploy finishes what is under way and takes nothing new."""
    engine.stopping.set()
