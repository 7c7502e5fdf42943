"""Reading content that may be unfinished: a preview is drawn while somebody types."""

import json
from collections.abc import Mapping
from typing import Any

Content = Mapping[str, Any]


def words(content: Content, name: str) -> str:
    value = content.get(name)
    return value if isinstance(value, str) else ""


def whole(content: Content, name: str, default: int) -> int:
    """A whole number from 1 up, or the default."""
    try:
        found = int(content.get(name) or default)
    except (TypeError, ValueError):
        return default
    return found if found > 0 else default


def keys(content: Content, name: str) -> tuple[int, ...]:
    """Media files' keys, in their order."""
    value = content.get(name)
    found = value if isinstance(value, list | tuple) else [value] if value else []
    return tuple(int(one) for one in found if str(one).isdecimal() and len(str(one)) < 19)


def rows(content: Content, name: str) -> list[dict[str, Any]]:
    """What a builder made: a list of objects, or the JSON of one."""
    value = content.get(name)
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return []
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def texts(value: object) -> tuple[str, ...]:
    """The strings of a list that are not blank."""
    return (
        tuple(one for one in value if isinstance(one, str) and one.strip()) if isinstance(value, list) else ()
    )


def resource(content: Content, *files: int) -> str:
    """What Kaizala calls these files. Raises KeyError when they have not been uploaded."""
    found: dict[str, str] = content["resources"]
    return found[",".join(str(one) for one in files)]
