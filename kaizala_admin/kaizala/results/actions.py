"""Actions that were sent, and what people answered (contract 10)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .reading import first_text, listed, lowered, moment, needed_list, text, truth, unreadable


@dataclass(frozen=True)
class ActionItem:
    """One action of a list. `body` is as Kaizala gave it: its keys differ by the action's type."""

    reference_id: str
    action_id: str
    action_type: str
    package_id: str
    sender: str
    sent_at: datetime | None
    title: str
    body: Mapping[str, Any]


@dataclass(frozen=True)
class ActionPage:
    """No cursor: the next page starts from the last `sent_at`."""

    actions: tuple[ActionItem, ...]
    has_more: bool


@dataclass(frozen=True)
class ReceivedAnswer:
    """One answer; its shape goes by the question's type (contract 15)."""

    title: str
    type: str
    options: tuple[str, ...]
    answer: Any
    is_invisible: bool


@dataclass(frozen=True)
class ReceivedResponse:
    """What one person answered. A job's response has `is_completed`, the others have `answers`."""

    response_id: str
    responder: str
    responder_id: str
    responder_name: str
    responder_profile_pic: str
    sent_at: datetime | None
    is_completed: bool | None
    answers: tuple[ReceivedAnswer, ...]


@dataclass(frozen=True)
class ActionDetails:
    """One action. `action_type` is "" for a custom one; `details` is as Kaizala gave it."""

    action_id: str
    action_type: str
    package_id: str
    title: str
    sender: str
    sent_at: datetime | None
    details: Mapping[str, Any]
    responses: tuple[ReceivedResponse, ...]


def _action_type(name: str) -> str:
    """Kaizala's own spelling, as enum values come in any case (contract 1.6)."""
    return _SPELLINGS.get(name.lower(), name)


_NAMES = (
    "Announcement",
    "Poll",
    "Survey",
    "Job",
    "LetsMeet",
    "Image",
    "Album",
    "Audio",
    "Document",
    "Video",
    "ShareLocation",
    "PhotoWithLocation",
)
_SPELLINGS = {name.lower(): name for name in _NAMES}


def _read_item(raw: object) -> ActionItem:
    record = lowered(raw)
    body = record.get("actionbody")
    inside = lowered(body)
    return ActionItem(
        reference_id=text(record.get("referenceid")),
        action_id=first_text(inside, "actionid") or text(record.get("actionid")),
        action_type=_action_type(text(record.get("actiontype"))),
        package_id=first_text(record, "packageid", "actionpackageid", "id"),
        sender=text(record.get("sender")),
        sent_at=moment(record.get("sentat")) or moment(record.get("creationtime")),
        title=first_text(inside, "title", "question"),
        body=body if isinstance(body, Mapping) else {},
    )


def read_action_page(body: Mapping[str, Any]) -> ActionPage:
    items = tuple([_read_item(raw) for raw in needed_list(body, "actions")])
    return ActionPage(items, truth(body.get("hasmore")) is True)


def _option_titles(raw: object) -> tuple[str, ...]:
    return tuple(
        [item if isinstance(item, str) else text(lowered(item).get("title")) for item in listed(raw)]
    )


def _read_answer(raw: object) -> ReceivedAnswer:
    record = lowered(raw)
    return ReceivedAnswer(
        title=text(record.get("title")),
        type=text(record.get("type")),
        options=_option_titles(record.get("options")),
        answer=record.get("answer", record.get("value")),
        is_invisible=truth(record.get("isinvisible")) is True,
    )


def _by_position(answers: list[Any], questions: list[Any]) -> list[Any]:
    """Bare answers take title, type and options from the question at the same place."""
    asked = [lowered(question) for question in questions]
    return [
        {**(asked[place] if place < len(asked) else {}), "answer": answer}
        for place, answer in enumerate(answers)
    ]


def _read_answers(record: Mapping[str, Any], questions: list[Any]) -> tuple[ReceivedAnswer, ...]:
    raws = listed(record.get("responsewithquestions"))
    if not raws:
        bare = [record["answer"]] if "answer" in record else []
        raws = _by_position(listed(record.get("answers")) or bare, questions)
    return tuple([_read_answer(raw) for raw in raws])


def read_response(raw: object, questions: list[Any]) -> ReceivedResponse:
    """One response as a detail call or an event tells it. Bare answers are named after `questions`."""
    outer = lowered(raw)
    details = lowered(outer.get("responsedetails"))
    record = {**outer, **details, **lowered(details.get("response"))}
    return ReceivedResponse(
        response_id=first_text(record, "responseid", "id"),
        responder=first_text(record, "responder", "assignee"),
        responder_id=first_text(record, "responderid", "assigneeid"),
        responder_name=first_text(record, "respondername", "assigneename"),
        responder_profile_pic=first_text(record, "responderprofilepic", "assigneeprofilepic"),
        sent_at=moment(record.get("sentat")) or moment(record.get("responsetime")),
        is_completed=truth(record.get("iscompleted")),
        answers=_read_answers(record, questions),
    )


def _read_responses(body: Mapping[str, Any], inside: Mapping[str, Any]) -> tuple[ReceivedResponse, ...]:
    places = ("responses", "responsedetails")
    found = [listed(record.get(place)) for record in (inside, body) for place in places]
    raws = next((raws for raws in found if raws), [])
    return tuple([read_response(raw, listed(inside.get("questions"))) for raw in raws])


def _unwrap(body: Mapping[str, Any], action_id: str) -> Mapping[str, Any]:
    """The record itself, or the one of a list that carries this id (as in the docs' sample)."""
    listing = listed(body.get("actions"))
    if not listing:
        return body
    same = (raw for raw in listing if _read_item(raw).action_id == action_id)
    return lowered(next(same, listing[0]))


def read_action_details(body: Mapping[str, Any], action_id: str) -> ActionDetails:
    record = _unwrap(body, action_id)
    details = next((record[key] for key in ("actiondetails", "actionbody") if key in record), None)
    if not isinstance(details, Mapping):
        raise unreadable("actionDetails")
    inside = lowered(details)
    return ActionDetails(
        action_id=text(inside.get("actionid")) or action_id,
        action_type=_action_type(text(record.get("actiontype"))),
        package_id=first_text(record, "packageid", "actionpackageid", "id"),
        title=first_text(inside, "title", "question"),
        sender=text(record.get("sender")),
        sent_at=moment(record.get("sentat")) or moment(record.get("creationtime")),
        details=details,
        responses=_read_responses(record, inside),
    )
