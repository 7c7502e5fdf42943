"""Custom actions: instances of an action package (contract 9)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kaizala_admin.kaizala.limits import (
    require_choice,
    require_count,
    require_id,
    require_text,
    writable_text,
)

from .base import Json
from .survey import Question

PROPERTY_TYPES = (
    "Text",
    "Numeric",
    "Location",
    "DateTime",
    "StringList",
    "Attachment",
    "StringSet",
    "AttachmentList",
)


@dataclass(frozen=True)
class ActionProperty:
    """A named value that the package's card reads; `value` is anything that JSON can hold."""

    name: str
    value: Any
    type: str = "Text"

    def __post_init__(self) -> None:
        require_text(self.name, "properties")
        require_choice(self.type, PROPERTY_TYPES, "properties")

    def body(self) -> Json:
        return {"name": self.name, "type": self.type, "value": self.value}


@dataclass(frozen=True)
class CustomAction:
    """An instance of the package `package_id`. What is left as None or empty is not sent."""

    package_id: str
    title: str = ""
    validity: int | None = None
    questions: tuple[Question, ...] = ()
    properties: tuple[ActionProperty, ...] = ()
    due_in_hours: int | None = None
    is_anonymous: bool | None = None
    is_sender_only: bool | None = None
    accept_multiple_responses: bool | None = None

    def __post_init__(self) -> None:
        require_id(self.package_id, "package_id")
        writable_text(self.title, "title")
        if self.validity is not None:
            require_count(self.validity, "validity")
        if self.due_in_hours is not None:
            require_count(self.due_in_hours, "due_in_hours")

    def envelope(self) -> Json:
        body: Json = {
            "title": self.title or None,
            "validity": self.validity,
            "dueDate": self.due_in_hours,
            "isAnonymous": self.is_anonymous,
            "isSenderOnly": self.is_sender_only,
            "acceptMultipleResponses": self.accept_multiple_responses,
            "questions": [question.body() for question in self.questions] or None,
            "properties": [item.body() for item in self.properties] or None,
        }
        set_only = {name: value for name, value in body.items() if value is not None}
        return {"id": self.package_id, "actionBody": set_only}
