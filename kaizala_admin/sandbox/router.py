"""Finds the operation that a path names. Literal segments match in any case; ids match raw or
percent-encoded.

aiohttp's own router is not used below /v1, because it knows neither of both (contract 1.6, 1.10).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

from kaizala_admin.sandbox.errors import ApiError, not_found, wrong_method
from kaizala_admin.sandbox.world import Handler

_REMEMBERED = 4096


@dataclass(frozen=True, slots=True)
class Route:
    """One operation. `open` ones need no access token; `raw` ones read their own body.

    The rest is plain JSON.
    """

    name: str
    verb: str
    shape: tuple[str, ...]
    handler: Handler
    open: bool = False
    raw: bool = False


class Router:
    """All routes by verb and number of segments; `find` remembers the last few thousand paths."""

    def __init__(self, routes: list[Route]) -> None:
        self._routes: dict[int, list[Route]] = {}
        for route in routes:
            self._routes.setdefault(len(route.shape), []).append(route)
        for group in self._routes.values():
            group.sort(key=lambda route: [segment == "*" for segment in route.shape])
        self.find = lru_cache(maxsize=_REMEMBERED)(self._find)

    def _find(self, verb: str, raw_path: str) -> tuple[Route, tuple[str, ...]]:
        """Return the route and its ids; ApiError 404 or 405 when there is none."""
        parts = raw_path.strip("/").split("/")[1:]
        lowered = [part.lower() for part in parts]
        error: ApiError = not_found("The resource")
        for route in self._routes.get(len(parts), ()):
            if not _matches(route.shape, lowered):
                continue
            if route.verb == verb:
                return route, _ids(route.shape, parts)
            error = wrong_method()
        raise error


def _matches(shape: tuple[str, ...], lowered: list[str]) -> bool:
    return all(wanted in ("*", given) for wanted, given in zip(shape, lowered, strict=True))


def _ids(shape: tuple[str, ...], parts: list[str]) -> tuple[str, ...]:
    return tuple(unquote(part) for wanted, part in zip(shape, parts, strict=True) if wanted == "*")


def route(
    verb: str, path: str, name: str, handler: Handler, *, open: bool = False, raw: bool = False
) -> Route:
    """Describe one operation; `path` has `*` for an id, and no /v1."""
    return Route(name, verb, tuple(path.lower().strip("/").split("/")), handler, open, raw)
