"""Which totals an answer counts for. Charts read the totals, so this is what every result rests on.

Each answered question counts under ""; besides, by type: an option "o:title", a number "n:5", a day
"d:2026-11-24" (UTC), a place "p:18.52,73.86" (about a kilometre), each word of a text once "w:word"; what
does not fit its question "x:". When people answered stands at the place -1, by hour: "2026-11-24T10".
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from surveys import values

WHEN = -1
MOST_WORDS = 100  # different words of one answer
_LONGEST = 180
_WORD = re.compile(r"[^\W\d_](?:[\w'’\u0900-\u0dff-]*[^\W_])?", re.UNICODE)
_PLAIN_WORD = re.compile(r"[a-z](?:[a-z0-9_'-]*[a-z0-9])?")

# (place, key, number)
Key = tuple[int, str, float | None]


def clip(label: str) -> str:
    """A label that fits the column, and still differs from others that begin alike."""
    if len(label) <= _LONGEST:
        return label
    return f"{label[: _LONGEST - 13]}…{hashlib.blake2b(label.encode(), digest_size=6).hexdigest()}"


def option_key(title: str) -> str:
    return f"o:{clip(title)}"


def number_key(number: float) -> str:
    return f"n:{number!r}"


def words(text: str) -> list[str]:
    """The different words of a text, in lower case; those of one letter, or two Latin ones, say little."""
    if text.isascii():  # the same, in a third of the time
        plain = _PLAIN_WORD.findall(text.lower())
        return list(dict.fromkeys([word for word in plain if len(word) > 2]))[:MOST_WORDS]
    found = dict.fromkeys(word.lower() for word in _WORD.findall(text) if len(word) > 1 + word.isascii())
    return list(found)[:MOST_WORDS]


def place_key(value: Mapping[str, Any]) -> str:
    return f"p:{round(value['lt'], 2) + 0.0:.2f},{round(value['lg'], 2) + 0.0:.2f}"


_PLAIN = (values.TEXT,)


def keys_of(question_type: str, value: Any) -> list[tuple[str, float | None]]:
    """What one answer counts for; nothing for no answer."""
    if value is None:
        return []
    answered: list[tuple[str, float | None]] = [("", None)]
    if isinstance(value, dict) and "raw" in value:
        return [*answered, ("x:", None)]
    return answered + _keys_of(question_type, value)


def _keys_of(question_type: str, value: Any) -> list[tuple[str, float | None]]:
    if question_type in values.CHOICES:
        titles = value if isinstance(value, list) else [value]
        return [(option_key(str(title)), None) for title in titles]
    if question_type == values.NUMERIC:
        return [(number_key(value), float(value))]
    if question_type in values.DATES:
        return [(f"d:{str(value)[:10]}", None)]
    if question_type == values.LOCATION:
        return [(place_key(value), None)]
    if question_type in values.FILE_TYPES or question_type == values.PHONE:
        return []
    return [(f"w:{word[:_LONGEST]}", None) for word in words(str(value))]


def count(totals: Counter[tuple[str, float | None]], question_type: str, answers: Iterable[Any]) -> None:
    """Adds what many answers to one question count for; their words all at once."""
    texts = 0
    said: Counter[str] = Counter()
    for value in answers:
        if isinstance(value, str) and question_type in _PLAIN:
            texts += 1
            said.update(words(value))
        else:
            totals.update(keys_of(question_type, value))
    if texts:
        totals["", None] += texts
    for word, n in said.items():
        totals[f"w:{word[:_LONGEST]}", None] += n


def hour_key(answered_at: datetime) -> str:
    return answered_at.astimezone(UTC).strftime("%Y-%m-%dT%H")


def of_response(
    questions: Sequence[tuple[int, str]], answers: Mapping[str, Any], answered_at: datetime | None
) -> Iterable[Key]:
    """Everything that one response counts for. `questions` are (index, type)."""
    if answered_at is not None:
        yield WHEN, hour_key(answered_at), None
    for index, question_type in questions:
        for key, number in keys_of(question_type, answers.get(f"q{index}")):
            yield index, key, number


def add(totals: Counter[Key], keys: Iterable[Key], times: int) -> None:
    for key in keys:
        totals[key] += times
