"""The bells of this floor. Each is safe to ring twice (design, section 3)."""

from celery import shared_task

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
    """Shows that a worker takes tasks and gets them done (reliability 1.2)."""
    heartbeats.beat("worker")
