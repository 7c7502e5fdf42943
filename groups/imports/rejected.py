"""The rows that were not used, as a sheet to repair and upload again: its own columns, and why."""

import csv
import json
from collections.abc import Iterator
from typing import NamedTuple

from django.utils.translation import gettext as _

from kaizala_admin.exports.writers.cells import safe

from . import columns
from .models import ImportRow, ImportRun

State = ImportRow.State


class Bad(NamedTuple):
    """A row that is not used: where, what stood there, why."""

    line: int
    column: str
    given: str
    why: str


class _Echo:
    """csv.writer hands each row to this, and this hands it back."""

    def write(self, value: str) -> str:
        return value


def first(run: ImportRun, most: int) -> list[Bad]:
    """The first ones. One query."""
    rows = ImportRow.objects.filter(run=run.pk, state__in=[State.WRONG, State.REFUSED]).order_by("id")[:most]
    return [Bad(row.line, row.column, row.given or row.mobile_number, row.why) for row in rows]


def lines(run: ImportRun) -> Iterator[str]:
    """The heading and every row, wrong ones and those that Kaizala refused, in the sheet's order.

    Without whom Kaizala would not remove for missing on an equal list: to upload those again would add them.
    """
    writer, actions = csv.writer(_Echo()), run.kind == ImportRun.Kind.UNDO
    told = [*heading(run), *([_("What")] if actions else []), *_ends()]
    yield "\ufeff" + writer.writerow([safe(cell) for cell in told])
    rows = ImportRow.objects.filter(run=run.pk, state__in=[State.WRONG, State.REFUSED])
    if run.kind == ImportRun.Kind.EQUAL:
        rows = rows.exclude(action=ImportRow.Action.REMOVE)
    for row in rows.select_related("group", "other").order_by("id").iterator(chunk_size=2_000):
        what = [row.get_action_display()] if actions else []
        yield writer.writerow(
            [safe(str(cell)) for cell in [*cells(run, row), *what, row.line or "", row.why]]
        )


def _ends() -> list[str]:
    return [_("Line"), _("Why")]


def is_ours(cells: list[str]) -> bool:
    """Whether these cells head such a file."""
    return cells[-2:] == _ends()


def heading(run: ImportRun) -> list[str]:
    """The sheet's own, or one that an import knows again where it had none."""
    if run.heading:
        return [str(cell) for cell in run.heading]
    width = max(run.columns.values(), default=0) + 1
    named = {place: field for field, place in run.columns.items()}
    return [named.get(place, "") for place in range(width)]


def cells(run: ImportRun, row: ImportRow) -> list[str]:
    """The row as it stood in the sheet; of a row that Kaizala refused, the columns that we read."""
    width = len(heading(run))
    if row.cells:
        found = json.loads(row.cells)
        wide = found if isinstance(found, dict) else {str(place): cell for place, cell in enumerate(found)}
        return [str(wide.get(str(place), "")) for place in range(width)]
    known = {
        columns.NUMBER: row.mobile_number,
        columns.ROLE: row.role,
        columns.GROUP: row.group.group_id if row.group else "",
        columns.PARENT: row.group.group_id if row.group else "",
        columns.CHILD: row.other.group_id if row.other else "",
    }
    values = {place: known[field] for field, place in run.columns.items()}
    return [values.get(place, "") for place in range(width)]
