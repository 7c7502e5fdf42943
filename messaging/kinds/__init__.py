"""The kinds of broadcast: one file a kind, each with its `KIND`. To add one, copy another; `parts` helps."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from .base import ActionKind, Content, ContentForm, Kind

__all__ = ["ActionKind", "Content", "ContentForm", "Kind", "every", "get", "tiles"]


@cache
def every() -> dict[str, Kind]:
    """All kinds by key."""
    modules = [module for module in iter_modules(__path__) if not module.ispkg]
    names = sorted(module.name for module in modules if module.name != "base")
    found: list[Kind] = [import_module(f"{__name__}.{name}").KIND for name in names]
    return {kind.key: kind for kind in found}


def get(key: str) -> Kind:
    """The kind of this key. Raises KeyError for one that does not exist."""
    return every()[key]


def tiles() -> list[Kind]:
    """All kinds in the order in which they are offered."""
    return sorted(every().values(), key=lambda kind: (kind.place, kind.key))
