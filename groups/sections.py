"""The sections of a person's page. Apps above register their own at start-up (design, section 2)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.functional import Promise

from groups.access import may
from groups.person import Somebody


@dataclass(frozen=True)
class Section:
    """`permission` is "app.codename"; `context(somebody, request)` gives the template its variables.

    The template gets them, `somebody` and `request`; it is included inside a card under `title`.
    """

    key: str
    title: "str | Promise"
    permission: str
    template: str
    context: Callable[[Somebody, HttpRequest], dict[str, Any]]
    place: int = 50  # from top to bottom: groups 0, what was sent 20, what was answered 40


SECTIONS: list[Section] = []


def register(section: Section) -> None:
    """Adds a section at its place. The same key again replaces the earlier one."""
    others = [known for known in SECTIONS if known.key != section.key]
    SECTIONS[:] = sorted([*others, section], key=lambda one: one.place)


def sections_for(request: HttpRequest) -> list[Section]:
    """The sections that this person may see."""
    return [section for section in SECTIONS if may(request, section.permission)]
