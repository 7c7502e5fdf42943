"""Quiet hours of a tenant: calls of its broadcasts wait until the window opens."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from kaizala_admin.connectors.models import Tenant
from kaizala_admin.outbox.classification import NotYet
from kaizala_admin.outbox.models import State
from kaizala_admin.outbox.services import change, nudge
from messaging.models import Broadcast, Dispatch

from .rules import resolve

REASON = "quiet_hours"  # of a call that waits for the window


def opens_at(tenant: Tenant, instant: datetime) -> datetime | None:
    """When the quiet hours that hold `instant` are over; None outside of them."""
    start, end = tenant.quiet_from, tenant.quiet_until
    if start is None or end is None:
        return None
    zone = ZoneInfo(tenant.time_zone)
    local = instant.astimezone(zone)
    clock = local.time()
    inside = start <= clock < end if start < end else (clock >= start or clock < end)
    if not inside:
        return None
    opening = resolve(zone, local.date(), end).at
    while opening <= instant:
        local += timedelta(days=1)
        opening = resolve(zone, local.date(), end).at
    return opening


def held_until(broadcast: Broadcast, tenant: Tenant) -> datetime | None:
    """When the quiet hours that hold it now are over; None when none do. `tenant` is its own, as loaded."""
    free = broadcast.ignore_quiet or broadcast.is_test
    return None if free else opens_at(tenant, timezone.now())


def need_open(broadcast: Broadcast, tenant: Tenant) -> None:
    """Just before a call. Raises NotYet in quiet hours: the tick that holds its calls may come too late."""
    if opening := held_until(broadcast, tenant):
        raise NotYet(REASON, (opening - timezone.now()).total_seconds())


def words(broadcast: Broadcast) -> str:
    """When the quiet hours that hold it now are over, for a person; "" when none do."""
    tenant = broadcast.tenant
    opening = held_until(broadcast, tenant)
    if opening is None:
        return ""
    local = formats.date_format(opening.astimezone(ZoneInfo(tenant.time_zone)), "j F, H:i")
    return _("These are quiet hours: its calls wait until %(time)s (%(zone)s), then go by themselves.") % {
        "time": local,
        "zone": tenant.time_zone,
    }


def hold(broadcast_ids: Sequence[int], now: datetime | None = None) -> int:
    """Waiting calls of these broadcasts wait until their tenant's window opens. Returns how many."""
    now = now or timezone.now()
    rows = Broadcast.objects.filter(
        pk__in=broadcast_ids, ignore_quiet=False, is_test=False, tenant__quiet_from__isnull=False
    )
    held = 0
    for broadcast in rows.select_related("tenant"):
        if opening := opens_at(broadcast.tenant, now):
            held += _hold(Dispatch.objects.filter(broadcast=broadcast), opening)
    return held


def tick(now: datetime | None = None) -> int:
    """Holds what came into the quiet hours, lets go what came out of them. Returns how many calls changed."""
    now = now or timezone.now()
    changed = 0
    waiting = Dispatch.objects.filter(state=State.QUEUED)
    for tenant in Tenant.objects.all():
        opening = opens_at(tenant, now)
        rows = waiting.filter(broadcast__tenant=tenant)
        if opening is None:
            changed += _release(rows.filter(reason=REASON))
        else:
            going = Broadcast.objects.filter(
                tenant=tenant, state=Broadcast.State.RUNNING, ignore_quiet=False, is_test=False
            )
            changed += _hold(waiting.filter(broadcast__in=list(going.values_list("pk", flat=True))), opening)
    return changed


def _hold(rows: QuerySet[Dispatch], opening: datetime) -> int:
    early = rows.filter(state=State.QUEUED, held=False, not_before__lt=opening)
    return change(early, not_before=opening.astimezone(UTC), reason=REASON, permits=0)


def _release(rows: QuerySet[Dispatch]) -> int:
    keys = list(rows.values_list("pk", flat=True)[:1])
    if not keys:
        return 0
    connectors = list(rows.order_by().values_list("connector_id", flat=True).distinct())
    ids = Dispatch.objects.filter(pk__in=rows.order_by().values("pk"), state=State.QUEUED, reason=REASON)
    count = change(ids, not_before=Now(), reason="")
    nudge(connectors)
    return count
