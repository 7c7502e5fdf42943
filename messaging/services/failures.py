"""What did not arrive, or may not have: try failures again, settle what is in doubt."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet, Sum

from kaizala_admin.outbox import services as outbox
from kaizala_admin.outbox.models import State
from messaging import sending, trail
from messaging.media import uploading
from messaging.models import Broadcast, Delivery, Dispatch

from . import gate

FAILED = Delivery.State.FAILED
Move = Callable[[QuerySet[Any], AbstractBaseUser | None], int]


def retry_failures(
    broadcast: Broadcast, by: AbstractBaseUser | None, reason: str | None = None, *, typed: str = ""
) -> int:
    """Sends again to those who failed, all of them or those with one reason. Returns how many people.

    Calls that failed go back in line; people whom Kaizala left out of a call that went through get new calls.
    To many takes their number, `typed`; raises gate.Changed without it.
    """
    failed = Delivery.objects.filter(broadcast=broadcast, state=FAILED)
    if reason is not None:
        failed = failed.filter(reason=reason)
    calls = Dispatch.objects.filter(
        Exists(failed.filter(dispatch=OuterRef("pk"))), broadcast=broadcast, state=State.FAILED
    )
    with transaction.atomic():
        if _locked_state(broadcast) == Broadcast.State.CANCELLED:
            return 0
        left_out = failed.filter(dispatch__state=State.SENT)
        alone = list(left_out.select_related("dispatch__connector"))
        people = calls.aggregate(people=Sum("people"))["people"] or 0
        if by is not None:
            gate.need_typed(broadcast, people + sum(bool(line.mobile_number) for line in alone), typed)
        outbox.retry(calls, by)
        people += _new_calls(broadcast, alone)
        if people:
            trail.note(broadcast, by, "retry", after=reason or "", people=people)
    return people


def _locked_state(broadcast: Broadcast) -> str:
    """One at a time, and none beside a pause: a rival would call the same people again."""
    return (
        Broadcast.objects.select_for_update(no_key=True).values_list("state", flat=True).get(pk=broadcast.pk)
    )


def _new_calls(broadcast: Broadcast, alone: Sequence[Delivery]) -> int:
    """Moves people from calls that went through into new ones, by group and grant, in batches."""
    together: dict[tuple[int, int], list[Delivery]] = defaultdict(list)
    for line in alone:
        if line.mobile_number:
            together[line.group_id, line.dispatch.grant_id].append(line)
    batches = [batch for lines in together.values() for batch in _batches(lines)]
    rows = [_dispatch(batch) for batch in batches]
    uploading.hold_back(broadcast, rows)
    outbox.post(rows)
    for row, batch in zip(rows, batches, strict=True):
        _move(row, batch)
    for start in range(0, len(rows), sending.CHUNK):
        sending.follow(rows[start : start + sending.CHUNK], State.QUEUED)
    if rows:
        Broadcast.objects.filter(pk=broadcast.pk).update(dispatch_count=F("dispatch_count") + len(rows))
    return sum(len(batch) for batch in batches)


def _batches(lines: Sequence[Delivery]) -> list[Sequence[Delivery]]:
    first = lines[0].dispatch
    size = first.connector.batch_size if first.content is None else 1
    return [lines[start : start + size] for start in range(0, len(lines), size)]


def _dispatch(batch: Sequence[Delivery]) -> Dispatch:
    old = batch[0].dispatch
    return Dispatch(
        broadcast_id=old.broadcast_id,
        group_id=batch[0].group_id,
        mode=Dispatch.Mode.BATCH,
        people=len(batch),
        priority=old.priority,
        connector_id=old.connector_id,
        grant_id=old.grant_id,
        content=old.content,
    )


def _move(row: Dispatch, batch: Sequence[Delivery]) -> None:
    left: dict[int, int] = defaultdict(int)
    for line in batch:
        left[line.dispatch_id] += 1
    for pk, count in left.items():
        fewer = {"people": F("people") - count, "people_failed": F("people_failed") - count}
        Dispatch.objects.filter(pk=pk).update(**fewer)
    Delivery.objects.filter(pk__in=[line.pk for line in batch]).update(dispatch=row)


def arrived(dispatch: Dispatch, by: AbstractBaseUser | None) -> bool:
    """In doubt -> sent, because a person knows. False: it was settled already."""
    return bool(_settle(dispatch.broadcast, _one(dispatch), by, "it did arrive", outbox.all_arrived))


def send_again(dispatch: Dispatch, by: AbstractBaseUser | None, *, typed: str = "") -> bool:
    """In doubt -> in line, because a person says that it did not arrive. False: it was settled already.

    Nothing of a cancelled broadcast is sent any more: there a doubt stays one, until somebody knows that it
    did arrive. Where the call is to many it takes their number, `typed`; raises gate.Changed without it.
    """
    run = _if_typed(dispatch.broadcast, typed)
    return bool(_settle(dispatch.broadcast, _one(dispatch), by, "send it again", run))


def all_arrived(broadcast: Broadcast, by: AbstractBaseUser | None) -> int:
    """`arrived` for every call in doubt. Returns how many."""
    return _settle(broadcast, _all(broadcast), by, "they did arrive", outbox.all_arrived)


def send_all_again(broadcast: Broadcast, by: AbstractBaseUser | None, *, typed: str = "") -> int:
    """`send_again` for every call in doubt. Returns how many."""
    return _settle(broadcast, _all(broadcast), by, "send them again", _if_typed(broadcast, typed))


def _if_typed(broadcast: Broadcast, typed: str) -> Move:
    def run(rows: QuerySet[Any], by: AbstractBaseUser | None) -> int:
        if _locked_state(broadcast) == Broadcast.State.CANCELLED:
            return 0
        if by is not None:
            doubtful = rows.filter(state=State.UNKNOWN).aggregate(people=Sum("people"))
            gate.need_typed(broadcast, doubtful["people"] or 0, typed)
        return outbox.send_all_again(rows, by)

    return run


def _settle(
    broadcast: Broadcast, rows: QuerySet[Dispatch], by: AbstractBaseUser | None, what: str, run: Move
) -> int:
    with transaction.atomic():
        _locked_state(broadcast)
        count = run(rows, by)
        if count:
            trail.note(broadcast, by, what, calls=count)
    return count


def _one(dispatch: Dispatch) -> QuerySet[Dispatch]:
    return Dispatch.objects.filter(pk=dispatch.pk)


def _all(broadcast: Broadcast) -> QuerySet[Dispatch]:
    return Dispatch.objects.filter(broadcast=broadcast)
