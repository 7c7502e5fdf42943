"""Turns accepted rows into changes: rows and changes in one transaction, so that each is applied once."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Count, QuerySet
from django.db.models.functions import Now

from groups import services as syncs
from groups.changes import services as changes
from groups.changes.checking import CannotChange
from groups.changes.models import GroupChange
from groups.models import Group, Member
from kaizala_admin.outbox.models import Lane

from .checking import OF_GROUPS
from .models import ImportRow, ImportRun

BATCH = 2_000  # rows a transaction
MOST_LOOKS = 500  # groups whose members are read again at the end
State, Action, Role = ImportRow.State, ImportRow.Action, Member.Role
Key = tuple[int | None, str, bool]  # group, action, as subscribers


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
        rows = list(ImportRow.objects.filter(run=run_id, state=State.READY).order_by("id")[:BATCH])
        if not rows:
            finish_if_done(run_id)
            return 0
        by_key: dict[Key, list[ImportRow]] = defaultdict(list)
        for row in rows:
            by_key[row.group_id, row.action, row.role == "subscriber"].append(row)
        groups = Group.objects.select_related("tenant").in_bulk([key[0] for key in by_key if key[0]])
        for (group_id, action, subscribers), some in by_key.items():
            _post(run, groups.get(group_id or 0), action, subscribers, some)
        return len(rows)


def _post(run: ImportRun, group: Group | None, action: str, subscribers: bool, rows: list[ImportRow]) -> None:
    more: dict[str, Any] = {
        "by": None,
        "created_by_id": run.accepted_by_id,
        "lane": Lane.REPAIR,  # many calls: they must not stand before a broadcast
        "follow_up": False,
        "tag": {"import": run.pk},
    }
    try:
        if group is None:
            raise CannotChange("")
        _queue(_ask(group, action, subscribers, rows, more), rows)
    except CannotChange as error:
        _refuse(rows, str(error))


def _ask(
    group: Group, action: str, subscribers: bool, rows: list[ImportRow], more: dict[str, Any]
) -> list[GroupChange]:
    numbers = [row.mobile_number for row in rows]
    if action in OF_GROUPS:
        return _link(changes.link if action == Action.LINK else changes.unlink, group, rows, more)
    if action in (Action.PROMOTE, Action.DEMOTE):
        return _set_role(Role.ADMIN if action == Action.PROMOTE else Role.MEMBER, group, rows, more)
    if action == Action.ADD:
        add = changes.add_subscribers if subscribers else changes.add_members
        return add(group=group, numbers=numbers, **more)
    if subscribers:
        return changes.remove_subscribers(group=group, numbers=numbers, **more)
    return changes.remove_members(group=group, members=_members(group, rows), **more)


def _members(group: Group, rows: Sequence[ImportRow]) -> list[Member]:
    """In the order of the rows; somebody who left meanwhile is asked for by number, and found absent."""
    known: dict[str, Member] = {}
    numbers = [row.mobile_number for row in rows]
    for start in range(0, len(numbers), 500):
        here = Member.objects.filter(group=group, mobile_number__in=numbers[start : start + 500])
        for member in here.filter(gone_at__isnull=True):
            known[member.mobile_number] = member
    return [known.get(number) or _stranger(group, number) for number in numbers]


def _stranger(group: Group, number: str) -> Member:
    return Member(group=group, person_id=f"tel:{number}", mobile_number=number)


def _set_role(role: str, group: Group, rows: list[ImportRow], more: dict[str, Any]) -> list[GroupChange]:
    members = _members(group, rows)
    return [
        changes.set_role(group=group, member=member, role=role, look_up=True, **more) for member in members
    ]


def _link(
    verb: Callable[..., GroupChange], group: Group, rows: list[ImportRow], more: dict[str, Any]
) -> list[GroupChange]:
    """A link that became a ring since the check is refused alone."""
    children = Group.objects.in_bulk([row.other_id for row in rows if row.other_id])
    posted = []
    for row in list(rows):
        try:
            posted.append(verb(parent=group, child=children[row.other_id or 0], **more))
        except (CannotChange, KeyError) as error:
            _refuse([row], str(error))
            rows.remove(row)
    return posted


def _queue(posted: Sequence[GroupChange], rows: Sequence[ImportRow]) -> None:
    """Each row gets the change that names it. Changes hold the rows' numbers in the rows' order."""
    source = iter(rows)
    for change in posted:
        size = max(1, change.people)
        keys = [next(source).pk for _ in range(size)]
        ImportRow.objects.filter(pk__in=keys).update(change_id=change.pk, state=State.QUEUED)


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
