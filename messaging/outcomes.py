"""What came of a broadcast, told on its page. Apps above register their own part at start-up."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .models import Broadcast


@dataclass(frozen=True)
class Outcome:
    """`context(broadcast)` gives the template its variables; None while there is nothing to tell.

    `permission` is "app.codename". The template is a card of the page, which may be drawn every two seconds.
    """

    permission: str
    template: str
    context: Callable[[Broadcast], dict[str, Any] | None]


_OUTCOMES: dict[str, Outcome] = {}


def register(outcome: Outcome) -> None:
    """Once, at start-up; the same template again replaces the earlier one."""
    _OUTCOMES[outcome.template] = outcome


def of(broadcast: Broadcast, user: Any) -> list[tuple[str, dict[str, Any]]]:
    """Templates with their variables: what this person may see of this broadcast."""
    allowed = [one for one in _OUTCOMES.values() if user.has_perm(one.permission)]
    told = [(one.template, one.context(broadcast)) for one in allowed]
    return [(template, context) for template, context in told if context is not None]
