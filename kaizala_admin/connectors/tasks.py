"""The bells of this floor. Each is safe to ring twice (design, section 3)."""

from typing import Any

from celery import shared_task
from celery.signals import task_postrun, task_prerun, worker_ready, worker_shutdown

from . import heartbeats, upkeep


@shared_task(name="connectors.refresh_tokens", soft_time_limit=60, time_limit=90)
def refresh_tokens() -> int:
    """Renews access tokens before they run out, so that no send pays for it."""
    return upkeep.refresh_due()


@shared_task(name="connectors.prune_api_log", soft_time_limit=60, time_limit=90)
def prune_api_log() -> int:
    """Drops API calls that are older than KAIZALA_API_LOG_DAYS."""
    return upkeep.prune_api_log()


@shared_task(name="connectors.heartbeat", soft_time_limit=10, time_limit=15)
def heartbeat() -> None:
    """Does nothing: that a worker takes it and ends it is the sign of life, where nothing else happens."""


@worker_ready.connect
def _begin(**_: Any) -> None:
    """In a worker alone: elsewhere no task is taken."""
    for moment in (task_prerun, task_postrun):
        moment.connect(_show)
    heartbeats.worker_begins()


def _show(**_: Any) -> None:
    heartbeats.worker_lives()


@worker_shutdown.connect
def _end(**_: Any) -> None:
    heartbeats.worker_ends()
