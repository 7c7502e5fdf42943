"""Both budgets, the connector's and its tenant's, in one atomic step for all processes (design, Limits).

The state is two rows. On SQLite the immediate transaction is the lock; on PostgreSQL the rows are locked, the
tenant's first. The instant is read after the lock was got, on the database's clock.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection, transaction

from .budgets import LONGEST_PAUSE, SLOW_FOR, Budget, Pace
from .clock import epoch
from .models import Bucket, Connector
from .usage import Usage, usage

__all__ = ["Permit", "Usage", "debit", "pause", "take", "usage"]

_turn = threading.Lock()


@dataclass(frozen=True)
class Permit:
    """`calls` may go now (0 up to what was asked); the next one may after `wait` seconds."""

    calls: int
    wait: float


def take(connector_id: int, calls: int = 1) -> Permit:
    """As many of `calls` as both budgets have room for, counted in both. Raises Connector.DoesNotExist."""
    with _budgets(connector_id) as (budgets, now):
        given = max(0, min([calls, *(budget.room(now) for budget in budgets)]))
        if given:
            for budget in budgets:
                budget.use(now, given)
        return Permit(given, max(budget.wait(now) for budget in budgets))


def debit(connector_id: int, calls: int = 1) -> None:
    """Counts calls that are made without a permit (tokens, tests): those after them wait longer."""
    with _budgets(connector_id) as (budgets, now):
        for budget in budgets:
            budget.use(now, calls)


def pause(connector_id: int, seconds: float) -> None:
    """After a 429: nothing of this connector goes for `seconds`, and then a tenth slower for ten minutes."""
    with _budgets(connector_id) as (budgets, now):
        bucket = budgets[-1].bucket
        bucket.paused_until = max(bucket.paused_until, now + min(max(seconds, 0.0), LONGEST_PAUSE))
        bucket.slowed_until = max(bucket.slowed_until, bucket.paused_until + SLOW_FOR)


@contextmanager
def _budgets(connector_id: int) -> Iterator[tuple[list[Budget], float]]:
    """The tenant's and the connector's budget under lock, and the instant; writes at the end what changed."""
    with _one_at_a_time(), transaction.atomic():
        paces = _paces(connector_id)
        buckets = _locked(list(paces))
        before = [(bucket.next_at, bucket.paused_until, bucket.slowed_until) for bucket in buckets]
        yield [Budget(bucket, paces[bucket.key]) for bucket in buckets], epoch()
        for bucket, old in zip(buckets, before, strict=True):
            if (bucket.next_at, bucket.paused_until, bucket.slowed_until) != old:
                bucket.save(force_update=True)


def _paces(connector_id: int) -> dict[str, Pace]:
    """Each budget's key and pace, the tenant's first."""
    fields = ("tenant_id", "tenant__calls_per_minute", "calls_per_minute")
    tenant_id, of_tenant, of_connector = Connector.objects.values_list(*fields).get(pk=connector_id)
    return {f"tenant:{tenant_id}": Pace(of_tenant), connector_key(connector_id): Pace(of_connector)}


def _locked(keys: list[str]) -> list[Bucket]:
    """Always in the same order, so that two takers cannot wait for each other."""
    locking = Bucket.objects.select_for_update().filter(pk__in=keys).order_by("-key")
    found = list(locking)
    if len(found) < len(keys):
        Bucket.objects.bulk_create([Bucket(key=key) for key in keys], ignore_conflicts=True)
        found = list(locking.all())
    return found


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """SQLite's own queue is a sleep of growing length; within one process a lock is fairer."""
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    with _turn:
        yield


def connector_key(connector_id: int) -> str:
    return f"connector:{connector_id}"
