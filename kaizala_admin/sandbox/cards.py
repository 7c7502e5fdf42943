"""Action bodies as they come in, each kind with its limits and defaults (contract 9)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kaizala_admin.sandbox.errors import bad_request
from kaizala_admin.sandbox.fields import Fields
from kaizala_admin.sandbox.questions import read_questions

HOUR = 3600
MEDIA = {"image": "Image", "album": "Album", "audio": "Audio", "document": "Document", "video": "Video"}


@dataclass(frozen=True, slots=True)
class Card:
    """An action ready to be posted; `hours` until it is due, 0 for never."""

    kind: str
    title: str
    body: dict[str, Any]
    hours: int = 0
    package_id: str = ""


def read_card(envelope: Fields) -> Card:
    """Return the action that a request means: exactly one of `actionType` and `id`, and an `actionBody`."""
    kind, package_id = envelope.text("actiontype").lower(), envelope.text("id").strip()
    if bool(kind) == bool(package_id):
        raise bad_request("Give either actionType or id.")
    body = Fields(envelope.get("actionbody"))
    if package_id:
        return _package(body, package_id)
    if kind in MEDIA:
        return _media(body, MEDIA[kind])
    reader = _READERS.get(kind)
    if reader is None:
        raise bad_request(f"The actionType {kind} cannot be created.", "InvalidActionType")
    return reader(body)


def _media(body: Fields, kind: str) -> Card:
    caption = body.text("caption")
    found = {"mediaResource": body.required("mediaresource"), "caption": caption}
    return Card(kind, caption or kind, found)


def _announcement(body: Fields) -> Card:
    title, message = body.text("title"), body.required("message")
    found = {"title": title, "message": message, "mediaResources": body.items("mediaresources")}
    return Card("Announcement", title or message, found)


def _job(body: Fields) -> Card:
    title = body.required("title")
    assigned = body.numbers("assignedto", most=10_000)
    if not assigned:
        raise bad_request("assignedTo is required.")
    return Card("Job", title, {"title": title, "assignedTo": assigned}, _hours(body, "duedate", 24))


def _poll(body: Fields) -> Card:
    question = body.required("question", "title")
    choices = [_choice(Fields(choice)) for choice in body.items("choices")]
    if not choices:
        raise bad_request("choices is required.")
    found = {"question": question, "choices": choices, "isSenderOnly": body.flag("issenderonly")}
    return Card("Poll", question, found, _hours(body, "expiryinhours", 720))


def _choice(choice: Fields) -> dict[str, Any]:
    image = choice.text("image")
    return {"title": choice.required("title")} | ({"image": image} if image else {})


def _meeting(body: Fields) -> Card:
    title = body.required("title")
    found = {
        "title": title,
        "startingTime": body.required("startingtime"),
        "agenda": body.text("agenda"),
        "duration": body.whole("duration", body.whole("durationinmins", 30)),
        "isSenderOnly": body.flag("issenderonly"),
        "place": body.get("place"),
    }
    return Card("LetsMeet", title, found)


def _survey(body: Fields) -> Card:
    title = body.required("title")
    found = _form(body, title, required=True)
    return Card("Survey", title, found, _hours(body, "duedate", 24))


def _package(body: Fields, package_id: str) -> Card:
    title = body.text("title", default=package_id)
    found = _form(body, title, required=False) | {"properties": _properties(body)}
    return Card("Action", title, found, _hours(body, "duedate", body.whole("validity", 24)), package_id)


def _form(body: Fields, title: str, required: bool) -> dict[str, Any]:
    return {
        "title": title,
        "isAnonymous": body.flag("isanonymous"),
        "isSenderOnly": body.flag("issenderonly"),
        "acceptMultipleResponses": body.flag("acceptmultipleresponses"),
        "visibility": body.text("visibility", default="0"),
        "description": body.text("description"),
        "coverImage": body.text("coverimage"),
        "questions": read_questions(body.items("questions"), required),
    }


def _properties(body: Fields) -> list[dict[str, Any]]:
    found = [Fields(item) for item in body.items("properties")]
    return [
        {"name": item.required("name"), "type": item.get("type"), "value": item.get("value")}
        for item in found
    ]


def _hours(body: Fields, name: str, default: int) -> int:
    hours = body.whole(name, default)
    if hours <= 0:
        raise bad_request(f"{name} has to be a number of hours above 0.")
    return hours


_READERS: dict[str, Callable[[Fields], Card]] = {
    "announcement": _announcement,
    "job": _job,
    "poll": _poll,
    "letsmeet": _meeting,
    "survey": _survey,
}
