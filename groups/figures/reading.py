"""What the pages show of the figures: sums of what was counted, a few queries at any size."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Sum
from django.utils import timezone

from groups.models import Group, Member

from .models import FIELDS, DailyTotal, Headcount, TenantTotal

SUDDEN_SHARE, SUDDEN_LEAST, SUDDEN_DAYS = 0.2, 20, 7
UNSYNCED_DAYS = 7


@dataclass(frozen=True)
class Growth:
    """One value a day in each list; `days` are in order, without gaps."""

    days: list[date]
    series: dict[str, list[int]]

    def total(self, name: str) -> int:
        return sum(self.series[name])

    @property
    def is_empty(self) -> bool:
        return not any(any(values) for values in self.series.values())


def growth(days: int, group: Group | None = None) -> Growth:
    """The last so many days, today included, of all groups or of one. One query."""
    first = timezone.localdate() - timedelta(days=days - 1)
    one: Any = DailyTotal.objects.filter(group=group) if group else TenantTotal.objects.all()
    sums = (
        one.filter(day__gte=first)
        .order_by()
        .values("day")
        .annotate(**{f"sum_{name}": Sum(name) for name in FIELDS})
    )
    found = {row["day"]: row for row in sums}
    span = [first + timedelta(days=at) for at in range(days)]
    series = {name: [found.get(day, {}).get(f"sum_{name}", 0) for day in span] for name in FIELDS}
    return Growth(span, series)


def tenants() -> list[Headcount]:
    """Everybody, counted once a tenant."""
    return list(Headcount.objects.filter(group=None).select_related("tenant").order_by("tenant__name"))


def branches() -> QuerySet[Headcount]:
    """Branches with the most people who are not registered first."""
    rows = Headcount.objects.filter(group__isnull=False, group__gone_at__isnull=True).select_related("group")
    return rows.order_by(F("registered") - F("people"), "group__name", "pk")


def groups() -> QuerySet[Any]:
    """Groups with the most people who are not registered first; `people` counts members and subscribers."""
    rows = _present().filter(unprovisioned_count__gt=0)
    people = F("member_count") + F("subscriber_count")
    return rows.annotate(people=people).order_by("-unprovisioned_count", "name", "pk")


@dataclass(frozen=True)
class Change:
    """A group's size changed by `net` people in a week, from `before`."""

    group: Group
    net: int
    before: int

    @property
    def signed(self) -> str:
        return f"{self.net:+,}"

    @property
    def per_cent(self) -> int:
        return round(100 * self.net / self.before) if self.before else 100


def sudden() -> list[Change]:
    """Groups that grew or shrank by a fifth, and by twenty people, within a week; the largest first."""
    first = timezone.localdate() - timedelta(days=SUDDEN_DAYS - 1)
    joined, left = F("members_joined") + F("subscribers_joined"), F("members_left") + F("subscribers_left")
    rows = (
        DailyTotal.objects.filter(day__gte=first).order_by().values("group").annotate(net=Sum(joined - left))
    )
    large: dict[Any, int] = dict(
        rows.exclude(net__gt=-SUDDEN_LEAST, net__lt=SUDDEN_LEAST).values_list("group", "net")
    )
    found = [_change(group, large[group.pk]) for group in _present().filter(pk__in=large)]
    some = [one for one in found if abs(one.net) >= SUDDEN_SHARE * one.before]
    return sorted(some, key=lambda one: -abs(one.net))


def _change(group: Group, net: int) -> Change:
    return Change(group, net, max(0, group.member_count + group.subscriber_count - net))


def without_admin() -> QuerySet[Group]:
    """Groups with members of whom none is an admin: nobody there can let people in."""
    admins = Member.objects.filter(group=OuterRef("pk"), role=Member.Role.ADMIN, gone_at__isnull=True)
    return _present().filter(~Exists(admins), member_count__gt=0).order_by("-member_count", "name", "pk")


def unsynced() -> QuerySet[Group]:
    """Groups that nobody synced for a week, or ever."""
    before = timezone.now() - timedelta(days=UNSYNCED_DAYS)
    old = Q(synced_at__isnull=True) | Q(synced_at__lt=before)
    return _present().filter(old).order_by(F("synced_at").asc(nulls_first=True), "name", "pk")


def _present() -> QuerySet[Group]:
    return Group.objects.filter(gone_at__isnull=True)
