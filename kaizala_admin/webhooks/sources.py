"""What rules may subscribe to. Apps above register their sources at start-up: this floor knows no groups."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kaizala_admin.connectors.models import Connector


@dataclass(frozen=True)
class Wanted:
    """One object of Kaizala's, and the grant that may subscribe to it."""

    object_id: str
    grant_id: int
    label: str  # its name, for people


@dataclass(frozen=True)
class Source:
    """`wanted(connector)` names every object as of now, of `object_type` ("Group", "Action", ...)."""

    key: str
    title: "str | Promise"
    object_type: str
    event_types: tuple[str, ...]
    wanted: Callable[[Connector], Iterable[Wanted]]


SOURCES: dict[str, Source] = {}


def register(source: Source) -> None:
    """Makes the source known; the same key again replaces the earlier one."""
    SOURCES[source.key] = source


def title_of(key: str) -> "str | Promise":
    """What the source is called; a source that is not there any more still has a name."""
    source = SOURCES.get(key)
    return source.title if source else _("Not known any more")
