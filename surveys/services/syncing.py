"""Starting and stopping the fetches of answers. Saves rows and puts them in line; the pump does the calls."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from groups import queries
from groups.models import Group
from groups.sync.diff import chunks
from kaizala_admin.connectors import clock
from kaizala_admin.connectors.models import Connector, Grant
from kaizala_admin.outbox import services as outbox
from kaizala_admin.outbox.models import Lane, State
from surveys.models import Action, ActionInstance, AnswerSync
from surveys.sync import recording
from surveys.sync.fetching import DETAILS, TYPES

ACTIVE = (State.QUEUED, State.SENDING)
TRIES = 5
QUICK = 5  # calls that a person waits for; more of them go with the background


class CannotFetch(Exception):
    """There is nothing to fetch with. `str()` says why and what to do, for a person."""


def fetch_action(*, action: Action, lane: Lane = Lane.PERSON) -> list[AnswerSync]:
    """Fetches the answers of every instance of one action. Raises CannotFetch when no grant reaches any."""
    rows = ActionInstance.objects.filter(action=action)
    rows.update(wants_fetch=True)
    groups = Group.objects.filter(pk__in=rows.values("group"))
    runs = fetch_wanted(groups=list(groups), lane=lane if rows.count() <= QUICK else Lane.SYNC)
    if not runs:
        raise CannotFetch(_("No working grant reaches the groups of this action. Check the connector first."))
    return runs


def fetch_wanted(*, groups: Sequence[Group], lane: Lane = Lane.SYNC) -> list[AnswerSync]:
    """Fetches the answers that are marked as wanted, without looking for new actions."""
    waiting = ActionInstance.objects.filter(group__in=groups, wants_fetch=True, gone_at=None)
    todo: dict[int, list[list[Any]]] = {}
    for group_id, pk, kaizala_id in waiting.order_by("pk").values_list("group_id", "pk", "kaizala_id"):
        todo.setdefault(group_id, []).append([pk, kaizala_id])
    wanted = [group for group in groups if group.pk in todo]
    rows = [AnswerSync(group=group, stage=DETAILS, todo=todo[group.pk]) for group in wanted]
    for row in rows:
        row.expected_pages = len(row.todo)
    return _start(rows, lane)


def look(*, groups: Sequence[Group], lane: Lane = Lane.SYNC) -> list[AnswerSync]:
    """Looks for new actions in the groups, and fetches the answers of those that changed."""
    now = clock.now()
    rows = [AnswerSync(group=group, expected_pages=len(TYPES)) for group in groups]
    grants = queries.best_grants([group.pk for group in groups])
    for row in rows:
        if row.group.pk in grants:
            row.connector_id = grants[row.group.pk].connector_id
            recording.start(row, TYPES[0], now)
    return _start(rows, lane)


def look_everywhere(*, connector: Connector, lane: Lane = Lane.SYNC) -> list[AnswerSync]:
    """In every present group that this connector serves best. Raises CannotFetch when there is none."""
    present = Group.objects.filter(gone_at=None, reaches__grant__connector=connector).distinct()
    groups = list(present.order_by("pk"))
    best = queries.best_grants([group.pk for group in groups])
    mine = [group for group in groups if group.pk in best and best[group.pk].connector_id == connector.pk]
    if not mine:
        raise CannotFetch(
            _("%(connector)s reaches no group yet. Sync it first, then look for surveys and jobs.")
            % {"connector": connector}
        )
    return look(groups=mine, lane=lane)


def _start(rows: Sequence[AnswerSync], lane: Lane) -> list[AnswerSync]:
    """Posts the rows whose group nobody fetches yet; those under way are returned beside them."""
    grants = queries.best_grants([row.group.pk for row in rows])
    ready = [row for row in rows if row.group.pk in grants]
    for row in ready:
        _address(row, grants[row.group.pk], lane)
    found: list[AnswerSync] = []
    for some in chunks(ready):
        found += _post(some)
    return found


def _address(row: AnswerSync, grant: Grant, lane: Lane) -> None:
    row.grant, row.connector_id = grant, grant.connector_id
    row.lane = lane if row.expected_pages <= QUICK else Lane.SYNC


def _post(rows: Sequence[AnswerSync]) -> list[AnswerSync]:
    for _attempt in range(TRIES):
        busy = AnswerSync.objects.filter(group__in=[row.group for row in rows], state__in=ACTIVE)
        running = {row.group_id: row for row in busy.select_related("group")}
        new = [row for row in rows if row.group.pk not in running]
        try:
            with transaction.atomic():
                _post_under_one(new)
        except IntegrityError:
            for row in new:
                row.pk, row.parent = None, None
            continue  # a rival started one of them in between: look again
        return [*running.values(), *new]
    return []


def _post_under_one(rows: Sequence[AnswerSync]) -> None:
    """Those that start together hang on the first, so that one page shows them all."""
    outbox.post(rows[:1])
    for row in rows[1:]:
        row.parent = rows[0]
    outbox.post(rows[1:])


def family(rows: Iterable[AnswerSync]) -> QuerySet[AnswerSync]:
    """The rows and those that were started with them."""
    keys = [row.pk for row in rows]
    return AnswerSync.objects.filter(Q(pk__in=keys) | Q(parent__in=keys))


def stop(*, rows: Sequence[AnswerSync], by: AbstractBaseUser | None = None) -> int:
    """Stops them and what was started with them; how many. One that calls now stops after its call."""
    active = family(rows).filter(state__in=ACTIVE)
    with transaction.atomic():
        asked = active.update(stop_asked=True)
        outbox.cancel(active, by)
    return asked
