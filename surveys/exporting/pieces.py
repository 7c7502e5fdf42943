"""One question's columns, and how an answer fills them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from kaizala_admin.exports import Column, number, text, time
from surveys import values
from surveys.models import Question

Fill = Callable[[Any], Sequence[Any]]  # an answer, or None, as one cell a column


@dataclass(frozen=True)
class Piece:
    """`key` is the question's place in `Response.answers`."""

    key: str
    columns: tuple[Column, ...]
    fill: Fill


def piece(question: Question, *, codes: bool, by_choice: bool) -> Piece:
    """`codes`: options by their number, from 1, instead of their title; `by_choice`: a column an option."""
    key, title = question.key, question.title or question.action.title
    match question.type:
        case values.MULTI if by_choice:
            return _choices(question, title)
        case values.SINGLE | values.MULTI if codes:
            return Piece(key, (text(key, title),), _coded(question.options))
        case values.NUMERIC:
            return Piece(key, (number(key, title),), _number)
        case values.DATE | values.DATE_TIME:
            return Piece(key, (time(key, title),), _moment)
        case values.LOCATION:
            spot = (number(f"{key}_lat", f"{title}: lat"), number(f"{key}_lng", f"{title}: lng"))
            return Piece(key, (*spot, text(f"{key}_name", f"{title}: name")), _place)
    return Piece(key, (text(key, title),), as_text)


def _choices(question: Question, title: str) -> Piece:
    key, options = question.key, list(question.options)
    columns = tuple(
        [number(f"{key}_{at}", f"{title}: {option}") for at, option in enumerate(options, 1)]
        + [text(f"{key}_other", f"{title}: …")]
    )
    known = set(options)

    def fill(value: Any) -> Sequence[Any]:
        if value is None:
            return (None,) * len(columns)
        chosen = value if isinstance(value, list) else [value]
        other = "; ".join(values.shown(one) for one in chosen if not isinstance(one, str) or one not in known)
        return (*(1 if option in chosen else 0 for option in options), other)

    return Piece(key, columns, fill)


def _coded(options: Sequence[str]) -> Fill:
    """What is no option keeps its words."""
    codes = {title: str(at) for at, title in enumerate(options, 1)}

    def fill(value: Any) -> Sequence[Any]:
        chosen = value if isinstance(value, list) else [value]
        return ("; ".join([codes.get(one) or values.shown(one) for one in chosen if isinstance(one, str)]),)

    return fill


def as_text(value: Any) -> Sequence[Any]:
    """Most answers are a text or a list of titles: these go the short way."""
    if type(value) is str:
        return (value,)
    if type(value) is list and all(type(one) is str for one in value):
        return ("; ".join(value),)
    return (values.shown(value),)


def _number(value: Any) -> Sequence[Any]:
    return (value,) if isinstance(value, int | float) else (None,)


def _moment(value: Any) -> Sequence[Any]:
    return (_read(value),) if isinstance(value, str) else (None,)


@lru_cache(maxsize=4_096)  # many people name the same day
def _read(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _place(value: Any) -> Sequence[Any]:
    if not isinstance(value, dict) or "lt" not in value:
        return (None, None, values.shown(value))
    return (value["lt"], value["lg"], value.get("n", ""))
