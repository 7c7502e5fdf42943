"""A time for a broadcast: put it on the schedule, change that, ask for it, agree to it, pause, resume."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from kaizala_admin.connectors import clock
from messaging import checking, trail
from messaging.models import Broadcast
from messaging.timing.models import Approval, Firing, Schedule
from messaging.timing.rules import Occurrence, Rule

from . import gate, stopping
from .launching import CannotLaunch, Changed, fingerprint, need_people, need_same
from .moves import State, move

PLANNABLE = (State.DRAFT, State.SCHEDULED)


@dataclass(frozen=True)
class Plan:
    """When, and what to do when that time was missed: late (within so many hours), skip, ask."""

    rule: Rule
    missed: str = Schedule.Missed.ASK
    late_hours: int = 2


class TooLate(Changed):
    """The plan has no time that is still to come."""


def schedule(
    *,
    broadcast: Broadcast,
    by: Any,
    plan: Plan,
    expected_people: int,
    expected_draft: str,
    typed: str = "",
) -> bool:
    """Draft -> scheduled; what is scheduled gets other times. False: it is on its way, or awaits an approval.

    `typed` is what the person typed as the number of people, which a schedule for many takes.

    Raises PermissionDenied (too many people for one pair of eyes), CannotLaunch, Changed or TooLate, with
    nothing changed.
    """
    draft = Broadcast.objects.select_related("tenant").get(pk=broadcast.pk)
    if draft.state not in PLANNABLE:
        return False
    found = _need_right(draft, by, expected_people, expected_draft)
    many = gate.is_many(draft, found.people)
    if by is not None and many and not gate.is_second(by, draft):
        raise PermissionDenied(_("You may not schedule this for so many people alone. Ask for an approval."))
    if by is not None:
        gate.need_typed(draft, found.people, typed)
    with transaction.atomic():
        if not move(draft, [draft.state], State.SCHEDULED):
            return False
        need_same(fingerprint(Broadcast.objects.get(pk=draft.pk)), expected_draft)
        made = put(draft, plan, by, Schedule.State.ACTIVE)
        if many:
            gate.agreed(draft, by, found.people, expected_draft, plan.rule.terms())
        trail.note(draft, by, "schedule", draft.state, str(made), people=found.people)
    return True


def reschedule(
    *,
    broadcast: Broadcast,
    by: Any,
    plan: Plan,
    expected_people: int,
    expected_draft: str,
    typed: str = "",
) -> bool:
    """The same for what is on the schedule already; False when it is not (any more)."""
    if not Broadcast.objects.filter(pk=broadcast.pk, state=State.SCHEDULED).exists():
        return False
    return schedule(
        broadcast=broadcast,
        by=by,
        plan=plan,
        expected_people=expected_people,
        expected_draft=expected_draft,
        typed=typed,
    )


def ask_for_schedule(
    *, broadcast: Broadcast, by: Any, plan: Plan, expected_people: int, expected_draft: str
) -> bool:
    """Draft or scheduled -> awaiting approval, with these times; nothing is sent before it is approved."""
    draft = Broadcast.objects.select_related("tenant").get(pk=broadcast.pk)
    if draft.state not in PLANNABLE:
        return False
    found = _need_right(draft, by, expected_people, expected_draft)
    with transaction.atomic():
        if not move(draft, [draft.state], State.AWAITING):
            return False
        need_same(fingerprint(Broadcast.objects.get(pk=draft.pk)), expected_draft)
        put(draft, plan, by, Schedule.State.PROPOSED)
        said = {"fingerprint": expected_draft, "terms": plan.rule.terms(), "people": found.people}
        Approval.objects.create(broadcast=draft, asked_by=by, **said)
        trail.note(draft, by, "ask for approval", draft.state, State.AWAITING, people=found.people)
    return True


def approve_schedule(*, request: Approval, by: Any, expected_people: int, expected_draft: str) -> bool:
    """Awaiting -> scheduled, exactly as it was asked for. `by` was found to be a second person.

    False: somebody was quicker. Raises CannotLaunch, Changed or TooLate, with nothing changed.
    """
    row = Broadcast.objects.select_related("tenant").get(pk=request.broadcast_id)
    if row.state != State.AWAITING:
        return False
    need_same(request.fingerprint, expected_draft)
    found = _need_right(row, by, expected_people, expected_draft)
    with transaction.atomic():
        if not move(row, [State.AWAITING], State.SCHEDULED):
            return False
        need_same(fingerprint(Broadcast.objects.get(pk=row.pk)), request.fingerprint)
        plan = Schedule.objects.get(broadcast=row)
        if plan.terms() != request.terms:
            raise Changed(
                _("Its times are not what was asked for any more. Nothing is scheduled. Look again.")
            )
        if not gate.decide(request.pk, by, Approval.Decision.APPROVED, people=found.people):
            raise Changed(_("This request was decided or taken back meanwhile. Look again."))
        first = first_time(plan.rule, plan)
        Schedule.objects.filter(pk=plan.pk).update(state=Schedule.State.ACTIVE, next_at=first.at)
        trail.note(row, by, "approve", State.AWAITING, State.SCHEDULED, people=found.people)
    return True


def pause_schedule(*, broadcast: Broadcast, by: Any) -> bool:
    """Active -> paused: times that come are left out until somebody resumes. False: not active."""
    with transaction.atomic():
        if not move(broadcast, [State.SCHEDULED], State.SCHEDULED):
            return False
        rows = Schedule.objects.filter(broadcast=broadcast, state=Schedule.State.ACTIVE)
        if not rows.update(state=Schedule.State.PAUSED):
            return False
        trail.note(broadcast, by, "pause the schedule", Schedule.State.ACTIVE, Schedule.State.PAUSED)
    return True


def resume_schedule(*, broadcast: Broadcast, by: Any, now: datetime | None = None) -> bool:
    """Paused -> active, with the next time that is still to come. False: not paused. Raises TooLate."""
    now = now or clock.now()
    with transaction.atomic():
        if not move(broadcast, [State.SCHEDULED], State.SCHEDULED):
            return False
        plan = Schedule.objects.select_for_update().get(broadcast=broadcast)
        if plan.state != Schedule.State.PAUSED or plan.next_at is None:
            return False
        first = first_time(plan.rule, plan, now)
        passed = [plan.next_at, *(one.at for one in plan.rule.between(plan.next_at, now))]
        words = _("The schedule was paused.")
        left_out = [
            Firing(schedule=plan, due_at=at, outcome=Firing.Outcome.SKIPPED, note=words)
            for at in passed
            if at <= now
        ]
        Firing.objects.bulk_create(left_out, ignore_conflicts=True)
        Schedule.objects.filter(pk=plan.pk).update(state=Schedule.State.ACTIVE, next_at=first.at)
        trail.note(broadcast, by, "resume the schedule", Schedule.State.PAUSED, Schedule.State.ACTIVE)
    return True


def first_time(rule: Rule, known: Schedule | None, now: datetime | None = None) -> Occurrence:
    """The first time that is still to come and was not used up, even if a clock was put back since.

    Raises TooLate.
    """
    fired = Firing.objects.filter(schedule=known).aggregate(last=Max("due_at"))["last"] if known else None
    now = now or clock.now()
    first = rule.next(max(now, fired) if fired else now)
    if first is None:
        raise TooLate(_("That time has passed. Choose one that is still to come."))
    return first


def put(draft: Broadcast, plan: Plan, by: Any, state: str) -> Schedule:
    """Writes the schedule's row, inside the caller's transaction. Raises TooLate."""
    rule = plan.rule
    known = Schedule.objects.filter(broadcast=draft).first()
    first = first_time(rule, known)
    fields = {
        "repeat": rule.repeat,
        "days": rule.days,
        "zone": rule.zone,
        "starts_on": rule.starts_on,
        "at": rule.at,
        "until": rule.until,
        "missed": plan.missed,
        "late_hours": plan.late_hours,
        "state": state,
        "next_at": first.at if state == Schedule.State.ACTIVE else None,
        "made_by": by,
        "made_at": timezone.now(),
    }
    made: Schedule = Schedule.objects.update_or_create(broadcast=draft, defaults=fields)[0]
    stopping.stop_firings(draft)
    return made


def _need_right(draft: Broadcast, by: Any, expected_people: int, expected_draft: str) -> checking.Check:
    if by is not None and not by.has_perm(gate.SEND):
        raise PermissionDenied
    need_same(fingerprint(draft), expected_draft)
    found = checking.check(draft)
    if found.blockers:
        raise CannotLaunch(found)
    need_people(found.people, expected_people)
    return found
