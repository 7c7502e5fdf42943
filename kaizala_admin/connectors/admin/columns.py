"""Unfold's decorators, typed."""

from collections.abc import Callable
from typing import Any, TypeVar

from unfold.decorators import action, display

Column = TypeVar("Column", bound=Callable[..., Any])


def column(description: Any, **options: Any) -> Callable[[Column], Column]:
    """`@column(_("name"), ordering="name", label={...}, boolean=True)`."""

    def decorate(method: Column) -> Column:
        decorated: Column = display(description=description, **options)(method)
        return decorated

    return decorate


def button(**options: Any) -> Callable[[Column], Column]:
    """Unfold's action decorator, typed: a link at the top of a list or a page."""

    def decorate(method: Column) -> Column:
        decorated: Column = action(**options)(method)
        return decorated

    return decorate
