"""A subscription, and Kaizala's side of it: bodies as the contract has them, posted to the receiver."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from kaizala_admin.connectors.models import Connector, Grant, Tenant
from kaizala_admin.webhooks import hooks, router
from kaizala_admin.webhooks.models import Subscription
from kaizala_admin.webhooks.router import Received

HOME = "http://127.0.0.1:8000"


@pytest.fixture(autouse=True)
def fresh(settings: Settings) -> Iterator[None]:
    settings.KAIZALA_PUBLIC_URL = HOME
    hooks.forget()
    yield
    hooks.forget()


@pytest.fixture
def grant(db: None) -> Grant:
    connector = Connector.objects.create(
        tenant=Tenant.objects.create(name="Harvest & Health"),
        name="North",
        api_root="http://127.0.0.1:9",
        application_id="a",
        application_secret="s",
    )
    return Grant.objects.create(
        connector=connector, name="Whole", kind=Grant.Kind.TENANT, refresh_token="refresh"
    )


def subscription_of(grant: Grant, object_id: str = "group-1", **more: Any) -> Subscription:
    row = Subscription(
        connector=grant.connector,
        grant=grant,
        object_id=object_id,
        label=f"Name of {object_id}",
        event_types=["TextMessageCreated"],
        **{"state": Subscription.State.ACTIVE, **more},
    )
    row.keep_digests()
    row.save()
    return row


@pytest.fixture
def hook(grant: Grant) -> Subscription:
    return subscription_of(grant)


def body_of(event_type: str = "TextMessageCreated", event_id: str = "e-1", **data: Any) -> dict[str, Any]:
    """An envelope as the contract has it (15)."""
    return {
        "objectId": "group-1",
        "objectType": "Group",
        "eventType": event_type,
        "eventId": event_id,
        "data": data or {"text": "The rain comes on Friday"},
        "context": "",
        "fromUser": "+919876543210",
        "fromUserId": "person-1",
        "fromUserName": "Asha Rao",
        "fromUserProfilePic": "",
        "subscriptionId": "remote-1",
    }


Post = Callable[..., HttpResponse]


@pytest.fixture
def post(hook: Subscription) -> Post:
    """Posts a body, as Kaizala does."""

    def send(body: Any, to: Subscription = hook, header: str | None = None, path: str | None = None) -> Any:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return Client().post(
            path or to.path,
            data=raw,
            content_type="application/json",
            headers={"kz-callback-token": to.callback_token if header is None else header},
        )

    return send


@dataclass
class Ear:
    """A handler that keeps what it is told. `refuse` says which event IDs it raises at."""

    heard: list[Received] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    refuse: set[str] = field(default_factory=set)
    error: Exception = field(default_factory=lambda: ValueError("There is no such survey yet."))

    def __call__(self, events: Sequence[Received]) -> None:
        if self.refuse & {one.event_id for one in events}:
            raise self.error
        self.batches.append(len(events))
        self.heard += events

    def __hash__(self) -> int:
        return id(self)


@pytest.fixture
def ear(monkeypatch: pytest.MonkeyPatch) -> Ear:
    """The only handler there is, of texts and of answers."""
    made = Ear()
    handlers = {"TextMessageCreated": [made], "SurveyResponse": [made], "JobResponse": [made]}
    monkeypatch.setattr(router, "_HANDLERS", handlers)
    return made
