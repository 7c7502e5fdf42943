"""The tick of the schedules: claims each time once, and sends what it is for.

Two steps, each safe to run twice: a time is claimed (compare-and-set on `next_at`, with its Firing), then the
claimed firing is started. A crash between them leaves a firing that a later tick starts, or asks about.
"""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import formats
from django.utils.translation import gettext as _

from kaizala_admin.connectors import clock, instance
from messaging import checking, trail
from messaging.models import Broadcast
from messaging.timing.models import Approval, Firing, Schedule

from . import gate, missing
from .drafts import copy_as_draft
from .launching import CannotLaunch, Changed, fingerprint, launch
from .moves import State, move

log = logging.getLogger(__name__)
MOST = 200  # schedules in one tick
LEASE = timedelta(minutes=5)  # after which another tick may start what one was starting
Outcome, Active = Firing.Outcome, Schedule.State.ACTIVE


def fire_due(*, now: datetime | None = None) -> int:
    """Sends everything whose time has come. Returns how many broadcasts were started.

    A console whose database was restored or copied fires nothing until a person lets it go on.
    """
    now = now or clock.now()
    if instance.held_since():
        return 0
    due = Schedule.objects.filter(state=Active, next_at__lte=now)
    for schedule in due.select_related("broadcast").order_by("next_at", "pk")[:MOST]:
        try:
            claim(schedule, now)
        except Exception:
            log.exception("Schedule %s was not claimed; the next tick tries again", schedule.pk)
    free = Q(tried_at=None) | Q(tried_at__lt=now - LEASE)
    claimed = Firing.objects.filter(free, outcome=Outcome.STARTING).order_by("due_at", "pk")
    return sum(_start_safely(one, now) for one in claimed[:MOST])


def claim(schedule: Schedule, now: datetime) -> Firing | None:
    """Takes the time that has come, and leaves out older ones that were missed with it: no burst.

    None: another tick was quicker, or it was taken off the schedule.
    """
    due = schedule.next_at
    assert due is not None  # as it was found
    times = [due, *(one.at for one in schedule.rule.between(due, now))]
    following = schedule.rule.next(max(now, due))
    after: dict[str, Any] = {"next_at": following.at} if following else {"next_at": None, "state": "done"}
    with transaction.atomic():
        if not _take(schedule, over=following is None and schedule.recurring, now=now):
            return None
        if not Schedule.objects.filter(pk=schedule.pk, state=Active, next_at=due).update(**after):
            transaction.set_rollback(True)
            return None
        missing.leave_out(schedule, times[:-1], now)
        return note_time(schedule, times[-1], now)


def _take(schedule: Schedule, *, over: bool, now: datetime) -> bool:
    """Takes the broadcast's row first, as everybody does; after the last of many times it is finished."""
    if over:
        return move(schedule.broadcast, [State.SCHEDULED], State.FINISHED, finished_at=now)
    return move(schedule.broadcast, [State.SCHEDULED], State.SCHEDULED)


def note_time(schedule: Schedule, due: datetime, now: datetime, by: Any = None) -> Firing:
    """Writes one time down, to be started or decided. In the caller's transaction."""
    outcome, note = missing.policy(schedule, now - due)
    late = now - due > missing.GRACE
    firing = Firing(schedule=schedule, due_at=due, outcome=outcome, note=note, late=late, at=now)
    firing.decided_by = by
    if outcome == Outcome.STARTING:
        firing.broadcast = own_broadcast(schedule, due)
    firing.save()
    if outcome == Outcome.SKIPPED:
        missing.left_out(schedule, None)
    return firing


def own_broadcast(schedule: Schedule, due: datetime) -> Broadcast:
    """A broadcast of its own for each time of a recurring one; the one and only time is the broadcast."""
    original = schedule.broadcast
    if not schedule.recurring:
        Firing.objects.filter(broadcast=original).update(broadcast=None)  # of an earlier plan
        return original
    day = formats.date_format(due.astimezone(schedule.rule.clock), "j F Y")
    return copy_as_draft(
        original,
        None,
        title=f"{original.title[:150]}, {day}",
        state=State.SCHEDULED,
        created_by=original.created_by,
        changed_by=original.changed_by,
        ignore_quiet=original.ignore_quiet,
        quiet_reason=original.quiet_reason,
    )


def _start_safely(firing: Firing, now: datetime) -> bool:
    try:
        return start(firing, now)
    except Exception:
        log.exception("Firing %s was not started; a later tick tries again", firing.pk)
        return False


def start(firing: Firing, now: datetime) -> bool:
    """Launches a claimed firing. False: it was changed, waits for somebody, or cannot be sent."""
    mine = Firing.objects.filter(pk=firing.pk, outcome=Outcome.STARTING, tried_at=firing.tried_at)
    if not mine.update(tried_at=now):
        return False
    firing = Firing.objects.select_related(
        "schedule__broadcast__tenant", "schedule__made_by", "broadcast__tenant", "decided_by"
    ).get(pk=firing.pk)
    row = firing.broadcast
    if row is None or row.state != State.SCHEDULED:
        settle(firing, Outcome.SKIPPED, _("Somebody changed or sent it first."))
        return False
    if now - firing.at > missing.GRACE and not missing.still_wanted(firing, now):
        return False
    found = checking.check(row)
    if gate.is_many(row, found.people) and not _approved(firing, row, found.people):
        return _wait_for_approval(firing, row, found.people)
    try:
        return launch(row, None, found.people, firing=firing)
    except CannotLaunch as error:
        return _block(firing, row, " ".join(error.check.blockers))
    except Changed:  # between the two looks: the next tick looks again
        Firing.objects.filter(pk=firing.pk, outcome=Outcome.STARTING).update(tried_at=None)
        return False


def _approved(firing: Firing, row: Broadcast, people: int) -> bool:
    """Whether a second person agreed: to this time alone, or to the schedule, if this is a time of it."""
    schedule = firing.schedule
    regular = schedule.rule.has(firing.due_at)
    return _covers(row, [], people) or (regular and _covers(schedule.broadcast, schedule.terms(), people))


def _covers(agreed: Broadcast, terms: list[Any], people: int) -> bool:
    """Whether what was approved last is the same content, audience and times, for hardly fewer people."""
    given = Approval.objects.filter(broadcast=agreed, decision=Approval.Decision.APPROVED)
    newest = given.filter(fingerprint=fingerprint(agreed)).order_by("-id").first()
    if newest is None or newest.terms != terms:
        return False
    return people * 100 <= newest.people * (100 + agreed.tenant.growth_percent)


def _wait_for_approval(firing: Firing, row: Broadcast, people: int) -> bool:
    words = _("It goes to %(n)s people now, so a second person has to approve it first.")
    by = firing.decided_by or firing.schedule.made_by
    asked = {"fingerprint": fingerprint(row), "people": people, "asked_by": by}
    with transaction.atomic():
        if move(row, [State.SCHEDULED], State.AWAITING):
            if not settle(firing, Outcome.WAITING, words % {"n": f"{people:,}"}):
                transaction.set_rollback(True)
                return False
            Approval.objects.create(broadcast=row, **asked)
            trail.note(
                row, firing.decided_by, "ask for approval", State.SCHEDULED, State.AWAITING, people=people
            )
    return False


def _block(firing: Firing, row: Broadcast, why: str) -> bool:
    """Back to a draft, so that somebody can put it right and send it."""
    with transaction.atomic():
        if move(row, [State.SCHEDULED], State.DRAFT):
            settle(firing, Outcome.BLOCKED, why)
            trail.note(row, None, "could not be sent", State.SCHEDULED, State.DRAFT)
    return False


def settle(firing: Firing, outcome: str, note: str) -> bool:
    """Compare and set on a firing that is being started."""
    rows = Firing.objects.filter(pk=firing.pk, outcome=Outcome.STARTING)
    return bool(rows.update(outcome=outcome, note=note[:500], at=clock.now()))
