"""Four eyes: ask for an approval, approve and send, refuse with a reason, take the request back."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from messaging import checking, trail
from messaging.models import Broadcast
from messaging.timing.models import Approval

from . import gate, launching, scheduling

State, Decision = Broadcast.State, Approval.Decision
MOST_REASON = 1000


def pending(broadcast: Broadcast) -> Approval | None:
    """The request that waits for a decision, if any."""
    return Approval.objects.filter(broadcast=broadcast, decision=Decision.PENDING).first()


def ask(broadcast: Broadcast, by: Any, expected_people: int, *, expected_draft: str) -> bool:
    """Draft -> awaiting approval, exactly as it was shown. False: somebody was quicker.

    Raises PermissionDenied, CannotLaunch or Changed, with nothing changed.
    """
    if not by.has_perm(gate.SEND):
        raise PermissionDenied
    draft = Broadcast.objects.select_related("tenant").get(pk=broadcast.pk)
    if draft.state != State.DRAFT:
        return False
    shown = launching.fingerprint(draft)
    launching.need_same(shown, expected_draft)
    found = checking.check(draft)
    if found.blockers:
        raise launching.CannotLaunch(found)
    launching.need_people(found.people, expected_people)
    with transaction.atomic():
        if not _move(draft, State.DRAFT, State.AWAITING):
            return False
        launching.need_same(launching.fingerprint(Broadcast.objects.get(pk=draft.pk)), shown)
        Approval.objects.create(broadcast=draft, fingerprint=shown, people=found.people, asked_by=by)
        trail.note(draft, by, "ask for approval", State.DRAFT, State.AWAITING, people=found.people)
    return True


def may_approve(by: Any, broadcast: Broadcast, request: Approval | None) -> bool:
    """A second person: neither who wrote it or changed it last, nor who asked."""
    if request is None or not (by.has_perm(gate.SEND) and gate.is_second(by, broadcast)):
        return False
    return bool(by.is_superuser or request.asked_by_id != by.pk)


def may_withdraw(by: Any, broadcast: Broadcast, request: Approval | None) -> bool:
    """Who asked, who wrote it, who changed it last."""
    if request is None or not by.has_perm(gate.SEND):
        return False
    mine = (request.asked_by_id, broadcast.created_by_id, broadcast.changed_by_id)
    return bool(by.is_superuser) or by.pk in mine


def waiting_for(by: Any) -> QuerySet[Broadcast]:
    """Broadcasts that this person may approve now."""
    rows = Broadcast.objects.filter(state=State.AWAITING)
    if not (by.has_perm(gate.SEND) and by.has_perm(gate.SEND_TO_MANY)):
        return rows.none()
    if by.is_superuser:
        return rows
    own = Approval.objects.filter(broadcast=OuterRef("pk"), decision=Decision.PENDING, asked_by=by)
    mine = Broadcast.objects.filter(pk=OuterRef("pk"))
    written, changed = Exists(mine.filter(created_by=by)), Exists(mine.filter(changed_by=by))
    return rows.exclude(written).exclude(changed).exclude(Exists(own))


def count_for(by: Any) -> int:
    """How many wait for this person."""
    return waiting_for(by).count()


def approve(
    request: Approval, by: Any, expected_people: int, *, expected_draft: str, typed: str = ""
) -> bool:
    """Awaiting -> running, or -> scheduled when it was asked for with its times: exactly what was asked for.

    False: somebody was quicker.

    Raises PermissionDenied for the author, CannotLaunch or Changed, with nothing sent.
    """
    row = Broadcast.objects.get(pk=request.broadcast_id)
    if not may_approve(by, row, request):
        raise PermissionDenied(_("Somebody else has to approve this: not who wrote it, changed it or asked."))
    gate.need_typed(row, expected_people, typed)
    if request.terms:
        return scheduling.approve_schedule(
            request=request, by=by, expected_people=expected_people, expected_draft=expected_draft
        )
    return launching.launch(
        row, by, expected_people, expected_draft=expected_draft, typed=typed, request=request
    )


def reject(request: Approval, by: Any, reason: str) -> bool:
    """Awaiting -> draft, back to the author with a reason. False: somebody was quicker.

    Raises PermissionDenied, and ValueError without a reason.
    """
    if not may_approve(by, request.broadcast, request):
        raise PermissionDenied(_("Somebody else has to decide this: not who wrote it, changed it or asked."))
    if not reason.strip():
        raise ValueError(_("Say why, so that the author knows what to change."))
    return _back_to_draft(request, by, Decision.REJECTED, "reject", reason.strip()[:MOST_REASON])


def withdraw(request: Approval, by: Any) -> bool:
    """Awaiting -> draft, because the author wants it back. False: it was decided already."""
    if not may_withdraw(by, request.broadcast, request):
        raise PermissionDenied(_("Only who asked, or who wrote it, can take the request back."))
    return _back_to_draft(request, by, Decision.WITHDRAWN, "withdraw")


def _back_to_draft(request: Approval, by: Any, decision: str, what: str, reason: str = "") -> bool:
    """The broadcast first, then its request: everybody takes the rows in this order."""
    with transaction.atomic():
        if not _move(request.broadcast, State.AWAITING, State.DRAFT):
            return False
        if not gate.decide(request.pk, by, decision, reason=reason):
            transaction.set_rollback(True)  # it waits again, with another request
            return False
        more: dict[str, Any] = {"reason": reason} if reason else {}
        trail.note(request.broadcast, by, what, State.AWAITING, State.DRAFT, **more)
    return True


def _move(broadcast: Broadcast, before: str, after: str) -> bool:
    return bool(Broadcast.objects.filter(pk=broadcast.pk, state=before).update(state=after))
