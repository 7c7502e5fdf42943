"""Writing down how a call ended. A late writer, whose claim is no longer the row's, changes nothing."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now

from kaizala_admin.connectors import bulk
from kaizala_admin.connectors.clock import later
from kaizala_admin.connectors.prepared import Prepared

from .claims import LEASE, Claim
from .classification import Verdict
from .models import FINAL, Attempt, OutboxRow, State
from .registry import label

Span = tuple[datetime, datetime]
ATTEMPT = ("row_class", "row_id", "number", "started_at", "ended_at", "outcome", "reason", "detail")


def settle(answers: Sequence[tuple[Claim, Any]]) -> list[bool]:
    """Writes answers in one transaction. True: that row wants another call, may make it, and is still ours.

    Whatever a `record` raises comes through, with nothing of all this written.
    """
    with transaction.atomic(savepoint=False):
        spans = _close(answers)
        done = _record([(claim, result) for claim, result in answers if id(claim) in spans])
        more = [not done.get(id(claim), True) and _go_on(claim.row, claim.calls_left) for claim, _ in answers]
        over = [claim for claim, _ in answers if done.get(id(claim))]
        bulk.insert(Attempt, ATTEMPT, [_attempt(claim.row, spans[id(claim)], State.SENT) for claim in over])
    return more


def settle_error(row: OutboxRow, verdict: Verdict, **only_if: Any) -> bool:
    """Writes the verdict. False: the row was no longer ours, nothing was changed."""
    with transaction.atomic():
        mine = _mine(row).filter(**only_if)
        times = mine.select_for_update(of=("self",)).values_list("lease_until", Now()).first()
        if times is None:
            return False
        mine.update(**_changes(verdict))
        row.state, row.reason, row.detail = verdict.state, verdict.reason, verdict.detail
        row.state_changed(verdict.state)
        bulk.insert(Attempt, ATTEMPT, [_attempt(row, _span(*times), verdict.state)])
    return True


def _span(lease_until: datetime, now: datetime) -> Span:
    """When the call began, which is when its lease was written, and ended: on the database's clock."""
    return lease_until - LEASE, now


def _close(answers: Sequence[tuple[Claim, Any]]) -> dict[int, Span]:
    """Marks those that are still ours as sent; `record` may say later that they want more.

    Returns when each of ours began and ended, by the id of its claim.
    """
    spans: dict[int, Span] = {}
    for row_class in {type(claim.row) for claim, _ in answers}:
        claims = {claim.row.pk: claim for claim, _ in answers if type(claim.row) is row_class}
        locked = _locked(row_class).rows(list(claims))
        held = {key: _span(*times) for key, number, *times in locked if claims[key].row.claim == number}
        _close_them(row_class).update(list(held))
        spans.update((id(claims[key]), span) for key, span in held.items())
    return spans


def _sending(row_class: type[OutboxRow], keys: Sequence[int]) -> QuerySet[OutboxRow]:
    return row_class._default_manager.filter(pk__in=keys, state=State.SENDING)


@cache
def _locked(row_class: type[OutboxRow]) -> Prepared[OutboxRow]:
    """Key, claim, the end of the lease, and now, of those that are still being sent."""
    wanted = ("pk", "claim", "lease_until", Now())
    return Prepared(
        lambda keys: _sending(row_class, keys).select_for_update().order_by("pk").values_list(*wanted)
    )


@cache
def _close_them(row_class: type[OutboxRow]) -> Prepared[OutboxRow]:
    sent = {"state": State.SENT, "settled_at": Now(), "lease_until": None, "reason": "", "detail": ""}
    return Prepared(lambda keys: _sending(row_class, keys), lambda: sent)


def _record(answers: Sequence[tuple[Claim, Any]]) -> dict[int, bool]:
    """Whether each row is done, by the id of its claim; a class at a time."""
    by_class: dict[type[OutboxRow], list[tuple[Claim, Any]]] = defaultdict(list)
    for claim, result in answers:
        claim.row.state = State.SENT
        by_class[type(claim.row)].append((claim, result))
    done: dict[int, bool] = {}
    for row_class, same in by_class.items():
        said = row_class.record_many([(claim.row, result) for claim, result in same])
        done.update((id(claim), yes) for (claim, _), yes in zip(same, said, strict=True))
    return done


def _attempt(row: OutboxRow, span: Span, outcome: State) -> tuple[Any, ...]:
    """What this try came to. Its number is the claim: unique for the row, whatever is counted."""
    why = ("", "") if outcome == State.SENT else (row.reason, row.detail)
    return (label(type(row)), row.pk, row.claim, *map(bulk.moment, span), str(outcome), *why)


def _mine(row: OutboxRow) -> QuerySet[OutboxRow]:
    return type(row)._default_manager.filter(pk=row.pk, state=State.SENDING, claim=row.claim)


def _go_on(row: OutboxRow, calls_left: int) -> bool:
    """The next call of the same row: at once while permits last and nobody paused it, else back in line."""
    table = type(row)._default_manager.filter(pk=row.pk)
    more = {"settled_at": None, "attempts": 1, "lease_until": later(LEASE)}
    if calls_left > 0 and table.filter(held=False, permits_until__gt=Now()).update(
        state=State.SENDING, **more
    ):
        row.state, row.attempts = State.SENDING, 1
        return True
    table.update(state=State.QUEUED, settled_at=None, attempts=0, lease_until=None, not_before=Now())
    row.state, row.attempts = State.QUEUED, 0
    return False


def _changes(verdict: Verdict) -> dict[str, Any]:
    changes: dict[str, Any] = {
        "state": verdict.state,
        "reason": verdict.reason,
        "detail": verdict.detail,
        "lease_until": None,
        "permits": 0,
    }
    if verdict.state in FINAL:
        changes["settled_at"] = Now()
    if verdict.state == State.QUEUED:
        changes["not_before"] = later(timedelta(seconds=verdict.wait))
    if not verdict.counted:
        changes["attempts"] = F("attempts") - 1
    return changes
