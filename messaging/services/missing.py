"""Times that were missed while nothing ran: what was chosen for them when they were scheduled."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from messaging import trail
from messaging.models import Broadcast
from messaging.timing.models import Firing, Schedule

from .moves import State, move

GRACE = timedelta(minutes=15)  # later than this a time counts as missed
Outcome = Firing.Outcome


def policy(schedule: Schedule, late: timedelta) -> tuple[str, str]:
    """What becomes of a time that is noticed so late, and why in words."""
    if late <= GRACE:
        return Outcome.STARTING, ""
    said = {"late": span_words(late)}
    if schedule.missed == Schedule.Missed.ASK:
        return Outcome.ASKING, _("Nothing ran at that time; it was noticed %(late)s late.") % said
    if schedule.missed == Schedule.Missed.LATE and late <= timedelta(hours=schedule.late_hours):
        return Outcome.STARTING, _("Sent %(late)s late: nothing ran at that time.") % said
    return Outcome.SKIPPED, _("Nothing ran at that time; it would have been %(late)s late.") % said


def still_wanted(firing: Firing, now: datetime) -> bool:
    """Whether a time that was claimed, and then lay about because everything stopped, may still be sent."""
    outcome, note = policy(firing.schedule, now - firing.due_at)
    if outcome == Outcome.STARTING:
        return True
    mine = Firing.objects.filter(pk=firing.pk, outcome=Outcome.STARTING)
    asking = outcome == Outcome.ASKING
    if mine.update(outcome=outcome, note=note, at=now, late=True, tried_at=None, broadcast=None):
        _drop_copy(firing)
        if not asking:
            left_out(firing.schedule, None)
    return False


def _drop_copy(firing: Firing) -> None:
    if firing.broadcast and firing.broadcast_id != firing.schedule.broadcast_id:
        move(firing.broadcast, [State.SCHEDULED], State.CANCELLED)


def leave_out(schedule: Schedule, times: Sequence[datetime], now: datetime) -> None:
    """Older times that were missed with a later one, which alone counts. In the claim's transaction."""
    words = _("Nothing ran at that time; a later time counts.")
    asking = Firing.objects.filter(schedule=schedule, outcome=Outcome.ASKING)
    asking.update(outcome=Outcome.SKIPPED, note=_("Nobody decided; a later time counts."), at=now)
    rows = [Firing(schedule=schedule, due_at=at, outcome=Outcome.SKIPPED, note=words, at=now) for at in times]
    Firing.objects.bulk_create(rows)


def left_out(schedule: Schedule, by: Any) -> None:
    """A broadcast whose only time is left out is a draft again; a recurring one waits for the next time."""
    if schedule.recurring:
        return
    row: Broadcast = schedule.broadcast
    if move(row, [State.SCHEDULED], State.DRAFT):
        trail.note(row, by, "left out", State.SCHEDULED, State.DRAFT)


def span_words(span: timedelta) -> str:
    """ "12 minutes", "3 hours"."""
    minutes = int(span.total_seconds() // 60)
    if minutes < 120:
        return ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}
    hours = minutes // 60
    return ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": f"{hours:,}"}
