"""Turns accepted rows into changes: rows and changes in one transaction, so that each is applied once."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import chain, islice
from typing import Any

from django.db import transaction
from django.db.models import Count, QuerySet
from django.db.models.functions import Now

from groups import services as syncs
from groups.changes import graph
from groups.changes import services as changes
from groups.changes.checking import CannotChange
from groups.changes.models import GroupChange
from groups.models import Group, Member
from kaizala_admin.connectors import bulk
from kaizala_admin.outbox.models import Lane

from .checking import OF_GROUPS
from .models import ImportRow, ImportRun

BATCH, MOST_GROUPS = 2_000, 100  # rows, and groups, of a transaction: each costs a few queries
WINDOW = 20_000  # rows among which those of one group are gathered, so that its calls are full
MOST_LOOKS = 500  # groups whose members are read again at the end
State, Action, Role = ImportRow.State, ImportRow.Action, Member.Role
Key = tuple[int | None, str, bool]  # group (links go together, whatever their groups), action, as subscribers


def feed(run_id: int) -> int:
    """Queues everything that is ready, unless the import is paused or cancelled meanwhile. How many rows."""
    total = 0
    while some := _feed_batch(run_id):
        total += some
    return total


def _feed_batch(run_id: int) -> int:
    with transaction.atomic():
        running = ImportRun.objects.select_for_update().filter(pk=run_id, state=ImportRun.State.RUNNING)
        run = running.select_related(None).first()
        if run is None:
            return 0
        rows = _next(run)
        if not rows:
            finish_if_done(run_id)
            return 0
        by_key: dict[Key, list[ImportRow]] = defaultdict(list)
        for row in rows:
            group = None if row.action in OF_GROUPS else row.group_id
            by_key[group, row.action, row.role == "subscriber"].append(row)
        groups = Group.objects.in_bulk({key for row in rows for key in (row.group_id, row.other_id) if key})
        for (group_id, action, subscribers), some in by_key.items():
            if action in OF_GROUPS:
                _link(run, groups, action, some)
            else:
                _post(run, groups.get(group_id or 0), action, subscribers, some)
        return len(rows)


def _next(run: ImportRun) -> list[ImportRow]:
    """The next rows, group by group where the sheet names the groups; they may come in any order there."""
    ready = ImportRow.objects.filter(run=run.pk, state=State.READY).order_by("id")
    if run.group_id:
        return list(ready[:BATCH])
    by_group: dict[Any, list[int]] = defaultdict(list)
    for key, group in ready.values_list("pk", "group")[:WINDOW]:
        by_group[group].append(key)
    keys = list(chain.from_iterable(islice(by_group.values(), MOST_GROUPS)))[:BATCH]
    found = ImportRow.objects.in_bulk(keys)
    return [found[key] for key in keys]


def _more(run: ImportRun) -> dict[str, Any]:
    """What all its changes have."""
    return {
        "by": None,
        "created_by_id": run.accepted_by_id,
        "lane": Lane.REPAIR,  # many calls: they must not stand before a broadcast
        "follow_up": False,
        "tag": {"import": run.pk},
    }


def _post(run: ImportRun, group: Group | None, action: str, subscribers: bool, rows: list[ImportRow]) -> None:
    try:
        if group is None:
            raise CannotChange("")
        _queue(_ask(group, action, subscribers, rows, _more(run)), rows)
    except CannotChange as error:
        _refuse(rows, str(error))


def _ask(
    group: Group, action: str, subscribers: bool, rows: list[ImportRow], more: dict[str, Any]
) -> list[GroupChange]:
    numbers = list(dict.fromkeys(row.mobile_number for row in rows))
    if action in (Action.PROMOTE, Action.DEMOTE):
        role = Role.ADMIN if action == Action.PROMOTE else Role.MEMBER
        return changes.set_roles(group=group, members=_members(group, numbers), role=role, **more)
    if action == Action.ADD:
        add = changes.add_subscribers if subscribers else changes.add_members
        return add(group=group, numbers=numbers, **more)
    if subscribers:
        return changes.remove_subscribers(group=group, numbers=numbers, **more)
    return changes.remove_members(group=group, members=_members(group, numbers), **more)


def _members(group: Group, numbers: Sequence[str]) -> list[Member]:
    """In the order of the numbers; somebody who left meanwhile is asked for by number, and found absent."""
    known: dict[str, Member] = {}
    for start in range(0, len(numbers), 500):
        here = Member.objects.filter(group=group, mobile_number__in=numbers[start : start + 500])
        for member in here.filter(gone_at__isnull=True):
            known[member.mobile_number] = member
    return [known.get(number) or _stranger(group, number) for number in numbers]


def _stranger(group: Group, number: str) -> Member:
    return Member(group=group, person_id=f"tel:{number}", mobile_number=number)


def _link(run: ImportRun, groups: dict[int, Group], action: str, rows: list[ImportRow]) -> None:
    """A link that became a ring since the check is refused alone."""
    link = graph.link if action == Action.LINK else graph.unlink
    answers = link([(groups[row.group_id or 0], groups[row.other_id or 0]) for row in rows], **_more(run))
    refused: dict[str, list[ImportRow]] = defaultdict(list)
    posted: list[GroupChange] = []
    taken: list[ImportRow] = []
    for row, answer in zip(rows, answers, strict=True):
        if isinstance(answer, CannotChange):
            refused[str(answer)].append(row)
        else:
            posted.append(answer)
            taken.append(row)
    for why, some in refused.items():
        _refuse(some, why)
    _queue(posted, taken)


def _queue(posted: Sequence[GroupChange], rows: Sequence[ImportRow]) -> None:
    """Each row gets the change that names its number, or its two groups."""
    names = {name: change.pk for change in posted for name in _names(change)}
    values = [(names[_name(row)], State.QUEUED.value, row.pk) for row in rows]
    bulk.update_values(ImportRow, ("change_id", "state"), values)


def _name(row: ImportRow) -> object:
    return row.mobile_number or (row.group_id, row.other_id)


def _names(change: GroupChange) -> Sequence[object]:
    return change.payload.get("numbers") or [(change.group_id, change.other_id)]


def _refuse(rows: Sequence[ImportRow], why: str) -> None:
    keys = [row.pk for row in rows]
    for start in range(0, len(keys), 500):
        ImportRow.objects.filter(pk__in=keys[start : start + 500]).update(
            state=State.REFUSED, reason=why[:200]
        )


def finish_if_done(run_id: int) -> bool:
    """Running -> finished, when no row waits. The groups' members are then read again, for their IDs."""
    open_rows = ImportRow.objects.filter(run=run_id, state__in=[State.READY, State.QUEUED])
    going = ImportRun.objects.filter(pk=run_id, state=ImportRun.State.RUNNING)
    if open_rows.exists():
        return False
    if not going.update(state=ImportRun.State.FINISHED, finished_at=Now()):
        close(run_id, state=ImportRun.State.CANCELLED)  # the last call that was under way
        return False
    close(run_id)
    _look_again(run_id)
    return True


def give_up(runs: QuerySet[ImportRun]) -> None:
    """What is not in line yet never will be."""
    ImportRow.objects.filter(run__in=runs, state=State.READY).update(state=State.CANCELLED)


def close(run_id: int, **only_if: Any) -> None:
    """Keeps what came of it, for the history: counting again would read every row."""
    run = ImportRun.objects.filter(pk=run_id, **only_if)
    if run.exists():
        rows = ImportRow.objects.filter(run=run_id).order_by().values_list("state").annotate(Count("pk"))
        run.update(totals=dict(rows))


def _look_again(run_id: int) -> None:
    rows = ImportRow.objects.filter(run=run_id, state=State.DONE).exclude(role__in=["subscriber", ""])
    touched = Group.objects.filter(pk__in=rows.order_by().values("group"), gone_at__isnull=True)
    for group in touched.order_by("pk")[:MOST_LOOKS]:
        try:
            syncs.start_members_sync(group, Lane.SYNC)
        except syncs.CannotSync:
            continue
