"""`{% load kinds %}`: the card on a phone, and what the builders and the file picker need to know."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django import template
from django.forms import BoundField
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from messaging.kinds import ActionKind, Kind
from messaging.kinds.parts.card import Card
from messaging.kinds.parts.reading import keys, rows, words
from messaging.media import looking
from messaging.media.models import MediaFile

register = template.Library()
SHOWN_PICTURES = 4


@register.inclusion_tag("messaging/phone_card.html")
def phone_card(kind: Kind, content: Mapping[str, Any], sender: str = "") -> dict[str, Any]:
    """The content as a phone shows it, unfinished or not. One query where there are files."""
    card = kind.card(content) if isinstance(kind, ActionKind) else Card("", text=words(content, "message"))
    files = looking.files(card.keys)
    pictures = [files[key] for key in card.pictures if key in files]
    bare = not (card.title or card.text or pictures or card.files or card.questions)
    return {
        "card": card,
        "sender": sender,
        "pictures": pictures[:SHOWN_PICTURES],
        "more_pictures": max(0, len(pictures) - SHOWN_PICTURES),
        "files": [files[key] for key in card.files if key in files],
        "options": [(one, files.get(one.picture)) for one in card.options if one.text or one.picture],
        "empty": bare and not any(one.text for one in card.options),
    }


@register.filter
def chosen_files(field: BoundField) -> list[MediaFile]:
    """The files that a MediaField holds, in their order."""
    found: list[MediaFile] = field.field.chosen(field.value())  # type: ignore[attr-defined]
    return found


@register.filter
def file_cards(field: BoundField) -> str:
    """What the scripts show of the files that a field names: JSON, by key. One query."""
    value = field.value()
    found: set[int] = set(keys({"it": value}, "it"))
    for row in rows({"it": value}, "it"):
        for name in ("picture", "value"):
            found |= set(keys(row, name)) if not isinstance(row.get(name), str) else set()
    return json.dumps(
        {key: looking.card(file) for key, file in looking.files(found).items()}, ensure_ascii=False
    )


@register.simple_tag
def types_json(types: Iterable[tuple[str, str | Promise]]) -> str:
    """Choices as JSON, in their order."""
    return json.dumps([[key, str(title)] for key, title in types], ensure_ascii=False)


@register.simple_tag
def builder_words(builder: str) -> str:
    """The words that a script writes, as JSON."""
    own = {
        "questions": {"add": _("Add a question"), "row": _("Question"), "title": _("What do you ask?")},
        "choices": {"add": _("Add a choice"), "row": _("Choice"), "title": _("What can people choose?")},
        "properties": {"add": _("Add a property"), "row": _("Property"), "title": _("Name")},
    }
    return json.dumps({**_shared_words(), **own.get(builder, {})}, ensure_ascii=False)


def _shared_words() -> dict[str, str]:
    return {
        "up": _("Move up"),
        "down": _("Move down"),
        "copy": _("Copy"),
        "remove": _("Remove"),
        "type": _("Kind of answer"),
        "property_type": _("Type"),
        "value": _("Value"),
        "options": _("Options"),
        "option": _("Option"),
        "add_option": _("Add an option"),
        "hidden": _("Hidden: people do not see it"),
        "picture": _("Picture"),
        "choose": _("Choose a file"),
        "moved": _("now at place"),
        "removed": _("removed"),
        "open": _("Open"),
        "earlier": _("Move forward"),
        "later": _("Move back"),
        "drag": _("Drag to another place"),
        "of": _("of"),
    }
