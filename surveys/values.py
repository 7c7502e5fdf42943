"""Answers in one shape a type, whatever shape Kaizala gave them (contract 11 and 15).

SingleOption, Text, PhoneNumber: text. MultiOption: a list of texts. Numeric: a number. Date, DateTime: ISO
text in UTC. Location: {"lt", "lg", "n"}. Image, AttachmentList: a list of {"url", "name"}. What does not fit
its question's type is kept as {"raw": text}. None: no answer.
"""

import html
import json
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime

from kaizala_admin.kaizala.results.reading import lowered, moment, text

SINGLE, MULTI, TEXT, NUMERIC = "SingleOption", "MultiOption", "Text", "Numeric"
DATE, DATE_TIME, LOCATION = "Date", "DateTime", "Location"
IMAGE, FILES, PHONE = "Image", "AttachmentList", "PhoneNumber"
CHOICES, DATES, FILE_TYPES = (SINGLE, MULTI), (DATE, DATE_TIME), (IMAGE, FILES)
_NAMES = {
    name.lower(): name
    for name in (SINGLE, MULTI, TEXT, NUMERIC, DATE, DATE_TIME, LOCATION, IMAGE, FILES, PHONE)
} | {"multipleoption": MULTI, "number": NUMERIC, "phone": PHONE, "attachment": FILES}
LONGEST_TEXT = 20_000


def type_of(name: str) -> str:
    """The question's type in one spelling; unknown ones as they are, clipped to their column."""
    return _NAMES.get(name.strip().lower(), name.strip()[:30]) or TEXT


def writable(value: str) -> str:
    """Without what no database takes: NUL and halves of surrogate pairs."""
    return value.replace("\0", "").encode("utf-8", "ignore").decode()[:LONGEST_TEXT]


def clean(question_type: str, raw: Any) -> Any:
    """The answer in its type's shape; None for none."""
    if raw is None or raw in ("", [], {}):
        return None
    reader: Callable[[Any], Any] = _READERS.get(question_type, _text)
    found = reader(raw)
    return {"raw": _as_text(raw)} if found is None else found


def _as_text(raw: Any) -> str:
    if isinstance(raw, str):
        return writable(raw)
    try:
        return writable(json.dumps(raw, ensure_ascii=False, default=str))
    except (TypeError, ValueError, RecursionError):
        return writable(str(raw)[:LONGEST_TEXT])


def _text(raw: Any) -> str:
    return _as_text(raw)


def _title(raw: Any) -> str:
    """An option as text, or as a record that names it."""
    if isinstance(raw, Mapping):
        record = lowered(raw)
        return next((found for name in _OPTION_NAMES if (found := writable(text(record.get(name))))), "")
    return writable(text(raw))


_OPTION_NAMES = ("choice", "title", "status", "answer", "text", "value")


def _single(raw: Any) -> str | None:
    if isinstance(raw, list):
        return _title(raw[0]) or None if len(raw) == 1 else None
    return _title(raw) or None


def _multi(raw: Any) -> list[str] | None:
    titles = [_title(item) for item in (raw if isinstance(raw, list) else [raw])]
    found = list(dict.fromkeys(title for title in titles if title))
    return found or None


def _number(raw: Any) -> float | int | None:
    if isinstance(raw, bool | list | Mapping):
        return None
    try:
        number = float(raw)
    except (TypeError, ValueError, OverflowError):
        return None
    if not math.isfinite(number):
        return None
    return int(number) if number.is_integer() and abs(number) < 1e15 else number


def _moment(raw: Any) -> str | None:
    if isinstance(raw, float):
        raw = int(raw) if math.isfinite(raw) else None
    elif isinstance(raw, str) and raw.replace(".", "", 1).isdecimal():
        raw = int(float(raw))
    found = moment(raw)
    return found.astimezone(UTC).isoformat().replace("+00:00", "Z") if found else None


def _place(raw: Any) -> dict[str, Any] | None:
    record = lowered(raw)
    latitude = _number(record.get("lt", record.get("latitude")))
    longitude = _number(record.get("lg", record.get("longitude")))
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        return None
    return {"lt": latitude, "lg": longitude, "n": writable(text(record.get("n", record.get("name"))))}


def _files(raw: Any) -> list[dict[str, str]] | None:
    items = raw if isinstance(raw, list) else [raw]
    found = [file for item in items if (file := _file(item))["url"] or file["name"]]
    return found or None


def _file(raw: Any) -> dict[str, str]:
    """Addresses may come HTML-escaped (contract 1.12)."""
    if isinstance(raw, str):
        return {"url": html.unescape(writable(raw)), "name": ""}
    record = lowered(raw)
    url = text(record.get("mediaurl")) or text(record.get("url"))
    name = text(record.get("mediafilename")) or text(record.get("filename"))
    return {"url": html.unescape(writable(url)), "name": writable(name)}


def _phone(raw: Any) -> str | None:
    if isinstance(raw, str):
        return writable(raw)
    record = lowered(raw)
    code, number = text(record.get("cc")).lstrip("+"), text(record.get("pn"))
    return writable(f"+{code}{number}") if number else None


_READERS: dict[str, Callable[[Any], Any]] = {
    SINGLE: _single,
    MULTI: _multi,
    NUMERIC: _number,
    DATE: _moment,
    DATE_TIME: _moment,
    LOCATION: _place,
    IMAGE: _files,
    FILES: _files,
    PHONE: _phone,
}


def shown(value: Any) -> str:
    """The answer in one line, for people, search and sheets."""
    if value is None:
        return ""
    if isinstance(value, list):
        return "; ".join(shown(item) for item in value)
    if isinstance(value, dict):
        if "raw" in value:
            return str(value["raw"])
        if "lt" in value:
            point = f"{value['lt']:g}, {value['lg']:g}"
            return f"{value['n']} ({point})" if value.get("n") else point
        return str(value.get("name") or value.get("url") or "")
    return f"{value:g}" if isinstance(value, float) else str(value)


def for_reading(question_type: str, value: Any) -> str:
    """The same on a page: dates as the reader writes them, times in the reader's zone."""
    if question_type in DATES and isinstance(value, str):
        at = datetime.fromisoformat(value)
        if question_type == DATE:
            return date_format(at, "DATE_FORMAT")
        return date_format(localtime(at), "DATETIME_FORMAT")
    return shown(value)
