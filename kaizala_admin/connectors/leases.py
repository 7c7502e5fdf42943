"""Who may do what only one process may do at a time: conditional UPDATEs, no locks held (reliability 1.5)."""

from datetime import timedelta

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from . import clock
from .clock import later
from .models import Lease


def acquire(name: str, owner: str, ttl: timedelta) -> int | None:
    """The fence (a number that grows with each owner) when `owner` has the lease now, else None."""
    fence = _take(name, owner, ttl)
    if fence is None and not Lease.objects.filter(pk=name).exists():
        Lease.objects.bulk_create([Lease(name=name)], ignore_conflicts=True)
        fence = _take(name, owner, ttl)
    return fence


def renew(name: str, owner: str, ttl: timedelta) -> bool:
    """Makes it last `ttl` from now. False when it is over or somebody else's: stop what you do."""
    return bool(_held(name, owner).update(expires_at=later(ttl)))


def release(name: str, owner: str) -> None:
    """Lets the next one in at once. Nothing happens when it is not ours any more."""
    Lease.objects.filter(pk=name, owner=owner).update(owner="", expires_at=None, last_run_at=Now())


def seconds_left(name: str) -> float:
    """Until the lease may be taken, on the database's clock; 0 when it is free."""
    ends = Lease.objects.filter(pk=name).values_list("expires_at", flat=True).first()
    return max(0.0, (ends - clock.now()).total_seconds()) if ends else 0.0


def _take(name: str, owner: str, ttl: timedelta) -> int | None:
    free = Q(expires_at=None) | Q(expires_at__lte=Now()) | Q(owner=owner)
    taken = Lease.objects.filter(free, pk=name).update(
        owner=owner, expires_at=later(ttl), fence=F("fence") + 1
    )
    return _held(name, owner).values_list("fence", flat=True).first() if taken else None


def _held(name: str, owner: str) -> QuerySet[Lease]:
    return Lease.objects.filter(pk=name, owner=owner, expires_at__gt=Now())
