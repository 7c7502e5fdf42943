"""How much of the budgets went in the last minute, counted on what really travelled (the API call log)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count

from .clock import epoch, later
from .models import ApiCall, Bucket, Connector


@dataclass(frozen=True)
class Usage:
    """Calls of the last 60 seconds and calls allowed in as many; `paused_for` in seconds, or 0."""

    used_last_minute: int
    allowed: int
    tenant_used: int
    tenant_allowed: int
    paused_for: float


def usage(connector_ids: Collection[int]) -> dict[int, Usage]:
    """Three queries, however many connectors. Unknown ids are left out."""
    fields = ("pk", "tenant_id", "calls_per_minute", "tenant__calls_per_minute")
    found = list(Connector.objects.filter(pk__in=connector_ids).order_by().values_list(*fields))
    by_connector, by_tenant = _counts({tenant for _, tenant, *_ in found})
    pauses = _pauses([pk for pk, *_ in found])
    return {
        pk: Usage(by_connector.get(pk, 0), allowed, by_tenant.get(tenant, 0), of_tenant, pauses.get(pk, 0.0))
        for pk, tenant, allowed, of_tenant in found
    }


def _counts(tenant_ids: Collection[int]) -> tuple[dict[int, int], dict[int, int]]:
    calls = ApiCall.objects.filter(connector__tenant__in=tenant_ids, at__gt=later(timedelta(seconds=-60)))
    rows = calls.order_by().values_list("connector_id", "connector__tenant_id").annotate(Count("pk"))
    by_connector: dict[int, int] = {}
    by_tenant: dict[int, int] = {}
    for connector_id, tenant_id, count in rows:
        by_connector[connector_id] = count
        by_tenant[tenant_id] = by_tenant.get(tenant_id, 0) + count
    return by_connector, by_tenant


def _pauses(connector_ids: Collection[int]) -> dict[int, float]:
    now = epoch()
    paused = Bucket.objects.filter(pk__in=[f"connector:{pk}" for pk in connector_ids], paused_until__gt=now)
    return {int(bucket.key.partition(":")[2]): bucket.paused_until - now for bucket in paused}
