"""Webhook subscriptions (contract 14)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict

from kaizala_admin.kaizala.errors import InvalidInput
from kaizala_admin.kaizala.hosts import is_loopback, split_url
from kaizala_admin.kaizala.limits import (
    require_aware,
    require_choice,
    require_header_safe,
    require_id,
    require_some,
    require_text,
    writable_text,
)

from .base import Json

OBJECT_TYPES = ("Group", "Action", "ActionPackage")

# The names that the contract knows (15); others are let through, as Kaizala may know more.
EVENT_TYPES = (
    "TextMessageCreated",
    "AttachmentCreated",
    "Announcement",
    "JobCreated",
    "JobResponse",
    "SurveyCreated",
    "SurveyResponse",
    "ActionCreated",
    "ActionResponse",
    "PollCreated",
    "PollResponse",
    "LetsMeetCreated",
    "LetsMeetResponse",
    "MemberAdded",
    "MemberRemoved",
    "GroupAdded",
    "GroupRemoved",
)


class WebhookChanges(TypedDict, total=False):
    """What `update_webhook` can change."""

    object_id: str
    object_type: str
    event_types: tuple[str, ...]
    callback_url: str
    callback_token: str
    callback_context: str
    validity: datetime
    active: bool


_WIRE_NAMES = {
    "object_id": "objectId",
    "object_type": "objectType",
    "event_types": "eventTypes",
    "callback_url": "callBackUrl",
    "callback_token": "callBackToken",
    "callback_context": "callBackContext",
    "validity": "validity",
    "active": "Active",
}


def _check_url(value: str) -> str:
    require_text(value, "callback_url")
    parts = split_url(value)
    if parts is None or not parts.hostname:
        raise InvalidInput("Give a whole web address, like https://example.org/hook.", field="callback_url")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname)):
        raise InvalidInput("Kaizala calls back over https only. Use an https address.", field="callback_url")
    return value


def _wire_value(name: str, value: Any) -> Any:
    """Check one field and turn it into what goes over the wire; validity goes as epoch milliseconds."""
    match name:
        case "object_id":
            return require_id(value, name)
        case "object_type":
            return require_choice(value, OBJECT_TYPES, name)
        case "event_types":
            require_some(tuple(value), name)
            return [require_text(item, name) for item in value]
        case "callback_url":
            return _check_url(value)
        case "callback_token":
            return require_header_safe(value, name)
        case "callback_context":
            return writable_text(value, name)
        case "validity":
            return int(require_aware(value, name).timestamp() * 1000)
        case "active":
            return "true" if value else "false"
    raise InvalidInput(f"A webhook has no field “{name}”.", field=name)


def webhook_changes_body(changes: WebhookChanges) -> Json:
    """The body of `PUT /v1/webhook/{webhook}`: only what changes."""
    if not changes:
        raise InvalidInput("Name at least one change.", field="changes")
    values = {name: _wire_value(name, value) for name, value in changes.items()}
    return {_WIRE_NAMES[name]: value for name, value in values.items()}


@dataclass(frozen=True)
class WebhookSubscription:
    """Events about one object, to be posted to `callback_url` until `validity` (default two years)."""

    object_id: str
    object_type: str
    event_types: tuple[str, ...]
    callback_url: str
    callback_token: str = ""
    callback_context: str = ""
    validity: datetime | None = None

    def __post_init__(self) -> None:
        self.body()

    def body(self) -> Json:
        needed = ("object_id", "object_type", "event_types", "callback_url")
        optional = ("callback_token", "callback_context", "validity")
        names = (*needed, *(name for name in optional if getattr(self, name)))
        return {_WIRE_NAMES[name]: _wire_value(name, getattr(self, name)) for name in names}
