"""What the floors above do with rows: post, pause, cancel, retry, settle. All compare-and-set."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from kaizala_admin.connectors import clock

from . import trail
from .models import OutboxRow, State
from .nudges import nudge

__all__ = [
    "all_arrived",
    "cancel",
    "change",
    "due_at_once",
    "hold",
    "lock",
    "nudge",
    "post",
    "posted",
    "release",
    "retry",
    "send_again",
    "send_all_again",
    "settle_arrived",
]

BATCH = 500  # rows in one transaction: short ones, so that others get their turn
JUST_MADE = timedelta(seconds=1)  # both times of a new row come from this machine's clock
Row = TypeVar("Row", bound=OutboxRow)


def post(rows: Sequence[Row]) -> list[Row]:
    """Puts rows in line, inside the caller's transaction; wakes the dispatcher once that is committed."""
    by_class: dict[type[OutboxRow], list[OutboxRow]] = defaultdict(list)
    for row in rows:
        by_class[type(row)].append(row)
    due_at_once(rows)
    for row_class, same in by_class.items():
        row_class._default_manager.bulk_create(same, batch_size=BATCH)
    _nudge_after_commit(row.connector_id for row in rows)
    return list(rows)


def posted(connector_ids: Iterable[int]) -> None:
    """The same for rows that were written in bulk: wakes the dispatcher once they are committed."""
    _nudge_after_commit(connector_ids)


def due_at_once(rows: Iterable[OutboxRow]) -> None:
    """New rows that nobody gave a time are due now on the database's clock, not on this machine's."""
    now = clock.now()
    for row in rows:
        if abs(row.not_before - row.created_at) < JUST_MADE:
            row.not_before = now


def hold(queryset: QuerySet[Any]) -> int:
    """Pauses rows: no call starts once this is committed; one under way is finished. Returns how many.

    Their permits are given back, so that they take no room from the connector's other rows meanwhile.
    """
    return change(queryset.filter(state__in=[State.QUEUED, State.SENDING], held=False), held=True, permits=0)


def release(queryset: QuerySet[Any]) -> int:
    """Lets paused rows go on. Returns how many."""
    paused = queryset.filter(held=True)
    connectors = list(paused.order_by().values_list("connector_id", flat=True).distinct())
    count = change(paused, held=False)
    _nudge_after_commit(connectors)
    return count


def lock(rows: QuerySet[Any]) -> None:
    """Waits for whoever changes these rows at this moment, and keeps them until the transaction ends.

    By key, as whoever settles calls takes them: nobody waits for another in a ring.
    """
    if connection.features.has_select_for_update:
        list(rows.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))


def change(rows: QuerySet[Any], **fields: Any) -> int:
    """Writes many rows whatever their state. Returns how many."""
    with transaction.atomic():
        lock(rows)
        return rows.update(**fields)


def cancel(queryset: QuerySet[Any], by: AbstractBaseUser | None = None) -> int:
    """Queued -> cancelled. What is being sent, or is over, stays as it is. Returns how many."""
    return _move(queryset, State.QUEUED, State.CANCELLED, by, settled_at=Now(), permits=0, reason="cancelled")


def retry(queryset: QuerySet[Any], by: AbstractBaseUser | None = None) -> int:
    """Failed -> queued, with fresh attempts and not paused. Returns how many."""
    return _move(queryset, State.FAILED, State.QUEUED, by, **_AFRESH)


def all_arrived(queryset: QuerySet[Any], by: AbstractBaseUser | None) -> int:
    """Unknown -> sent: a person (or evidence, with `by` None) says so. Returns how many."""
    reason = "said_by_a_person" if by else "found_at_kaizala"
    return _move(queryset, State.UNKNOWN, State.SENT, by, settled_at=Now(), reason=reason)


def send_all_again(queryset: QuerySet[Any], by: AbstractBaseUser | None) -> int:
    """Unknown -> queued, because they did not arrive. Returns how many: none where the policy is never."""
    if settings.KAIZALA_UNKNOWN_POLICY == "never":
        return 0
    return _move(queryset, State.UNKNOWN, State.QUEUED, by, **_AFRESH)


def settle_arrived(row: OutboxRow, by: AbstractBaseUser | None) -> bool:
    """`all_arrived` for one row. False: it was settled already."""
    return bool(all_arrived(_only(row), by))


def send_again(row: OutboxRow, by: AbstractBaseUser | None) -> bool:
    """`send_all_again` for one row. False: it was settled already."""
    return bool(send_all_again(_only(row), by))


_AFRESH: dict[str, Any] = {
    "attempts": 0,
    "not_before": Now(),
    "held": False,
    "permits": 0,
    "settled_at": None,
    "reason": "",
    "detail": "",
}


def _move(
    queryset: QuerySet[Any], before: State, after: State, by: AbstractBaseUser | None, **changes: Any
) -> int:
    """Moves the rows that are still `before`; each batch with its hooks and trail in one transaction."""
    ids = list(queryset.filter(state=before).order_by("pk").values_list("pk", flat=True))
    return sum(_move_batch(queryset.model, chunk, before, after, by, changes) for chunk in _chunks(ids))


def _move_batch(
    row_class: type[OutboxRow],
    ids: Sequence[int],
    before: State,
    after: State,
    by: AbstractBaseUser | None,
    changes: dict[str, Any],
) -> int:
    with transaction.atomic():
        table = row_class._default_manager
        rows = list(table.select_for_update().filter(pk__in=ids, state=before).order_by("pk"))
        table.filter(pk__in=[row.pk for row in rows], state=before).update(state=after, **changes)
        for row in rows:
            row.state, row.reason = after, changes.get("reason", row.reason)
        row_class.many_changed(rows, after)
        trail.moved(rows, before, after, by)
        if after == State.QUEUED:
            _nudge_after_commit(row.connector_id for row in rows)
    return len(rows)


def _only(row: OutboxRow) -> QuerySet[Any]:
    return type(row)._default_manager.filter(pk=row.pk)


def _chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + BATCH] for start in range(0, len(ids), BATCH))


def _nudge_after_commit(connector_ids: Iterable[int]) -> None:
    ids = set(connector_ids)
    if ids:
        transaction.on_commit(lambda: nudge(ids))
