"""What people, and the rooms above, do with connectors and grants."""

import time
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import F, QuerySet

from kaizala_admin.kaizala import GroupInfo

from . import clock, instance, limiter
from .clients import client_for
from .granting import add_grant, begin_pin, finish_pin
from .health import mark_attention, mark_working
from .models import Connector, Grant, Tenant

__all__ = [
    "TestResult",
    "add_connector",
    "add_grant",
    "begin_pin",
    "expiring_grants",
    "finish_pin",
    "forget_access",
    "mark_attention",
    "mark_working",
    "test_connection",
]

WARN_DAYS, URGENT_DAYS = 30, 7


@dataclass(frozen=True)
class TestResult:
    """What a grant reaches, as a real call has just shown; `ms` is how long Kaizala took to answer."""

    grant: Grant
    groups: tuple[GroupInfo, ...]
    ms: int

    __test__ = False  # pytest takes the name for its own

    @property
    def public_groups(self) -> int:
        return sum(group.group_type == "ConnectGroup" for group in self.groups)

    @property
    def names(self) -> list[str]:
        """The first ten groups' names."""
        return [group.name for group in self.groups[:10]]


def add_connector(
    tenant: Tenant, name: str, api_root: str, application_id: str, application_secret: str, **more: object
) -> Connector:
    """Stores a connector; it needs a grant before it can do anything. `more` are other fields of it."""
    return Connector.objects.create(
        tenant=tenant,
        name=name,
        api_root=api_root,
        application_id=application_id,
        application_secret=application_secret,
        **more,
    )


def test_connection(grant: Grant) -> TestResult:
    """Fetches the groups that the grant reaches, with a new try for one that was refused before.

    Raises TokenRefused or the client's errors, whose `message` can be shown.
    """
    if grant.state == Grant.State.REVOKED:
        instance.check_not_held()
        Grant.objects.filter(pk=grant.pk).update(state=Grant.State.WORKING, version=F("version") + 1)
        grant.refresh_from_db(fields=["state", "version"])
        grant.access_token = ""
    client = client_for(grant)
    limiter.debit(grant.connector_id)
    began = time.monotonic()
    groups = client.fetch_groups(show_details=True, all_groups=True)
    ms = int((time.monotonic() - began) * 1000)
    Grant.objects.filter(pk=grant.pk).exclude(state_reason="").update(state_reason="")
    mark_working(grant.connector)
    return TestResult(grant, groups, ms)


test_connection.__test__ = False  # type: ignore[attr-defined]


def expiring_grants(days: int = WARN_DAYS) -> QuerySet[Grant]:
    """Working grants whose refresh token ends within so many days, or has ended; the soonest first.

    Kaizala hands out the next token by itself from day 328 of 365 on (contract 3.3): one that still ends
    within a month was not renewed, and a person must get another.
    """
    soon = clock.later(timedelta(days=days))
    working = Grant.objects.filter(state=Grant.State.WORKING, connector__is_active=True)
    return (
        working.filter(refresh_expires_at__lte=soon)
        .select_related("connector")
        .order_by("refresh_expires_at")
    )


def forget_access(connector: Connector) -> int:
    """After a change of API root, ID or secret: what was bought with the old ones is worth nothing."""
    return connector.grants.update(
        access_token="", access_expires_at=None, endpoint_url="", version=F("version") + 1
    )
