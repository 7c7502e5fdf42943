"""The contract's limits, and the checks that hold them before a call is made (contract 16)."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import datetime

from .errors import InvalidInput

MAX_MESSAGE = 4000
MAX_MEMBERS = 100
MAX_SUBSCRIBERS_PER_CALL = 100
SUBSCRIBER_PAGE = 50
ACTION_PAGE = 30

_PHONE = re.compile(r"\+\d{7,15}")
_SURROGATE = re.compile("[\ud800-\udfff]")
_HEADER_SAFE = re.compile(r"[\x21-\x7e]+")


def require_text(value: str, field: str, *, longest: int | None = None) -> str:
    """Say no to what is not text, is blank, is too long (characters) or cannot be written as UTF-8."""
    if not isinstance(value, str) or not value.strip():
        raise InvalidInput("Write something here: it cannot be empty.", field=field)
    if longest is not None and len(value) > longest:
        raise InvalidInput(
            f"This has {len(value):,} characters; at most {longest:,} are allowed. Shorten it.", field=field
        )
    return writable_text(value, field)


def writable_text(value: str, field: str) -> str:
    if not isinstance(value, str):
        raise InvalidInput("This must be text.", field=field)
    if _SURROGATE.search(value):
        raise InvalidInput("This holds a broken character. Write it again or remove it.", field=field)
    return value


def require_id(value: str, field: str) -> str:
    """Ids are opaque (contract 1.10): GUIDs, `GUID@N`, short hex, reverse-domain names."""
    if not isinstance(value, str) or not value or value in (".", "..") or value != value.strip():
        raise InvalidInput("An id is missing or not an id.", field=field)
    return writable_text(value, field)


def require_phone(value: str, field: str) -> str:
    if not isinstance(value, str) or not (value.isascii() and _PHONE.fullmatch(value)):
        raise InvalidInput(
            f"“{str(value)[:40]}” is not a phone number. Write + and the country code, "
            "then the number, digits only.",
            field=field,
        )
    return value


def require_phones(
    values: Iterable[str], field: str, *, most: int | None = None, least: int = 1
) -> tuple[str, ...]:
    """The numbers in their order, each once, as nobody should be reached twice by one call."""
    if isinstance(values, str):
        raise InvalidInput("Give a list of phone numbers, not one text.", field=field)
    phones = tuple(dict.fromkeys(require_phone(value, field) for value in values))
    if len(phones) < least:
        raise InvalidInput("Name at least one phone number.", field=field)
    if most is not None and len(phones) > most:
        raise InvalidInput(
            f"There are {len(phones):,} phone numbers; at most {most:,} fit in one call. Split them up.",
            field=field,
        )
    return phones


def require_choice(value: str, allowed: Iterable[str], field: str) -> str:
    names = tuple(allowed)
    if value not in names:
        raise InvalidInput(f"“{str(value)[:40]}” is not one of: {', '.join(names)}.", field=field)
    return value


def require_count(value: int, field: str, *, least: int = 1, most: int | None = None) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise InvalidInput(f"Give a whole number from {least} up.", field=field)
    if most is not None and value > most:
        raise InvalidInput(f"Give a whole number from {least} to {most:,}.", field=field)
    return value


def require_number(value: float, field: str, *, least: float = -math.inf, most: float = math.inf) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise InvalidInput("Give a number.", field=field)
    if not least <= value <= most:
        raise InvalidInput(f"Give a number from {least:g} to {most:g}.", field=field)
    return value


def require_aware(value: datetime, field: str) -> datetime:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise InvalidInput("Give a date and time with its time zone.", field=field)
    return value


def require_some(values: tuple[object, ...], field: str) -> None:
    if not isinstance(values, tuple):
        raise InvalidInput("Give a tuple.", field=field)
    if not values:
        raise InvalidInput("Add at least one.", field=field)


def require_header_safe(value: str, field: str) -> str:
    """What travels in a header must be visible ASCII; the value itself is never repeated in the error."""
    if not isinstance(value, str) or not _HEADER_SAFE.fullmatch(value):
        raise InvalidInput("This is empty or holds a character that a token cannot have.", field=field)
    return value
