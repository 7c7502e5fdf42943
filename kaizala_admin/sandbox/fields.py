"""One JSON object of a request, read by name in any case (contract 1.6)."""

from __future__ import annotations

import re
from typing import Any

from kaizala_admin.sandbox.errors import bad_request

_NUMBER = re.compile(r"^\+\d{7,15}$")
_FILLING = str.maketrans("", "", " -()\u00a0\u200e\u200f\u202a\u202c")
MAX_PEOPLE = 100


class Fields:
    """The properties of an object under lower-case names.

    A value that is absent or null counts as not given.
    """

    __slots__ = ("values",)

    def __init__(self, given: Any) -> None:
        if given is None:
            given = {}
        if not isinstance(given, dict):
            raise bad_request("The request body has to be a JSON object.", "InvalidJson")
        self.values: dict[str, Any] = {str(key).lower(): value for key, value in given.items()}

    def get(self, *names: str) -> Any:
        """Return the first value given under one of these lower-case names, or None."""
        for name in names:
            value = self.values.get(name)
            if value is not None:
                return value
        return None

    def text(self, *names: str, default: str = "") -> str:
        """Return a string; numbers and Booleans become their spelling."""
        value = self.get(*names)
        if value is None:
            return default
        if isinstance(value, (dict, list)):
            raise bad_request(f"{names[0]} has to be a string.")
        return str(value)

    def required(self, *names: str) -> str:
        """Return a string that is neither absent nor blank; else ApiError 400 names the field."""
        value = self.text(*names)
        if not value.strip():
            raise bad_request(f"{names[0]} is required.")
        return value

    def flag(self, *names: str, default: bool = False) -> bool:
        """Return a Boolean, also written "true" or "false"."""
        return as_flag(self.get(*names), default)

    def whole(self, name: str, default: int) -> int:
        """Return a whole number, also written as a string."""
        value = self.get(name)
        try:
            return default if value is None or value == "" else int(float(value))
        except (TypeError, ValueError, OverflowError) as error:
            raise bad_request(f"{name} has to be a number.") from error

    def items(self, *names: str) -> list[Any]:
        """Return an array, empty when not given."""
        value = self.get(*names)
        if value is None:
            return []
        if not isinstance(value, list):
            raise bad_request(f"{names[0]} has to be an array.")
        return value

    def numbers(self, *names: str, most: int = MAX_PEOPLE) -> list[str]:
        """Return mobile numbers, blanks and repetitions taken out; ApiError 400 above `most`."""
        found = [str(item).translate(_FILLING) for item in self.items(*names)]
        if len(found) > most:
            raise bad_request(f"At most {most} numbers can be given in {names[0]}.", "LimitExceeded")
        return list(dict.fromkeys(found))


def as_flag(value: Any, default: bool = False) -> bool:
    """Return the Boolean that a JSON value or query parameter means."""
    if value is None or value == "":
        return default
    return value if isinstance(value, bool) else str(value).strip().lower() in {"true", "1"}


def is_number(number: str) -> bool:
    """Say whether this looks like a full international number (contract, section 16)."""
    return _NUMBER.match(number) is not None
