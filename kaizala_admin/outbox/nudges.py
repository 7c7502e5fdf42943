"""The doorbell of the dispatcher: a Redis list. It carries no work, so it may be lost (design, section 3)."""

import logging
from collections.abc import Iterable
from functools import lru_cache

import redis
from django.conf import settings

log = logging.getLogger(__name__)

KEY = "kza:nudge"
QUEUE = "kza:celery"  # the workers' own list: the key prefix of the settings and Celery's default queue
RING_LIFE = 30  # seconds: as long as a permit lives; whoever hears it later finds nothing to do
MOST_WAITING = 1_000  # bells in the list beyond which ringing more is noise


@lru_cache(maxsize=2)
def _bell(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=1)


def bell() -> redis.Redis | None:
    """The connection pool of this process, or None when no broker is configured."""
    return _bell(settings.REDIS_URL) if settings.REDIS_URL else None


def nudge(connector_ids: Iterable[int]) -> None:
    """Wakes the dispatcher. Never raises: without a broker the dispatcher looks by itself."""
    ids = sorted(set(connector_ids))
    line = bell()
    if line is None or not ids:
        return
    try:
        line.lpush(KEY, *ids)
        line.ltrim(KEY, 0, MOST_WAITING - 1)
    except redis.RedisError as error:
        log.warning("The nudge was not heard: %s", type(error).__name__)


def wait_for_nudge(seconds: float) -> bool:
    """Sleeps at most `seconds` (below 2), less when nudged. Raises redis.RedisError without a broker."""
    line = bell()
    if line is None:
        raise redis.ConnectionError("No broker is configured.")
    heard = line.blpop([KEY], timeout=seconds)
    if heard:
        line.delete(KEY)  # what is committed before this is seen by the look that follows
    return bool(heard)


def bells_waiting() -> int:
    """How many rings the workers have not taken yet. Raises redis.RedisError without a broker."""
    line = bell()
    if line is None:
        raise redis.ConnectionError("No broker is configured.")
    return int(line.llen(QUEUE))
