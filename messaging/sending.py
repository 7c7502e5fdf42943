"""One dispatch: the call that it makes, and what the call changes in the ledger."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from groups.models import Group
from kaizala_admin.connectors.prepared import Prepared
from kaizala_admin.kaizala import InvalidInput, KaizalaClient, Sent
from kaizala_admin.outbox.models import State
from kaizala_admin.outbox.words import reason_words

from . import kinds
from .evidence import looks
from .media import uploading
from .models import Broadcast, Delivery, Dispatch
from .personal.sent import content_of
from .timing import quiet

log = logging.getLogger(__name__)
OPEN = (State.QUEUED, State.SENDING)
FOUND = "found_at_kaizala"  # the outbox's reason for what evidence settled
CHUNK = 500  # values in one condition


def send(dispatch: Dispatch, client: KaizalaClient) -> Sent:
    """Makes the one call, unless these are quiet hours.

    A batch without people is refused: it would go to the whole group (contract 7).
    """
    quiet.need_open(dispatch.broadcast, dispatch.connector.tenant)
    kind, content = kinds.get(dispatch.broadcast.kind), content_of(dispatch)
    if kind.has_media:
        content = {**content, "resources": uploading.resources(dispatch)}
    group_id = dispatch.group.group_id
    if dispatch.mode == Dispatch.Mode.GROUP:
        return kind.send_to_group(client, group_id, content)
    if dispatch.mode == Dispatch.Mode.ALL:
        return kind.send_to_all(client, group_id, content)
    if dispatch.numbers is None:
        prepare([dispatch])
    numbers = dispatch.numbers
    if not numbers or "" in numbers:
        raise InvalidInput("This call names no people, so it was not made.", field="subscribers")
    return kind.send_to_people(client, group_id, content, numbers)


def prepare(dispatches: Sequence[Dispatch]) -> None:
    """Reads what `send` needs for all of them: broadcasts, groups, the numbers of batches. Three queries."""
    broadcasts = {row.pk: row for row in _BROADCASTS.objects(_keys(row.broadcast_id for row in dispatches))}
    groups = {row.pk: row for row in _GROUPS.objects(_keys(row.group_id for row in dispatches))}
    numbers: dict[int, list[str]] = {row.pk: [] for row in dispatches if row.mode == Dispatch.Mode.BATCH}
    for row in dispatches:
        row.broadcast, row.group = broadcasts[row.broadcast_id], groups[row.group_id]
        row.numbers = numbers.get(row.pk, [])
    for key, number in _NUMBERS.rows(list(numbers)):
        numbers[key].append(number)


def _keys(keys: Iterable[int]) -> list[int]:
    return sorted(set(keys))


_BROADCASTS: Prepared[Broadcast] = Prepared(
    lambda keys: Broadcast.objects.defer("audience", "stamp").filter(pk__in=keys).order_by()
)
_GROUPS: Prepared[Group] = Prepared(lambda keys: Group.objects.filter(pk__in=keys).order_by())
_NUMBERS: Prepared[Delivery] = Prepared(
    lambda keys: (
        Delivery.objects.filter(dispatch__in=keys)
        .order_by("dispatch", "pk")
        .values_list("dispatch_id", "mobile_number")
    )
)


def changed(rows: Sequence[Dispatch], state: State) -> None:
    """The hook of every change of state but "sent by the call". What Kaizala refused may go once more."""
    back = uploading.anew(rows) if state == State.FAILED else []
    for row in back:
        row.state = State.QUEUED
    if rest := [row for row in rows if row not in back]:
        follow(rest, state)
    if back:
        follow(back, State.QUEUED)


def follow(rows: Sequence[Dispatch], state: State) -> None:
    """The ledger follows its dispatches: waiting again, sent after all, failed, cancelled, in doubt."""
    from .services import bursts

    if state == State.SENDING:
        return
    bursts.note(rows, state)
    by_reason: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        by_reason[_why(row, state)].append(row.pk)
    for reason, keys in by_reason.items():
        for start in range(0, len(keys), CHUNK):
            lines = Delivery.objects.filter(dispatch__in=keys[start : start + CHUNK])
            lines.exclude(state=state, reason=reason).update(state=state, reason=reason)
    broadcasts = {row.broadcast_id for row in rows}
    if state == State.UNKNOWN:
        looks.plan(rows)
    if state == State.QUEUED:
        uploading.wait_again(rows)
        _waiting_again(broadcasts, [row.pk for row in rows])
    else:
        finish_if_done(broadcasts, settled=[row.pk for row in rows])


def _why(row: Dispatch, state: State) -> str:
    if state == State.SENT and row.reason == FOUND:
        return FOUND
    return (row.detail or reason_words(row.reason))[:200] if state in (State.FAILED, State.UNKNOWN) else ""


def _waiting_again(broadcast_ids: Iterable[int], dispatch_ids: Sequence[int]) -> None:
    """A row that is back in line obeys its broadcast: paused stays paused, cancelled is never sent."""
    ids = list(broadcast_ids)
    reopened = {"state": Broadcast.State.RUNNING, "finished_at": None}
    Broadcast.objects.filter(pk__in=ids, state=Broadcast.State.FINISHED).update(**reopened)
    for pk, state in Broadcast.objects.filter(pk__in=ids).values_list("pk", "state"):
        rows = _queued(dispatch_ids).filter(broadcast=pk)
        if state == Broadcast.State.PAUSED:
            rows.update(held=True)
        elif state == Broadcast.State.CANCELLED:
            keys = list(rows.values_list("pk", flat=True))
            rows.update(state=State.CANCELLED, reason="cancelled", settled_at=Now())
            Delivery.objects.filter(dispatch__in=keys).update(state=Delivery.State.CANCELLED, reason="")
    quiet.hold(ids)


def _queued(dispatch_ids: Sequence[int]) -> QuerySet[Dispatch]:
    return Dispatch.objects.filter(pk__in=dispatch_ids, state=State.QUEUED)


def finish_if_done(broadcast_ids: Iterable[int], settled: Sequence[int] = ()) -> int:
    """Running or paused -> finished, where no call is open any more. `settled` rows count as over. How many.

    Two last calls that settle at the same moment may each see the other open: messaging.tick finishes those.
    """
    return sum(_finish(pk) for pk in set(broadcast_ids) if _is_over(pk, settled))


def _is_over(broadcast_id: int, settled: Sequence[int]) -> bool:
    """Of more open calls than those that are settled, one is another."""
    still = _some_open(1 << len(settled).bit_length()).rows(broadcast_id)
    return {key for (key,) in still} <= set(settled)


@lru_cache(maxsize=64)
def _some_open(most: int) -> Prepared[Dispatch]:
    def build(broadcast_id: int) -> QuerySet[Any]:
        return (
            Dispatch.objects.filter(broadcast=broadcast_id, state__in=OPEN)
            .order_by()
            .values_list("pk")[:most]
        )

    return Prepared(build)


def _finish(broadcast_id: int) -> int:
    """Never waits: who holds the broadcast may wait for this very call. The tick finishes what is skipped."""
    going = Broadcast.objects.filter(state__in=[Broadcast.State.RUNNING, Broadcast.State.PAUSED])
    free = going.select_for_update(skip_locked=True, no_key=True).filter(pk=broadcast_id)
    with transaction.atomic(savepoint=False):
        over = {"state": Broadcast.State.FINISHED, "finished_at": timezone.now()}
        return going.filter(pk=broadcast_id).update(**over) if free.exists() else 0
