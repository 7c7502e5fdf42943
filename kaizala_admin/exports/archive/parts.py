"""What an archive holds: models in the order of their registration, then files."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any

from django.contrib.auth import get_user_model
from django.db.models import Field, ForeignKey, Model, Q, QuerySet

from kaizala_admin.connectors.fields import EncryptedTextField

FORMAT, VERSION = "kaizala-admin-archive", 1
MANIFEST = "manifest.json"
PAGE = 2_000  # rows that are held at once


Way = str | Callable[[int], Q]


@dataclass(frozen=True)
class Part:
    """`way` leads from a row to its tenant ("group__tenant"); "" for what all tenants share.

    Where no lookup leads there, a function says which rows are a tenant's. `page`: rows held at once.
    """

    model: type[Model]
    way: Way
    leave_out: frozenset[str] = frozenset()
    page: int = PAGE

    @property
    def name(self) -> str:
        return self.model._meta.label_lower

    @property
    def file(self) -> str:
        app, model = self.name.split(".")
        return f"{app}/{model}.jsonl"

    def rows(self, tenant: int) -> QuerySet[Any]:
        rows = self.model._base_manager.all()
        if callable(self.way):
            return rows.filter(self.way(tenant))
        return rows.filter(**{self.way: tenant}) if self.way else rows

    def fields(self) -> list["Field[Any, Any]"]:
        """What is written of a row, its key first."""
        return [field for field in self.model._meta.concrete_fields if not self._is_left_out(field)]

    def _is_left_out(self, field: "Field[Any, Any]") -> bool:
        if field.name in self.leave_out or isinstance(field, EncryptedTextField):
            return True
        if not isinstance(field, ForeignKey):
            return False
        return field.related_model not in known_models()


@dataclass(frozen=True)
class Files:
    """`files(tenant)` yields (name, open binary file); `keep(name, file)` puts one back at a restore."""

    key: str
    files: Callable[[int], Iterator[tuple[str, IO[bytes]]]]
    keep: Callable[[str, IO[bytes]], None]


_PARTS: dict[str, Part] = {}
_FILES: dict[str, Files] = {}


def register(model: type[Model], way: Way, leave_out: Sequence[str] = (), page: int = PAGE) -> None:
    """Adds a model after those that are known. The same model again replaces the earlier one."""
    part = Part(model, way, frozenset(leave_out), page)
    _PARTS[part.name] = part


def register_files(
    key: str,
    files: Callable[[int], Iterator[tuple[str, IO[bytes]]]],
    keep: Callable[[str, IO[bytes]], None],
) -> None:
    """Adds files, in the folder `key` of the archive."""
    _FILES[key] = Files(key, files, keep)


def every() -> list[Part]:
    return list(_PARTS.values())


def every_files() -> list[Files]:
    return list(_FILES.values())


def known_models() -> set[Any]:
    """Foreign keys to other models (users first of all) are not written: nothing would be at their end."""
    return {part.model for part in _PARTS.values()} - {get_user_model()}
