"""Every class of rows, and the attempts, as exports."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from django.utils.translation import gettext_lazy as _

from kaizala_admin import exports
from kaizala_admin.exports import in_pages, number, text, time
from kaizala_admin.exports.kinds import Parameters, Row
from kaizala_admin.exports.lists import list_rows
from kaizala_admin.exports.paging import pages

from .models import Attempt, OutboxRow, State
from .registry import label, relations
from .words import reason_words, why_waiting

ATTEMPTS = "outbox.attempts"
ROW = (
    number("id", _("row")),
    text("what", _("what")),
    text("state", _("state")),
    text("why", _("why")),
    text("detail", _("in words")),
    text("connector", _("connector")),
    number("attempts", _("attempts")),
    time("created_at", _("queued at")),
    time("settled_at", _("settled at")),
)
ATTEMPT = (
    text("row_class", _("what")),
    number("row_id", _("row")),
    number("number", _("attempt")),
    time("started_at", _("started")),
    time("ended_at", _("ended")),
    text("outcome", _("outcome")),
    text("reason", _("reason")),
    text("detail", _("in words")),
)


def kind_of(row_class: type[OutboxRow]) -> str:
    """The key of the export of this class's rows."""
    return f"outbox.{label(row_class)}"


def register_class(row_class: type[OutboxRow]) -> str:
    """When its admin is made: its list is what is exported. Returns the key."""
    meta = row_class._meta
    exports.register(
        kind_of(row_class),
        exports.capital(meta.verbose_name_plural or ""),
        f"{meta.app_label}.view_{meta.model_name}",
        ROW,
        partial(_rows, row_class),
        partial(_count, row_class),
    )
    return kind_of(row_class)


def register_attempts() -> None:
    """Once, at start-up."""
    permission = "outbox.view_attempt"
    exports.register(ATTEMPTS, _("Attempts"), permission, ATTEMPT, _attempts, partial(_count, Attempt))


def _count(model: type[Any], parameters: Parameters) -> int:
    return list_rows(model, parameters).count()


def _rows(row_class: type[OutboxRow], parameters: Parameters) -> Iterator[Row]:
    """Whole rows, because only they know their titles."""
    whole = row_class._default_manager.select_related(*relations(row_class))
    for page in pages(list_rows(row_class, parameters)):
        found = whole.in_bulk([key for (key,) in page])
        yield from (_row(found[key]) for (key,) in page if key in found)


def _row(row: OutboxRow) -> Row:
    return (
        row.pk,
        row.title(),
        State(row.state).label,
        why_waiting(row),
        row.detail,
        row.connector.name,
        row.attempts,
        row.created_at,
        row.settled_at,
    )


def _attempts(parameters: Parameters) -> Iterator[Row]:
    names = [column.key for column in ATTEMPT]
    at = names.index("reason")
    for row in in_pages(list_rows(Attempt, parameters), *names):
        yield (*row[:at], reason_words(row[at]), *row[at + 1 :])
