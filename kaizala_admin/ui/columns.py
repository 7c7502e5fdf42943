"""Unfold's decorators for lists, typed."""

from collections.abc import Callable, Mapping
from functools import lru_cache, wraps
from typing import Any, TypeVar

from django.utils.safestring import SafeString
from unfold.decorators import action, display
from unfold.utils import display_for_label

Column = TypeVar("Column", bound=Callable[..., Any])
NONE = "-"


def column(description: Any, **options: Any) -> Callable[[Column], Column]:
    """`@column(_("name"), ordering="name", label={...}, header=True, boolean=True)`."""
    tones = options.pop("label", None)

    def decorate(method: Column) -> Column:
        shown: Any = method if tones is None else _labelled(method, tones)
        decorated: Column = display(description=description, **options)(shown)
        return decorated

    return decorate


def button(**options: Any) -> Callable[[Column], Column]:
    """Unfold's action: a link at the top of a list or a page."""

    def decorate(method: Column) -> Column:
        decorated: Column = action(**options)(method)
        return decorated

    return decorate


def _labelled(method: Callable[..., Any], tones: Mapping[str, str] | bool) -> Callable[..., Any]:
    """Its values as labels. Unfold would render a template for each cell, though few differ."""

    @lru_cache(maxsize=256)
    def drawn(value: Any) -> SafeString:
        return SafeString(display_for_label(value, NONE, tones))

    @wraps(method)
    def show(*args: Any) -> SafeString:
        value = method(*args)
        return drawn(tuple(map(str, value)) if isinstance(value, tuple) else value)

    return show
