"""Signs of life: a process that exists may still be deaf (reliability 1.2).

A worker shows its own with every task that it takes or ends and with every call that it makes (`tasks`): each
of several is heard by itself, and one that is busy with slow calls is not taken for deaf.
"""

import os
import time
from datetime import timedelta

from django.db.models import Q
from django.db.models.functions import Now

from .clock import later
from .models import Heartbeat
from .signs import here, sign_of

EVERY = 5.0  # seconds between two signs of a busy worker
FORGOTTEN = timedelta(days=1)  # after which nobody misses a process of another machine any more

_shown: dict[str, float] = {}  # when each sign was last shown from here


def beat(name: str) -> None:
    """Says that the process called `name` did something just now."""
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=name, seen_at=Now())],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["seen_at"],
    )


def worker_lives() -> None:
    """The sign of the worker that runs this; cheap to call often."""
    name, now = sign_of("worker"), time.monotonic()
    if now - _shown.get(name, -EVERY) >= EVERY:
        _shown[name] = now
        beat(name)


def worker_begins() -> None:
    """The first sign of this worker. Those of workers that were here before it and are dead are dropped."""
    names = Heartbeat.objects.filter(name__startswith=here("worker")).values_list("name", flat=True)
    dead = Q(name__in=[name for name in names if not _runs(name)])
    gone = Q(name__startswith="worker:", seen_at__lt=later(-FORGOTTEN))
    Heartbeat.objects.filter(dead | gone).delete()
    beat(sign_of("worker"))


def worker_ends() -> None:
    """It was told to: nobody will miss it."""
    Heartbeat.objects.filter(name=sign_of("worker")).delete()


def silent(seconds: float) -> list[Heartbeat]:
    """Processes that were heard once, but not within the last `seconds`."""
    return list(Heartbeat.objects.filter(seen_at__lt=later(timedelta(seconds=-seconds))).order_by("name"))


def _runs(name: str) -> bool:
    """Whether the process of this machine that is called so exists."""
    try:
        os.kill(int(name.rpartition(":")[2]), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        return True
    return True
