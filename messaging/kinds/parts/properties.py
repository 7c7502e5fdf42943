"""Properties of a custom action: rows {name, type, value}, each value as its type wants it (contract 9)."""

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kaizala_admin.kaizala import ActionProperty

from .fields import LONG, SHORT, clean_words
from .reading import Content, keys, resource, rows, words
from .rows import Problems, Row, Rows, collect
from .times import check_year

MOST_PROPERTIES = 100  # ours: Kaizala names no limit
FILES = ("Attachment", "AttachmentList")
WORDY = ("Text", "StringList", "StringSet")  # may hold placeholders
TYPES: dict[str, str | Promise] = {
    "Text": _("Text"),
    "Numeric": _("Number"),
    "DateTime": _("Date and time (UTC)"),
    "Location": _("Place: latitude, longitude, name"),
    "StringList": _("List of texts, one a line"),
    "StringSet": _("Set of texts, one a line"),
    "Attachment": _("File of the media library"),
    "AttachmentList": _("Files of the media library"),
}


class Properties(Rows):
    """Rows {name, type, value}; `value` is text as typed, or media files' keys."""

    builder = "properties"
    noun = _("Property %(n)s")

    def __init__(self, **more: Any) -> None:
        super().__init__(label=_("Properties"), most=MOST_PROPERTIES, empty="", required=False, **more)

    @property
    def types(self) -> list[tuple[str, str | Promise]]:
        return list(TYPES.items())

    def clean_row(self, row: Row) -> Row:
        said: dict[str, str] = {}
        empty = _("Name this property.")
        name = collect(said, "name", lambda: clean_words(words(row, "name"), SHORT, empty, fixed=True))
        kind = row.get("type")
        if kind not in TYPES:
            said["type"] = gettext("Choose a type.")
            raise Problems(said)
        value = collect(said, "value", lambda: _clean_value(kind, row))
        if said:
            raise Problems(said)
        return {"name": name, "type": kind, "value": value}

    def clean_all(self, cleaned: list[Row]) -> None:
        names = [row["name"] for row in cleaned]
        said = gettext("Two properties have this name.")
        self.problems += [(at, "name", said) for at, name in enumerate(names) if name in names[:at]]
        if self.problems:
            raise ValidationError([self._said(*problem) for problem in self.problems])


def _clean_value(kind: str, row: Row) -> Any:
    if kind in FILES:
        return _files(kind, row)
    text = clean_words(words(row, "value"), LONG, fixed=kind not in WORDY)
    if kind in READ:
        READ[kind](text)
    return text


def _files(kind: str, row: Row) -> list[int]:
    from messaging.media import looking

    chosen = list(keys(row, "value"))
    if not chosen:
        raise ValidationError(gettext("Choose a file."), code="required")
    if kind == "Attachment" and len(chosen) > 1:
        raise ValidationError(gettext("Only one file can be here."), code="many")
    if set(looking.kinds_of(chosen)) != set(chosen):
        raise ValidationError(looking.wrong(None, []), code="gone")
    return chosen


def _number(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise ValidationError(gettext("Give a number, like 12.5."), code="invalid")
    return int(found) if found.is_integer() else found


def _moment(text: str) -> str:
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is None:
            found = found.replace(tzinfo=UTC)
        check_year(found)
    except ValueError:
        raise ValidationError(
            gettext("Give a date and time, like 2026-12-24T18:30."), code="invalid"
        ) from None
    return found.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _place(text: str) -> Mapping[str, Any]:
    parts = [part.strip() for part in text.split(",", 2)]
    try:
        latitude, longitude = float(parts[0]), float(parts[1])
    except (ValueError, IndexError):
        latitude = longitude = math.nan
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        raise ValidationError(gettext("Give latitude, longitude and a name, like 12.97, 77.59, Bengaluru."))
    return {"lt": latitude, "lg": longitude, "n": parts[2] if len(parts) > 2 else ""}


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]


def _set(text: str) -> list[str]:
    return list(dict.fromkeys(_lines(text)))


READ: dict[str, Callable[[str], Any]] = {
    "Numeric": _number,
    "DateTime": _moment,
    "Location": _place,
    "StringList": _lines,
    "StringSet": _set,
}


def payload(content: Content) -> tuple[ActionProperty, ...]:
    """The properties as they are sent."""
    return tuple(
        ActionProperty(row["name"], _sent(row, content), row["type"]) for row in rows(content, "properties")
    )


def _sent(row: Row, content: Content) -> Any:
    if row["type"] in FILES:
        names = [resource(content, key) for key in row["value"]]
        return names[0] if row["type"] == "Attachment" else names
    return READ.get(row["type"], str)(row["value"])


def media(content: Content) -> tuple[tuple[int, ...], ...]:
    """The files that the properties name, each an upload of its own."""
    found = [row for row in rows(content, "properties") if row.get("type") in FILES]
    return tuple((key,) for row in found for key in keys(row, "value"))
