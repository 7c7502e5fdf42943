"""Surveys and their questions (contract 9)."""

from __future__ import annotations

from dataclasses import dataclass

from kaizala_admin.kaizala.limits import (
    require_choice,
    require_count,
    require_some,
    require_text,
    writable_text,
)

from .base import Json

QUESTION_TYPES = (
    "SingleOption",
    "MultiOption",
    "Text",
    "Image",
    "Numeric",
    "Date",
    "DateTime",
    "Location",
    "AttachmentList",
)
_WITH_OPTIONS = ("SingleOption", "MultiOption")

# Who sees the answers: all, the sender, admins, members and subscribers; "" leaves it to Kaizala.
VISIBILITIES = ("", "0", "1", "2", "3")


@dataclass(frozen=True)
class Question:
    """One question; options are the titles to choose from, needed for SingleOption and MultiOption."""

    title: str
    type: str = "Text"
    options: tuple[str, ...] = ()
    is_invisible: bool = False

    def __post_init__(self) -> None:
        require_text(self.title, "questions")
        require_choice(self.type, QUESTION_TYPES, "questions")
        if self.type in _WITH_OPTIONS:
            require_some(self.options, "options")
        for option in self.options:
            require_text(option, "options")

    def body(self) -> Json:
        body: Json = {"title": self.title, "type": self.type, "isInvisible": self.is_invisible}
        if self.options:
            body["options"] = [{"title": option} for option in self.options]
        return body


@dataclass(frozen=True)
class Survey:
    """Questions, to be answered within `due_in_hours`; `cover_image` is a media resource."""

    title: str
    questions: tuple[Question, ...]
    due_in_hours: int = 24
    is_anonymous: bool = False
    is_sender_only: bool = False
    accept_multiple_responses: bool = False
    visibility: str = ""
    description: str = ""
    cover_image: str = ""

    def __post_init__(self) -> None:
        require_text(self.title, "title")
        require_some(self.questions, "questions")
        require_count(self.due_in_hours, "due_in_hours")
        require_choice(self.visibility, VISIBILITIES, "visibility")
        writable_text(self.description, "description")

    def envelope(self) -> Json:
        body: Json = {
            "title": self.title,
            "dueDate": self.due_in_hours,
            "isAnonymous": self.is_anonymous,
            "isSenderOnly": self.is_sender_only,
            "acceptMultipleResponses": self.accept_multiple_responses,
            "questions": [question.body() for question in self.questions],
        }
        body |= {"Visibility": self.visibility} if self.visibility else {}
        body |= {"Description": self.description} if self.description else {}
        body |= {"CoverImage": self.cover_image} if self.cover_image else {}
        return {"actionType": "Survey", "actionBody": body}
