"""What did not arrive, or may not have: try failures again, settle what is in doubt."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, QuerySet, Subquery, Sum

from kaizala_admin.outbox import services as outbox
from kaizala_admin.outbox.models import State
from messaging import sending, trail
from messaging.media import uploading
from messaging.models import Broadcast, Delivery, Dispatch

from . import gate

FAILED = Delivery.State.FAILED
PAGE = 100  # new calls at a time
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
        alone = failed.filter(dispatch__state=State.SENT).exclude(mobile_number="")
        people = (calls.aggregate(people=Sum("people"))["people"] or 0) + alone.count()
        if by is not None:
            gate.need_typed(broadcast, people, typed)
        outbox.retry(calls, by)
        _new_calls(broadcast, alone)
        if people:
            trail.note(broadcast, by, "retry", after=reason or "", people=people)
    return people


def _locked_state(broadcast: Broadcast) -> str:
    """One at a time, and none beside a pause: a rival would call the same people again."""
    return (
        Broadcast.objects.select_for_update(no_key=True).values_list("state", flat=True).get(pk=broadcast.pk)
    )


def _new_calls(broadcast: Broadcast, alone: QuerySet[Delivery]) -> None:
    """Moves people from calls that went through into new ones, by group and grant, in batches.

    A page of calls at a time: many people may have been left out, and a person waits for the answer.
    """
    keys = ("group_id", "dispatch__grant_id")
    places = list(alone.order_by(*keys).values_list(*keys).distinct())
    _leave(alone)
    made = 0
    for group, grant in places:
        lines = alone.filter(group=group, dispatch__grant=grant).order_by("pk")
        while page := _page(lines):
            rows = [_dispatch(broadcast, batch) for batch in page]
            uploading.hold_back(broadcast, rows)
            outbox.post(rows)
            for row, batch in zip(rows, page, strict=True):
                Delivery.objects.filter(pk__in=[line.pk for line in batch]).update(dispatch=row)
            sending.follow(rows, State.QUEUED)
            made += len(rows)
    if made:
        Broadcast.objects.filter(pk=broadcast.pk).update(dispatch_count=F("dispatch_count") + made)


def _leave(alone: QuerySet[Delivery]) -> None:
    """The calls that they are taken from count them no more."""
    theirs = alone.filter(dispatch=OuterRef("pk")).order_by().values("dispatch")
    count = Subquery(theirs.annotate(n=Count("pk")).values("n"))
    old = Dispatch.objects.filter(pk__in=alone.order_by().values("dispatch"))
    old.update(people=F("people") - count, people_failed=F("people_failed") - count)


def _page(lines: QuerySet[Delivery]) -> list[Sequence[Delivery]]:
    """The next batches; a text of one's own needs a call of one's own."""
    first = lines.select_related("dispatch__connector").first()
    if first is None:
        return []
    old = first.dispatch
    size = old.connector.batch_size if old.content is None else 1
    found = lines.select_related("dispatch").only(*_OF_LINE)[: size * PAGE]
    some = list(found)
    return [some[start : start + size] for start in range(0, len(some), size)]


_OF_LINE = ("group", *(f"dispatch__{name}" for name in ("priority", "connector", "grant", "content")))


def _dispatch(broadcast: Broadcast, batch: Sequence[Delivery]) -> Dispatch:
    old = batch[0].dispatch
    return Dispatch(
        broadcast=broadcast,
        group_id=batch[0].group_id,
        mode=Dispatch.Mode.BATCH,
        people=len(batch),
        priority=old.priority,
        connector_id=old.connector_id,
        grant_id=old.grant_id,
        content=old.content,
    )


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
