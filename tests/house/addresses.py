"""Every address of the console, found in the resolver, with values for its parts."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.db import models
from django.urls import URLPattern, URLResolver, get_resolver, reverse

LIBRARY_NAMES = {"jsi18n", "autocomplete", "view_on_site"}


@dataclass(frozen=True)
class Address:
    """`names` are the parts in the path that want a value."""

    name: str
    names: tuple[str, ...]
    callback: Any

    @property
    def view_class(self) -> Any:
        return getattr(self.callback, "view_class", None)


def addresses() -> list[Address]:
    return list(_walk(get_resolver().url_patterns, "", ()))


def _walk(patterns: Any, space: str, names: tuple[str, ...]) -> Iterator[Address]:
    for pattern in patterns:
        parts = (*names, *pattern.pattern.converters, *_groups(pattern))
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from _walk(pattern.url_patterns, inner, parts)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield Address(f"{space}{pattern.name}", parts, pattern.callback)


def _groups(pattern: Any) -> tuple[str, ...]:
    regex = getattr(pattern.pattern, "regex", None)
    return () if pattern.pattern.converters or regex is None else tuple(regex.groupindex)


def registered() -> dict[str, tuple[type[models.Model], Any]]:
    """ "groups_group" -> the model and its admin."""
    return {
        f"{model._meta.app_label}_{model._meta.model_name}": (model, model_admin)
        for model, model_admin in admin.site._registry.items()
    }


def path_of(address: Address, values: dict[str, Any]) -> str:
    return reverse(address.name, kwargs={name: values[name] for name in address.names})
