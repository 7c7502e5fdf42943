"""Webhooks as Kaizala lists them (contract 14)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .reading import first_text, listed, lowered, moment, needed_list, text, truth


@dataclass(frozen=True)
class Webhook:
    """One subscription; an inactive one was disabled after failed deliveries and can be enabled again."""

    webhook_id: str
    object_id: str
    object_type: str
    event_types: tuple[str, ...]
    callback_url: str = field(repr=False)
    callback_token: str = field(repr=False)
    callback_context: str
    created_at: datetime | None
    validity: datetime | None
    active: bool


def _read_webhook(raw: object) -> Webhook:
    record = lowered(raw)
    events = listed(record.get("events")) or listed(record.get("eventtypes"))
    return Webhook(
        webhook_id=first_text(record, "id", "webhookid"),
        object_id=text(record.get("objectid")),
        object_type=text(record.get("objecttype")),
        event_types=tuple([text(item) for item in events]),
        callback_url=text(record.get("callbackurl")),
        callback_token=text(record.get("callbacktoken")),
        callback_context=text(record.get("callbackcontext")),
        created_at=moment(record.get("ts")),
        validity=moment(record.get("validity")),
        active=truth(record.get("active")) is not False,
    )


def read_webhooks(body: Mapping[str, Any]) -> tuple[Webhook, ...]:
    return tuple([_read_webhook(raw) for raw in needed_list(body, "webhooks")])
