"""What a column holds; each writer knows how its cells look."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise

Columns = Sequence[Sequence[Any]]  # the values of a page, column by column


class Cell(StrEnum):
    """Text; a phone number ("+91..." or ""); a number; an aware datetime; yes or no."""

    TEXT = "text"
    PHONE = "phone"
    NUMBER = "number"
    TIME = "time"
    FLAG = "flag"


@dataclass(frozen=True)
class Column:
    """`key` is its name for machines (JSON lines), `title` its heading for people."""

    key: str
    title: "str | Promise"
    cell: Cell = Cell.TEXT


def text(key: str, title: "str | Promise") -> Column:
    return Column(key, title)


def phone(key: str, title: "str | Promise") -> Column:
    return Column(key, title, Cell.PHONE)


def number(key: str, title: "str | Promise") -> Column:
    return Column(key, title, Cell.NUMBER)


def time(key: str, title: "str | Promise") -> Column:
    return Column(key, title, Cell.TIME)


def flag(key: str, title: "str | Promise") -> Column:
    return Column(key, title, Cell.FLAG)


def capital(title: "str | Promise") -> str:
    """The words with a capital first letter; the rest as it is."""
    words = str(title)
    return words[:1].upper() + words[1:]
