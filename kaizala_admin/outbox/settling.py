"""Writing down how a call ended. A late writer, whose claim is no longer the row's, changes nothing."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from kaizala_admin.connectors.clock import later

from .claims import LEASE, Claim, turn
from .classification import Verdict
from .models import FINAL, Attempt, OutboxRow, State
from .registry import label


def settle(claim: Claim, result: Any) -> bool:
    """Writes the answer. True: the row wants another call, may make it now, and is still ours.

    Whatever `record` raises comes through, with nothing written.
    """
    row = claim.row
    with turn(), transaction.atomic():
        sent = {"state": State.SENT, "settled_at": Now(), "lease_until": None, "reason": "", "detail": ""}
        if not _mine(row).update(**sent):
            return False
        row.state = State.SENT
        if row.record(result):
            keep_attempt(row, claim.started_at, State.SENT)
            return False
        return _go_on(row, claim.calls_left)


def settle_error(row: OutboxRow, verdict: Verdict, started_at: datetime, **only_if: Any) -> bool:
    """Writes the verdict. False: the row was no longer ours, nothing was changed."""
    with turn(), transaction.atomic():
        if not _mine(row).filter(**only_if).update(**_changes(verdict)):
            return False
        row.state, row.reason, row.detail = verdict.state, verdict.reason, verdict.detail
        row.state_changed(verdict.state)
        keep_attempt(row, started_at, verdict.state)
    return True


def keep_attempt(row: OutboxRow, started_at: datetime, outcome: State) -> None:
    """Keeps what this try came to. `number` is the claim: unique for the row, whatever is counted."""
    Attempt.objects.create(
        row_class=label(type(row)),
        row_id=row.pk,
        number=row.claim,
        started_at=started_at,
        ended_at=timezone.now(),
        outcome=outcome,
        reason=row.reason if outcome != State.SENT else "",
        detail=row.detail if outcome != State.SENT else "",
    )


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
