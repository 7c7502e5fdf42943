"""One person across all groups: the mirror has a row for each group, the number ties them together."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.fernet import InvalidToken
from django.urls import reverse

from groups.models import Member, Subscriber
from kaizala_admin.connectors.fields import ring


@dataclass(frozen=True)
class Somebody:
    """All that the mirror knows under one number; of somebody without a number, under one user ID."""

    number: str  # "+91...", or "" when Kaizala did not tell it
    person_id: str
    members: tuple[Member, ...]  # present ones first
    subscribers: tuple[Subscriber, ...]

    @property
    def rows(self) -> tuple[Any, ...]:
        """Those that are present first."""
        return tuple(sorted((*self.members, *self.subscribers), key=lambda row: row.gone_at is not None))

    @property
    def present(self) -> tuple[Any, ...]:
        return tuple([row for row in self.rows if row.gone_at is None])

    @property
    def name(self) -> str:
        """The name in the row that was seen last; a person may be called differently in two tenants."""
        named = [row for row in self.rows if row.name]
        latest = max(named, key=lambda row: (row.gone_at is None, row.first_seen_at), default=None)
        return latest.name if latest else ""

    @property
    def is_provisioned(self) -> bool:
        """Whether any present row says that the app is set up."""
        return any(row.is_provisioned for row in self.present or self.rows)

    @property
    def first_seen_at(self) -> datetime | None:
        return min([row.first_seen_at for row in self.rows], default=None)

    @property
    def gone_at(self) -> datetime | None:
        """When the last membership ended; None while there is one."""
        if self.present:
            return None
        return max([row.gone_at for row in self.rows], default=None)

    @property
    def key(self) -> str:
        return key_of(self.number)


def key_of(number: str) -> str:
    """The number as an address may hold it: addresses stand in logs, and numbers must not."""
    return ring().encrypt(number.encode()).decode()


def number_of(key: str) -> str:
    """Raises LookupError for a key that is none of ours."""
    try:
        return ring().decrypt(key.encode()).decode()
    except (InvalidToken, ValueError) as error:
        raise LookupError(key) from error


def person_url(number: str) -> str:
    """The page of the person with this number; it exists for numbers that were only written to, too."""
    return reverse("admin:groups_person", args=[key_of(number)])


def by_number(number: str) -> Somebody:
    """Two queries."""
    return _somebody(number, "", {"mobile_number": number})


def by_row(row: Member | Subscriber) -> Somebody:
    """The person behind this row of the mirror."""
    if row.mobile_number:
        return by_number(row.mobile_number)
    same = {"person_id": row.person_id, "group__tenant": row.group.tenant_id}
    return _somebody("", row.person_id, same)


def _somebody(number: str, person_id: str, same: dict[str, Any]) -> Somebody:
    members = _rows(Member, same)
    subscribers = _rows(Subscriber, same)
    found = person_id or next((row.person_id for row in (*members, *subscribers)), "")
    return Somebody(number, found, tuple(members), tuple(subscribers))


def _rows(model: type[Any], same: dict[str, Any]) -> list[Any]:
    rows = model._default_manager.filter(**same).select_related("group__tenant")
    return sorted(rows, key=lambda row: (row.gone_at is not None, row.group.name))
