"""Taking back an import: a new one whose rows are what the other really did, the other way round.

Its check is the dry run: who has left or come back since, and which groups cannot be changed any more, is
found by the same rules as for a sheet.
"""

from collections.abc import Iterator

from django.db.models import Q, QuerySet

from .checking import OF_GROUPS, READY, THERE, WRONG, Judged
from .columns import CHILD, GROUP, NUMBER, PARENT, ROLE
from .models import ImportRow, ImportRun
from .places import Graph, Places

PAGE = 2_000
State, Action = ImportRow.State, ImportRow.Action
OPPOSITE = {
    Action.ADD: Action.REMOVE,
    Action.REMOVE: Action.ADD,
    Action.PROMOTE: Action.DEMOTE,
    Action.DEMOTE: Action.PROMOTE,
    Action.LINK: Action.UNLINK,
    Action.UNLINK: Action.LINK,
}
OVER = (ImportRun.State.FINISHED, ImportRun.State.CANCELLED)
COLUMNS = {GROUP: 0, NUMBER: 1, ROLE: 2}  # of the rows that are not used, for their download
LINKS = {PARENT: 0, CHILD: 1}


def can_undo(run: ImportRun) -> bool:
    """Whether it is over, did anything, and is not taken back already."""
    return run.state in OVER and bool(_did(run)[:1]) and undone_by(run) is None


def undone_by(run: ImportRun) -> ImportRun | None:
    """The import that takes this one back, if any."""
    living = ImportRun.objects.exclude(state__in=[ImportRun.State.CANCELLED, ImportRun.State.FAILED])
    return living.filter(undoes=run.pk).first()


def columns_of(run: ImportRun) -> dict[str, int]:
    """Where the downloads of an undoing have what."""
    first = _did(run).first()
    return LINKS if first and first.action in OF_GROUPS else COLUMNS


def rows(run: ImportRun, places: Places, graph: Graph) -> Iterator[Judged]:
    """Every row that is to be undone, in its old order."""
    assert run.undoes is not None
    done, last = _did(run.undoes), 0
    while some := list(done.filter(id__gt=last)[:PAGE]):
        last = some[-1].pk
        for row in some:
            judged = _turned(row)
            if row.group_id not in places.changeable:
                judged.state, judged.problem = WRONG, ImportRow.Problem.NO_ADMIN.value
                judged.column = PARENT if judged.action in OF_GROUPS else GROUP
            elif judged.action in OF_GROUPS and row.group_id and row.other_id:
                wanted = judged.action == Action.LINK
                judged.state = READY if graph.has(row.group_id, row.other_id) != wanted else THERE
            yield judged


def _did(run: ImportRun) -> QuerySet[ImportRow]:
    """What it really changed: not who was there already. Whom it brought in counts, made an admin or not."""
    rows = ImportRow.objects.filter(run=run.pk, group__isnull=False)
    return rows.filter(Q(state=State.DONE) | Q(joined=True)).order_by("id")


def _turned(row: ImportRow) -> Judged:
    action = Action.REMOVE if row.joined else OPPOSITE[Action(row.action)]
    return Judged(row.line, action.value, READY, row.group_id, row.other_id, row.mobile_number, row.role)
