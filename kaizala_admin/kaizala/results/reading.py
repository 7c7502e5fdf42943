"""Lenient reading of JSON: keys in any case, several spellings and ways to write a time (contract 1.6)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from kaizala_admin.kaizala.errors import UnknownOutcome

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Seconds reach this in the year 5138, milliseconds did in 1973.
_MILLISECONDS_FROM = 100_000_000_000
_LAST_YEAR = 9999
# Digits; 1e999999999 would fill the memory when written out.
_LONGEST_NUMBER = 30


def lowered(raw: object) -> dict[str, Any]:
    """A record with its keys in lower case; empty for what is not a record."""
    return {key.lower(): value for key, value in raw.items()} if isinstance(raw, dict) else {}


def text(value: object) -> str:
    """The value as text; "" for what is none. What no database takes becomes U+FFFD."""
    if isinstance(value, str):
        return value if value.isprintable() else _writable(value)
    return "" if value is None or isinstance(value, bool | list | dict) else str(value)


def _writable(value: str) -> str:
    """Without NUL and halves of surrogate pairs: a name that was cut within an emoji ends in one."""
    whole = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.replace("\0", "\ufffd")


def first_text(record: Mapping[str, Any], *names: str) -> str:
    """The first of these keys (lower case) that holds text."""
    for name in names:
        if found := text(record.get(name)):
            return found
    return ""


def truth(value: object) -> bool | None:
    """True and "true" alike; None for what is neither yes nor no."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.strip().lower()) if isinstance(value, str) else None


def whole(value: object) -> int | None:
    if isinstance(value, Decimal) and value.is_finite() and value.adjusted() > _LONGEST_NUMBER:
        return None
    try:
        return None if isinstance(value, bool) else int(value)  # type: ignore[call-overload]
    except (TypeError, ValueError, OverflowError):
        return None


def moment(value: object) -> datetime | None:
    """ISO text, epoch seconds or epoch milliseconds, as an aware time in UTC; None for anything else.

    None also for .NET's smallest and largest times, which mean "not set" and which no time zone can show.
    """
    try:
        found = _moment(value)
    except (ValueError, OverflowError):
        return None
    return found if found and _EPOCH.year <= found.year < _LAST_YEAR else None


def _moment(value: object) -> datetime | None:
    number = whole(value)
    if number is not None:
        return _EPOCH + timedelta(seconds=number / (1000 if number >= _MILLISECONDS_FROM else 1))
    if not isinstance(value, str):
        return None
    found = datetime.fromisoformat(value)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def needed_list(body: Mapping[str, Any], name: str) -> list[Any]:
    """The list that the answer must hold; an answer without it cannot be read."""
    found = body.get(name)
    if not isinstance(found, list):
        raise unreadable(name)
    return found


def needed_text(body: Mapping[str, Any], *names: str) -> str:
    found = first_text(body, *names)
    if not found:
        raise unreadable(names[0])
    return found


def unreadable(name: str) -> UnknownOutcome:
    return UnknownOutcome(
        f"Kaizala answered, but without the expected “{name}”: it is not known what it did.", status=200
    )
