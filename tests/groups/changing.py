"""Changes as they run in the house: claimed, called and settled by the outbox's pump, over real HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from groups import services
from groups.changes.models import GroupChange
from groups.models import Group, SyncRun
from kaizala_admin.connectors.models import Connector, Tenant
from kaizala_admin.outbox.models import State
from kaizala_admin.outbox.pump import pump

from .conftest import Service


def permit() -> bool:
    """Permits for every waiting row, as the dispatcher hands them out. False when nothing waits."""
    now, waiting = timezone.now(), 0
    for row_class in (GroupChange, SyncRun):
        rows: Any = row_class._default_manager.filter(state=State.QUEUED, held=False)
        waiting += rows.update(
            permits=1, permits_until=now + timedelta(seconds=30), not_before=now - timedelta(seconds=1)
        )
    return bool(waiting)


def run_all() -> None:
    """Until nothing waits any more."""
    while permit():
        for connector in Connector.objects.all():
            pump(connector.pk)


def unlimited() -> None:
    """Budgets that no test waits for."""
    Tenant.objects.update(calls_per_minute=600_000)
    Connector.objects.update(calls_per_minute=600_000)


def some_people(service: Service) -> None:
    """Every group, and the people of two ordinary ones and a public one: a whole sync takes seconds."""
    directory = service.drive(services.start_connector_sync(service.grant.connector)[0])
    mine = Group.objects.filter(reaches__role="Admin").order_by("pk")
    wanted = [*mine.filter(group_type="Group")[:2], *mine.filter(group_type="ConnectGroup")[:1]]
    for child in directory.children.filter(group__in=wanted):
        service.drive(child)
    directory.children.exclude(group__in=wanted).update(state=State.CANCELLED)


def again(row: Any) -> Any:
    """The row as it is stored now."""
    return type(row)._default_manager.get(pk=row.pk)


def outcomes(change: GroupChange) -> dict[str, str]:
    """What came of each number."""
    return {number: result[0] for number, result in again(change).results.items()}


def ordinary() -> Group:
    """A group with members, of which our grant is an admin."""
    return Group.objects.filter(
        group_type="Group", member_count__gt=3, reaches__role="Admin", reaches__gone_at=None
    ).order_by("pk")[0]
