"""What there is to put into a text: fields of the mirror, and columns of the draft's sheet."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .text import key_of

MIRROR: dict[str, str | Promise] = {
    "name": _("name"),
    "first_name": _("first name"),
    "number": _("number"),
    "group": _("group"),
    "role": _("role"),
}
TITLES = frozenset(["dr", "mr", "mrs", "ms", "miss", "prof", "shri", "smt", "sri", "kumari", "er", "adv"])
MOST_VALUE = 4_001  # characters of a cell: one more than any text may have, so that a longer one is noticed


@dataclass(frozen=True)
class Person:
    """One of the audience. `at` counts from 1, in the order of sending; `columns` are the sheet's, by key."""

    at: int
    number: str
    name: str = ""
    group: str = ""
    role: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)

    def values(self) -> dict[str, str]:
        """By key. A column goes before the mirror's field of its name, unless its cell is empty."""
        mirror = {
            "name": one_line(self.name),
            "first_name": first_name(self.name),
            "number": self.number,
            "group": one_line(self.group),
            "role": self.role,
        }
        return {**mirror, **{key: value for key, value in self.columns.items() if value}}


def first_name(name: str) -> str:
    """The first word of a name that is no title; "" where none can be told."""
    words = [word for word in name.split() if word.strip(".").casefold() not in TITLES]
    first = words[0] if words else ""
    return first if any(letter.isalpha() for letter in first) else ""


def one_line(value: str) -> str:
    """A value as it is put into a text: in one line, without broken characters."""
    kept = "".join(letter for letter in value if letter != "\0" and not "\ud800" <= letter <= "\udfff")
    return " ".join(kept.split())[:MOST_VALUE]


def column_keys(headings: Sequence[str]) -> list[str]:
    """The key of each heading; "" for one that is blank or repeats another."""
    found: list[str] = []
    for heading in headings:
        key = key_of(one_line(heading).replace("{", "").replace("}", "").replace("|", ""))
        found.append("" if key in found else key)
    return found


def unknown(keys: Iterable[str], columns: Iterable[str]) -> list[str]:
    """The keys that are neither a field of the mirror nor a column."""
    there = {*MIRROR, *map(key_of, columns)}
    return [key for key in keys if key not in there]
