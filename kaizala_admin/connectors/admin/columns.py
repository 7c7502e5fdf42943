"""Unfold's column decorator, typed."""

from collections.abc import Callable
from typing import Any, TypeVar

from unfold.decorators import display

Column = TypeVar("Column", bound=Callable[..., Any])


def column(description: Any, **options: Any) -> Callable[[Column], Column]:
    """`@column(_("name"), ordering="name", label={...}, boolean=True)`."""

    def decorate(method: Column) -> Column:
        decorated: Column = display(description=description, **options)(method)
        return decorated

    return decorate
