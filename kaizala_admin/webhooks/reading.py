"""Makes sense of a body, whatever came (contract 15). Pure: no database."""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .router import spelled


class Unreadable(ValueError):
    """The body is no event. `str()` says why, for a person."""


@dataclass(frozen=True)
class Envelope:
    """What every event has around its data."""

    event_type: str
    event_id: str
    object_id: str
    object_type: str
    group_id: str
    context: str
    sender_number: str
    sender_id: str
    sender_name: str
    data: dict[str, Any]
    content_key: str  # stands for what is said, when that has an ID of its own; "" otherwise


def read(body: bytes) -> Envelope:
    """The event in `body`. Raises Unreadable."""
    try:
        return _envelope(_record(body))
    except RecursionError:
        raise Unreadable("The body is nested too deeply.") from None


def _envelope(record: Mapping[str, Any]) -> Envelope:
    small = {str(key).lower(): value for key, value in record.items()}
    event_type = spelled(_text(small.get("eventtype")).strip())
    if not event_type:
        raise Unreadable("The event does not say its type.")
    data = small.get("data")
    if data is None:
        data = {}
    if not isinstance(data, dict):
        raise Unreadable("The event's data is no record.")
    object_type = _text(small.get("objecttype"))
    object_id = _text(small.get("objectid"))
    return Envelope(
        event_type=event_type[:60],
        event_id=_text(small.get("eventid")),
        object_id=object_id,
        object_type=object_type,
        group_id=_group(event_type, data, object_type, object_id),
        context=_text(small.get("context")),
        sender_number=_text(small.get("fromuser")),
        sender_id=_text(small.get("fromuserid")),
        sender_name=_text(small.get("fromusername")),
        data=data,
        content_key=content_key(event_type, data),
    )


def content_key(event_type: str, data: Mapping[str, Any]) -> str:
    """32 hexadecimal digits for what has an ID of its own.

    A text or a joining may truly happen twice; an answer or an action that comes again under another event ID
    is the same one (contract 14 and 15).
    """
    names = {key.lower() for key, value in data.items() if value}
    if not names & {"responseid", "actionid"}:
        return ""
    said = json.dumps([event_type, data], sort_keys=True, ensure_ascii=False)
    return hashlib.blake2b(said.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _group(event_type: str, data: Mapping[str, Any], object_type: str, object_id: str) -> str:
    """GroupAdded and GroupRemoved tell of a child: they are about the object, its parent."""
    if object_type.lower() in ("group", "") and (object_id or event_type in ("GroupAdded", "GroupRemoved")):
        return object_id
    return next((_text(value) for key, value in data.items() if key.lower() == "groupid"), "")


def _record(body: bytes) -> dict[str, Any]:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable("The body is not UTF-8.") from None
    try:
        record: Any = json.loads(text, parse_constant=lambda name: None, parse_float=_number)
    except ValueError:
        raise Unreadable("The body is not JSON.") from None
    if not isinstance(record, dict):
        raise Unreadable("The body is no record.")
    return {str(key): value for key, value in _storable(record).items()} if "\\u" in text else record


def _number(text: str) -> float | None:
    """1e999 is no number that can be stored."""
    number = float(text)
    return number if math.isfinite(number) else None


def _storable(value: Any) -> Any:
    """Without half characters and NUL, which PostgreSQL does not take."""
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf-8", "replace").decode() if _odd(value) else value
    if isinstance(value, dict):
        return {_storable(key): _storable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_storable(item) for item in value]
    return value


def _odd(text: str) -> bool:
    return "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text)


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None or isinstance(value, bool | list | dict) else str(value)
