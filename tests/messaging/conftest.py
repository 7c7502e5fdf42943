"""A small organisation in the mirror, people with roles, and a recorder in the client's place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.contrib.auth.models import Group as Role
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from groups.models import Group, Member, Reach, Subscriber
from kaizala_admin.connectors.models import Connector, Grant, Tenant
from kaizala_admin.kaizala import FailedRecipient, Sent
from kaizala_admin.outbox.models import State
from messaging import lines, services
from messaging.audience import GROUPS, PEOPLE, PUBLIC, Choice
from messaging.models import Broadcast, Dispatch


def number(at: int) -> str:
    """The at-th valid Indian mobile number."""
    return f"+9198{at:08d}"


@dataclass
class Org:
    """One tenant, connector and grant; `group` and `public` make groups with people."""

    tenant: Tenant
    connector: Connector
    grant: Grant

    def _group(self, name: str, group_type: str, **counts: int) -> Group:
        now = timezone.now()
        group = Group.objects.create(
            tenant=self.tenant,
            group_id=f"id-{name}",
            name=name,
            group_type=group_type,
            first_seen_at=now,
            synced_at=now,
            **counts,
        )
        Reach.objects.create(grant=self.grant, group=group, role="Admin", first_seen_at=now)
        return group

    def group(self, name: str = "Nurses", people: Sequence[int] = (1, 2, 3)) -> Group:
        group = self._group(name, "Group", member_count=len(people))
        Member.objects.bulk_create([Member(group=group, **_person(at)) for at in people])
        return group

    def public(self, name: str = "Farmers", people: Sequence[int] = (1, 2, 3)) -> Group:
        group = self._group(name, "ConnectGroup", subscriber_count=len(people))
        Subscriber.objects.bulk_create([Subscriber(group=group, **_person(at)) for at in people])
        return group

    def draft(
        self,
        mode: str,
        groups: Sequence[Group],
        numbers: str | None = None,
        message: str = "Hello",
        **more: Any,
    ) -> Broadcast:
        return services.save_draft(
            tenant=self.tenant,
            choice=Choice(mode, tuple(group.pk for group in groups), **more),
            content={"message": message},
            by=None,
            numbers=None if numbers is None else lines.from_text(numbers, "IN"),
        )

    def launched(self, mode: str, groups: Sequence[Group], **more: Any) -> Broadcast:
        draft = self.draft(mode, groups, **more)
        assert services.launch(draft, None, services.check(draft).people) is True
        draft.refresh_from_db()
        return draft


def _person(at: int) -> dict[str, Any]:
    return {
        "person_id": f"p{at}",
        "mobile_number": number(at),
        "name": f"Person {at}",
        "is_provisioned": True,
        "first_seen_at": timezone.now(),
    }


@dataclass
class Recorder:
    """Stands where the client stands: keeps what would have gone over the wire."""

    calls: list[tuple[str, str, list[str] | bool]] = field(default_factory=list)
    failed: tuple[FailedRecipient, ...] = ()

    def send_message(self, group_id: str, message: str) -> Sent:
        self.calls.append(("group", group_id, False))
        return Sent(f"ref-{len(self.calls)}", failed=self.failed)

    def send_message_to_subscribers(
        self, group_id: str, message: str, mobile_numbers: Sequence[str] = (), send_to_all: bool = False
    ) -> Sent:
        self.calls.append(("subscribers", group_id, send_to_all or list(mobile_numbers)))
        return Sent(f"ref-{len(self.calls)}", failed=self.failed)

    def drive(self, broadcast: Broadcast) -> None:
        """Sends every call in line, settled as the outbox settles it."""
        for row in Dispatch.objects.filter(broadcast=broadcast, state=State.QUEUED, held=False).order_by(
            "pk"
        ):
            result = row.perform(self)  # type: ignore[arg-type]
            Dispatch.objects.filter(pk=row.pk).update(state=State.SENT, settled_at=timezone.now(), reason="")
            row.record(result)


def break_off(row: Dispatch, state: State, reason: str, detail: str = "") -> None:
    """A call that ended badly, as the outbox writes it down."""
    Dispatch.objects.filter(pk=row.pk).update(state=state, reason=reason, detail=detail)
    row.refresh_from_db()
    row.state_changed(state)


@pytest.fixture
def org(db: None) -> Org:
    tenant = Tenant.objects.create(name="Harvest", many_people=1000, default_region="IN")
    connector = Connector.objects.create(
        tenant=tenant, name="Main", api_root="http://127.0.0.1:1", application_id="a", application_secret="s"
    )
    grant = Grant.objects.create(connector=connector, name="Whole", kind="tenant", refresh_token="r")
    return Org(tenant, connector, grant)


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def person(db: None) -> Callable[[str], User]:
    def make(role: str) -> User:
        user, _ = User.objects.get_or_create(username=role.lower(), defaults={"is_staff": True})
        user.groups.set([Role.objects.get(name=role)])
        return user

    return make


@pytest.fixture
def signed_in(person: Callable[[str], User]) -> Callable[[str], Client]:
    def make(role: str) -> Client:
        client = Client()
        client.force_login(person(role), backend="django.contrib.auth.backends.ModelBackend")
        return client

    return make


__all__ = ["GROUPS", "PEOPLE", "PUBLIC", "Org", "Recorder", "break_off", "number"]
