"""One message as a phone shows it: each kind of card with its words, pictures, choices and questions."""

from __future__ import annotations

import json
from collections.abc import Iterable
from html import escape
from typing import Any

from kaizala_admin.sandbox.attachments import files_of
from kaizala_admin.sandbox.clock import iso

LABELS = {
    "Image": "Picture",
    "Audio": "Sound",
    "Video": "Film",
    "LetsMeet": "Let's meet",
}
PLAIN = frozenset(["Announcement", "Album", "Document", "Job", "Poll", "Survey"])
PICTURED = frozenset(["Image", "Album"])
SHOWN_PICTURES = 4
ANSWERS = {
    "Text": "Text",
    "Numeric": "Number",
    "DateTime": "Date and time",
    "Location": "Place",
    "Image": "Picture",
    "AttachmentList": "Files",
    "PhoneNumber": "Phone number",
}


def bubble(
    text: str,
    kind: str,
    sent_at: float,
    group: str,
    body: str | None,
    hours: float | None,
    *,
    below: str = "",
) -> str:
    """Return the HTML of a message; `body` is its action's, as JSON, and `hours` how long that is open.

    `below` is HTML to put under the card.
    """
    head = f'<span class="from" dir="auto">{escape(group)}</span>'
    shown = (
        _card(kind, json.loads(body), hours)
        if body
        else f'<div class="card-text" dir="auto">{escape(text)}</div>'
    )
    when = iso(sent_at)[:16].replace("T", " ")
    return f'<article class="bubble">{head}{shown}{below}<time>{when}</time></article>'


def _card(kind: str, body: dict[str, Any], hours: float | None) -> str:
    label = LABELS.get(kind) or (kind if kind in PLAIN else "Action")
    title = body.get("title") or body.get("question") or ""
    words = body.get("message") or body.get("description") or body.get("agenda") or body.get("caption") or ""
    parts = [
        _line("kind", label),
        _pictures(_pictures_of(kind, body)),
        _files(kind, body),
        _line("title", title),
    ]
    parts += [_line("text", words), _options(body.get("choices", [])), _questions(body.get("questions", []))]
    parts += [_line("fact", fact) for fact in _facts(kind, body, hours)]
    return "".join(parts)


def _line(name: str, text: object) -> str:
    return f'<div class="card-{name}" dir="auto">{escape(str(text))}</div>' if text else ""


def _pictures_of(kind: str, body: dict[str, Any]) -> list[dict[str, str]]:
    resources = [*body.get("mediaResources", []), body.get("coverImage")]
    if kind in PICTURED:
        resources.append(body.get("mediaResource"))
    return [file for resource in resources if resource for file in files_of(str(resource))]


def _pictures(files: list[dict[str, str]]) -> str:
    if not files:
        return ""
    shown = "".join(
        f'<img src="{escape(file["mediaUrl"])}" alt="{escape(file["mediaFileName"])}">'
        for file in files[:SHOWN_PICTURES]
    )
    more = len(files) - SHOWN_PICTURES
    note = _line("more", f"and {more} more picture{'s' if more > 1 else ''}") if more > 0 else ""
    return f'<div class="card-pictures">{shown}</div>{note}'


def _files(kind: str, body: dict[str, Any]) -> str:
    if kind in PICTURED or "mediaResource" not in body:
        return ""
    found = files_of(str(body["mediaResource"]))
    return "".join(
        f'<div class="card-file"><a href="{escape(file["mediaUrl"])}" class="card-file-name" dir="auto">'
        f"{escape(file['mediaFileName'])}</a></div>"
        for file in found
    )


def _options(options: Iterable[dict[str, Any]]) -> str:
    found = "".join(
        f'<li dir="auto">{_icon(option)}<span class="card-option">{escape(option["title"])}</span></li>'
        for option in options
    )
    return f'<ul class="card-options">{found}</ul>' if found else ""


def _icon(option: dict[str, Any]) -> str:
    files = files_of(str(option["image"])) if option.get("image") else []
    return f'<img src="{escape(files[0]["mediaUrl"])}" alt="">' if files else ""


def _questions(questions: Iterable[dict[str, Any]]) -> str:
    found = "".join(_question(one) for one in questions if not one["isInvisible"])
    return f'<ol class="card-questions">{found}</ol>' if found else ""


def _question(question: dict[str, Any]) -> str:
    below = _options(question["options"]) or _line("type", ANSWERS.get(question["type"], question["type"]))
    return f'<li><span class="card-question" dir="auto">{escape(question["title"])}</span>{below}</li>'


def _facts(kind: str, body: dict[str, Any], hours: float | None) -> list[str]:
    facts = []
    if kind == "LetsMeet":
        place = body.get("place") or {}
        facts = [str(body["startingTime"]), _counted(body["duration"], "minute"), str(place.get("name", ""))]
    if kind == "Job":
        facts.append("For " + _counted(len(body["assignedTo"]), "person", "people"))
    if hours:
        word = {"Poll": "Open for", "Job": "Due in", "Survey": "Due in"}.get(kind, "Valid for")
        facts.append(f"{word} {_time(round(hours))}")
    return [*facts, "Anonymous"] if body.get("isAnonymous") else facts


def _time(hours: int) -> str:
    return _counted(hours, "hour") if hours % 24 else _counted(hours // 24, "day")


def _counted(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"
