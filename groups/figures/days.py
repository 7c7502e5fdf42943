"""Who came and went, counted by group and day."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Max, Min, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from groups.models import Member, Subscriber, SyncRun
from kaizala_admin.outbox.models import State

from .models import FIELDS, DailyTotal, Return, TenantTotal

FIRST_LOOK = timedelta(days=366)  # how far back the first count goes
AGAIN = timedelta(days=2)  # days that are counted anew each time: late events still change them
# Of the end of the first sync: its last page is dated by the worker's clock, its end by the database's, and
# either may be the later one. Whoever joins within this minute is taken to have been there.
AT_ONCE = timedelta(minutes=1)
Totals = dict[tuple[int, date], Counter[str]]


def count_days() -> int:
    """Counts the latest days anew and leaves the older ones as they were; returns how many rows there are."""
    start = _start()
    first, totals = timezone.localdate(start), _totals(start)
    with transaction.atomic():
        DailyTotal.objects.filter(day__gte=first).delete()
        rows = [DailyTotal(group_id=group, day=day, **found) for (group, day), found in totals.items()]
        DailyTotal.objects.bulk_create(rows, batch_size=500)
        add_up(first)
    Return.objects.filter(day__lt=timezone.localdate() - FIRST_LOOK).delete()
    return len(rows)


def _totals(start: datetime) -> Totals:
    """Of those who are here or gone, by their own dates; and of those who left and came back."""
    totals: Totals = defaultdict(Counter)
    for model, name in ((Member, "members"), (Subscriber, "subscribers")):
        for group, day, count in _joined(model, start):
            totals[group, day][f"{name}_joined"] = count
        left = model._default_manager.filter(gone_at__gte=start)
        for group, day, count in _by_day(left, "gone_at"):
            totals[group, day][f"{name}_left"] = count
    back = Return.objects.filter(day__gte=timezone.localdate(start)).values_list("group", "day", *FIELDS)
    for group, day, *counts in back:
        totals[group, day].update(dict(zip(FIELDS, counts, strict=True)))
    return totals


def add_up(first: date = date.min) -> None:
    """The tenants' totals from this day on, anew from those of their groups."""
    TenantTotal.objects.filter(day__gte=first).delete()
    days = DailyTotal.objects.filter(day__gte=first).order_by().values_list("group__tenant", "day")
    rows = days.annotate(*(Sum(name) for name in FIELDS))
    TenantTotal.objects.bulk_create(
        TenantTotal(tenant_id=tenant, day=day, **dict(zip(FIELDS, sums, strict=True)))
        for tenant, day, *sums in rows
    )


def _start() -> datetime:
    """The first moment of the first day that is counted."""
    last = DailyTotal.objects.aggregate(last=Max("day"))["last"]
    day = timezone.localdate() - FIRST_LOOK if last is None else min(last, timezone.localdate()) - AGAIN
    return timezone.make_aware(datetime.combine(day, time.min))


def _joined(model: type[Any], start: datetime) -> Iterator[tuple[int, date, int]]:
    """Not those whom a group's first finished sync found: they had been there before.

    Groups where nobody came since are dropped by one look at each group's newest row: after the first sync of
    an organisation that is nearly all of them.
    """
    known = SyncRun.objects.filter(kind=SyncRun.Kind.GROUP, state=State.SENT).order_by()
    ends = known.filter(settled_at__isnull=False).values_list("group").annotate(at=Min("settled_at"))
    first = {group: at + AT_ONCE for group, at in ends}
    rows = model._default_manager.filter(first_seen_at__gte=start).order_by()
    newest = dict(rows.values_list("group").annotate(at=Max("first_seen_at")))
    came = {group: at for group, last in newest.items() if (at := first.get(group)) is not None and at < last}
    young = {group: at for group, at in came.items() if at >= start}
    yield from _by_day(rows.filter(group__in=came.keys() - young.keys()), "first_seen_at")
    for group, at in young.items():
        yield from _by_day(rows.filter(group=group, first_seen_at__gt=at), "first_seen_at")


def _by_day(rows: QuerySet[Any], field: str) -> Any:
    days = rows.order_by().annotate(day=TruncDate(field)).values_list("group_id", "day")
    return days.annotate(count=Count("pk"))
