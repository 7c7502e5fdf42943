"""The tabs of a group's page. Apps above register their own at start-up (design, section 2)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.functional import Promise

from groups.access import may
from groups.models import Group


@dataclass(frozen=True)
class Tab:
    """`permission` is "app.codename"; `context(group, request)` gives the template its variables."""

    key: str
    title: "str | Promise"
    permission: str
    template: str
    context: Callable[[Group, HttpRequest], dict[str, Any]]
    place: int = 50  # from left to right: overview 0, members 10, subscribers 20, sub-groups 30, history 90


TABS: list[Tab] = []


def register(tab: Tab) -> None:
    """Adds a tab at its place. The same key again replaces the earlier one."""
    TABS[:] = sorted([*(known for known in TABS if known.key != tab.key), tab], key=lambda one: one.place)


def tabs_for(request: HttpRequest) -> list[Tab]:
    """The tabs that this person may open."""
    return [tab for tab in TABS if may(request, tab.permission)]
