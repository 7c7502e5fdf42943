"""A saved audience's rules: a filter over the mirror's members and subscribers."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Self
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet
from django.utils import timezone

from groups.models import Member, Person, Subscriber
from kaizala_admin.connectors.models import Tenant

from .expression import Ids
from .graph import below

EVERYBODY, MEMBERS, SUBSCRIBERS = "everybody", "members", "subscribers"


@dataclass(frozen=True)
class Rules:
    """All have to hold; what is empty asks nothing. `countries` are beginnings of numbers: "+91".

    Without `groups` the whole mirror of the tenant is meant. A `role` asks for members.
    """

    who: str = EVERYBODY
    groups: Ids = ()
    sub_groups: bool = False
    role: str = ""  # Member.Role
    countries: tuple[str, ...] = ()
    registered: str = ""  # "yes", "no"
    name: str = ""  # a part of it
    joined_since: str = ""  # an ISO date, from its first minute in the tenant's time zone
    joined_days: int = 0  # in the last so many days

    @classmethod
    def of(cls, rules: Mapping[str, Any]) -> Self:
        """Reads SavedAudience.rules."""
        told = {key: value for key, value in rules.items() if key in cls.__dataclass_fields__}
        for key in ("groups", "countries"):
            told[key] = tuple(told.get(key) or ())
        return cls(**told)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def people(self, tenant: Tenant) -> list[QuerySet[Any]]:
        """Present people with a number, of the tenant's present groups: members, subscribers, or both."""
        classes: list[type[Person]] = []
        if self.who != SUBSCRIBERS:
            classes.append(Member)
        if self.who != MEMBERS and not self.role:
            classes.append(Subscriber)
        return [self._of_class(one, tenant) for one in classes]

    def _of_class(self, row_class: Any, tenant: Tenant) -> QuerySet[Any]:
        rows = row_class.objects.filter(
            gone_at__isnull=True, group__gone_at__isnull=True, group__tenant=tenant
        ).exclude(mobile_number="")
        if self.groups:
            rows = rows.filter(group__in=below(self.groups) if self.sub_groups else self.groups)
        if self.role:
            rows = rows.filter(role=self.role)
        if self.countries:
            rows = rows.filter(self._from_countries())
        if self.registered:
            rows = rows.filter(is_provisioned=self.registered == "yes")
        if self.name:
            rows = rows.filter(name__icontains=self.name)
        if since := self._since(tenant):
            rows = rows.filter(Q(first_seen_at__gte=since) | Q(back_at__gte=since))
        return rows.order_by()  # type: ignore[no-any-return]

    def _from_countries(self) -> Q:
        """By the index on the number: from the first that begins so to the first that does not any more."""
        wanted = Q()
        for start in self.countries:
            wanted |= Q(mobile_number__gte=start, mobile_number__lt=start[:-1] + chr(ord(start[-1]) + 1))
        return wanted

    def _since(self, tenant: Tenant) -> datetime | None:
        asked = []
        if self.joined_since:
            midnight = datetime.combine(date.fromisoformat(self.joined_since), time())
            asked.append(midnight.replace(tzinfo=ZoneInfo(tenant.time_zone)))
        if self.joined_days:
            asked.append(timezone.now() - timedelta(days=self.joined_days))
        return max(asked, default=None)
