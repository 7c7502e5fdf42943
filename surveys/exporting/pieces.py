"""One column of the table, or some that belong together, and how the answers of a page fill them."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from types import NoneType
from typing import Any

from kaizala_admin.exports import Column, number, text, time
from surveys import values
from surveys.models import Question

Cells = Sequence[Any]  # one column of a page
Fill = Callable[[Cells], Sequence[Cells]]  # answers, or None, of a page as one sequence a column


@dataclass(frozen=True)
class Piece:
    """`key` names it in saved settings. Its values are the stored `field`, or without one the answers.

    A whole column is filled at once: a call for each answer would cost more than reading it. Nearly every
    page has nothing but answers in its question's shape, which C alone handles; any other goes one by one.
    """

    key: str
    columns: tuple[Column, ...]
    fill: Fill
    field: str = ""


def piece(question: Question, *, codes: bool, by_choice: bool) -> Piece:
    """`codes`: options by their number, from 1, instead of their title; `by_choice`: a column an option."""
    key, title = question.key, question.title or question.action.title
    match question.type:
        case values.MULTI if by_choice:
            return _choices(question, title)
        case values.SINGLE | values.MULTI if codes:
            return Piece(key, (text(key, title),), _coded(question.options))
        case values.NUMERIC:
            return Piece(key, (number(key, title),), _numbers)
        case values.DATE | values.DATE_TIME:
            return Piece(key, (time(key, title),), _moments)
        case values.LOCATION:
            spot = (number(f"{key}_lat", f"{title}: lat"), number(f"{key}_lng", f"{title}: lng"))
            return Piece(key, (*spot, text(f"{key}_name", f"{title}: name")), _places)
    return Piece(key, (text(key, title),), _texts)


def as_it_is(cells: Cells) -> Sequence[Cells]:
    return (cells,)


def through(one: Callable[[Any], Any]) -> Fill:
    """Each value through this."""
    return lambda cells: ([one(value) for value in cells],)


def _choices(question: Question, title: str) -> Piece:
    key, options = question.key, list(question.options)
    columns = tuple(
        [number(f"{key}_{at}", f"{title}: {option}") for at, option in enumerate(options, 1)]
        + [text(f"{key}_other", f"{title}: …")]
    )
    known, width = set(options), len(columns)

    def row(value: Any) -> Cells:
        if value is None:
            return (None,) * width
        chosen = value if isinstance(value, list) else [value]
        other = "; ".join(values.shown(one) for one in chosen if not isinstance(one, str) or one not in known)
        return (*(1 if option in chosen else 0 for option in options), other)

    return Piece(key, columns, _split(row))


def _split(row: Callable[[Any], Cells]) -> Fill:
    return lambda cells: list(zip(*map(row, cells), strict=True))


def _coded(options: Sequence[str]) -> Fill:
    """What is no option keeps its words."""
    codes = {title: str(at) for at, title in enumerate(options, 1)}

    def coded(value: Any) -> str:
        chosen = value if isinstance(value, list) else [value]
        return "; ".join([codes.get(one) or values.shown(one) for one in chosen if isinstance(one, str)])

    return through(coded)


def _texts(cells: Cells) -> Sequence[Cells]:
    kinds = _kinds(cells)
    if kinds == {str}:
        return (cells,)
    if kinds == {list}:
        with suppress(TypeError):  # one holds something else than titles, a file maybe
            return (list(map("; ".join, cells)),)
    return ([value if type(value) is str else _words(value) for value in cells],)


def _kinds(cells: Cells) -> set[type]:
    return {*map(type, cells)}


def _words(value: Any) -> str:
    """Most answers are a text or a list of titles: these go the short way."""
    if type(value) is list and all(type(one) is str for one in value):
        return "; ".join(value)
    return values.shown(value)


def _numbers(cells: Cells) -> Sequence[Cells]:
    if _kinds(cells) <= {int, float, NoneType}:
        return (cells,)
    return ([value if isinstance(value, int | float) else None for value in cells],)


def _moments(cells: Cells) -> Sequence[Cells]:
    return ([_read(value) if type(value) is str else None for value in cells],)


@lru_cache(maxsize=4_096)  # many people name the same day
def _read(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _places(cells: Cells) -> Sequence[Cells]:
    if _kinds(cells) == {dict}:
        with suppress(KeyError):  # one is no place
            return list(zip(*map(itemgetter("lt", "lg", "n"), cells), strict=True))
    return _split(_place)(cells)


def _place(value: Any) -> Cells:
    if not isinstance(value, dict) or "lt" not in value:
        return (None, None, values.shown(value))
    return (value["lt"], value["lg"], value.get("n", ""))
