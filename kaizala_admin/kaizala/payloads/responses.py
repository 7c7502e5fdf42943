"""Answers to surveys, jobs and custom actions (contract 11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kaizala_admin.kaizala.limits import require_aware, require_id, require_number, writable_text

from .base import Json, Place

# Text, SingleOption, Image: str. Numeric: a number. Date, DateTime: an aware datetime, or epoch seconds.
# MultiOption, AttachmentList: a sequence of str. Location: a Place. None: no answer to a hidden question.
Answer = str | int | float | datetime | Place | Sequence[str] | None


def answer_value(answer: Answer) -> Any:
    if answer is None:
        return None
    if isinstance(answer, str):
        return writable_text(answer, "answers")
    if isinstance(answer, datetime):
        return int(require_aware(answer, "answers").timestamp())
    if isinstance(answer, Place):
        return answer.answer()
    if isinstance(answer, Sequence):
        return [writable_text(item, "answers") for item in answer]
    return require_number(answer, "answers")


def _enveloped(head: Json, response_id: str, body: Json) -> Json:
    if response_id:
        head["responseId"] = response_id
    return {**head, "actionBody": body}


@dataclass(frozen=True)
class JobResponse:
    """A job is done, or is not; `response_id` changes an earlier response."""

    is_completed: bool
    response_id: str = ""

    def envelope(self) -> Json:
        return _enveloped({"actionType": "Job"}, self.response_id, {"isCompleted": self.is_completed})


def _answers_body(answers: tuple[Answer, ...], name: str, location: Place | None) -> Json:
    body: Json = {"answers": [answer_value(answer) for answer in answers]}
    if name:
        body["responseName"] = writable_text(name, "response_name")
    if location:
        body["responseLocation"] = location.body()
    return body


@dataclass(frozen=True)
class SurveyResponse:
    """Answers by position, one a question, hidden ones too; `response_id` changes an earlier response."""

    answers: tuple[Answer, ...]
    response_id: str = ""
    response_name: str = ""
    response_location: Place | None = None

    def __post_init__(self) -> None:
        self.envelope()

    def envelope(self) -> Json:
        body = _answers_body(self.answers, self.response_name, self.response_location)
        return _enveloped({"actionType": "Survey"}, self.response_id, body)


@dataclass(frozen=True)
class ActionResponse:
    """The same, for an instance of the action package `package_id`."""

    package_id: str
    answers: tuple[Answer, ...]
    response_id: str = ""
    response_name: str = ""
    response_location: Place | None = None

    def __post_init__(self) -> None:
        require_id(self.package_id, "package_id")
        self.envelope()

    def envelope(self) -> Json:
        body = _answers_body(self.answers, self.response_name, self.response_location)
        return _enveloped({"id": self.package_id}, self.response_id, body)
