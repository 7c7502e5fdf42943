"""What can be exported. Apps above register it at start-up (design, section 2)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

from django.utils.functional import Promise

from .columns import Column, Columns

Parameters = Mapping[str, Any]
Row = Sequence[Any]
Pages = Callable[[Parameters, Sequence[Column]], Iterable[Columns]]  # for the columns of the heading
Tick = Callable[[int], None]  # called with the rows done so far; raises when the work shall stop
TABLES = ("csv", "xlsx", "jsonl")


class BadParameters(Exception):
    """The parameters name nothing that can be exported (any more). `str()` says so, for a person."""


@dataclass(frozen=True)
class Kind:
    """See the package's docstring. A table has `rows` or `pages`, anything else has `write`."""

    key: str
    title: "str | Promise"
    permission: str
    columns: Sequence[Column] | Callable[[Parameters], Sequence[Column]] = ()
    rows: Callable[[Parameters], Iterable[Row]] | None = None
    count: Callable[[Parameters], int | None] = lambda parameters: None
    write: Callable[[IO[bytes], Parameters, Tick], None] | None = None
    formats: tuple[str, ...] = TABLES
    pages: Pages | None = None

    def columns_for(self, parameters: Parameters) -> Sequence[Column]:
        return self.columns(parameters) if callable(self.columns) else self.columns


_KINDS: dict[str, Kind] = {}


def register(
    key: str,
    title: "str | Promise",
    permission: str,
    columns: Sequence[Column] | Callable[[Parameters], Sequence[Column]] = (),
    rows: Callable[[Parameters], Iterable[Row]] | None = None,
    count: Callable[[Parameters], int | None] = lambda parameters: None,
    *,
    write: Callable[[IO[bytes], Parameters, Tick], None] | None = None,
    formats: tuple[str, ...] = TABLES,
    pages: Pages | None = None,
) -> None:
    """Makes it known under `key`. The same key again replaces the earlier one."""
    if [rows, pages, write].count(None) != 2:
        raise TypeError(f"{key}: give one of rows, pages and write")
    _KINDS[key] = Kind(key, title, permission, columns, rows, count, write, formats, pages)


def by_key(key: str) -> Kind:
    """Raises LookupError for a key that nobody registered."""
    if key not in _KINDS:
        raise LookupError(key)
    return _KINDS[key]


def every() -> list[Kind]:
    """All kinds, in the order of their registration."""
    return list(_KINDS.values())


def allowed_keys(user: Any) -> list[str]:
    """The kinds that this person may export, and so see the exports of."""
    return [kind.key for kind in _KINDS.values() if user.has_perm(kind.permission)]
