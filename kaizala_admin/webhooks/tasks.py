"""The bells of this floor. Each is safe to ring twice (design, section 3)."""

from celery import shared_task

from . import retention, watching, working


@shared_task(name="webhooks.work_off", soft_time_limit=60, time_limit=90)
def work_off() -> int:
    """Works off stored events; rings again when it stopped only for its time."""
    done = working.work_off()
    if done and working.anything_waits():
        work_off.delay()
    return done


@shared_task(name="webhooks.prune", soft_time_limit=60, time_limit=90)
def prune() -> int:
    """Drops old events."""
    return retention.prune()


@shared_task(name="webhooks.watch", soft_time_limit=50, time_limit=60)
def watch() -> None:
    """Applies rules, compares with Kaizala, keeps subscriptions alive."""
    watching.watch()
