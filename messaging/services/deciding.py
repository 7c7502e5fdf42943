"""What a person says to a time: send it now out of turn, send a missed one, leave a missed one out."""

from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from kaizala_admin.connectors import clock
from messaging import checking, trail
from messaging.models import Broadcast
from messaging.timing.models import Firing, Schedule

from . import firing as firings
from . import gate, missing, stopping
from .launching import fingerprint, need_same
from .moves import State, move

Outcome = Firing.Outcome


def settle_missed(*, firing: Firing, by: Any, send: bool, typed: str = "") -> bool:
    """Sends a missed time now, or leaves it out. False: it was decided already.

    To send to many takes their number, `typed`. Raises PermissionDenied, and Changed without it.
    """
    _need_allowed(by)
    now = clock.now()
    firing = Firing.objects.select_related("schedule__broadcast__tenant").get(pk=firing.pk)
    schedule = firing.schedule
    look = _Look(schedule.broadcast, by) if send and by is not None else None
    if look:
        look.need_typed(typed)
    decided = {"decided_by": by, "at": now}
    with transaction.atomic():
        move(schedule.broadcast, [State.SCHEDULED], State.SCHEDULED)  # the broadcast's row is taken first
        asking = Firing.objects.filter(pk=firing.pk, outcome=Outcome.ASKING)
        if not send:
            if not asking.update(outcome=Outcome.SKIPPED, note=_("A person left it out."), **decided):
                return False
            missing.left_out(schedule, by)
            trail.note(schedule.broadcast, by, "leave out a missed time")
            return True
        if not asking.update(outcome=Outcome.STARTING, note=_("A person sent it late."), **decided):
            return False
        own = firings.own_broadcast(schedule, firing.due_at)
        Firing.objects.filter(pk=firing.pk).update(broadcast=own, tried_at=None)
        if look:
            look.agree(own)
        trail.note(schedule.broadcast, by, "send a missed time")
    firings.start(Firing.objects.get(pk=firing.pk), now)
    return True


def fire_now(*, broadcast: Broadcast, by: Any, last: int, typed: str = "", shown: str | None = None) -> bool:
    """Sends out of turn. A recurring schedule goes on as before; the only time of another one is used up.

    The approval of the schedule covers its times, not this one: to many it goes at once when `by` is a second
    person, who typed their number; else it waits for one. `shown` is the fingerprint of what the person saw,
    `last` the newest firing (0: none): a second click does nothing. False: somebody was quicker, or it is not
    on the schedule. Raises PermissionDenied, or Changed with nothing sent.
    """
    _need_allowed(by)
    now = clock.now()
    look = _Look(Broadcast.objects.select_related("tenant").get(pk=broadcast.pk), by)
    need_same(look.fingerprint, shown)
    if look.is_second:
        look.need_typed(typed)
    with transaction.atomic():
        if not move(broadcast, [State.SCHEDULED], State.SCHEDULED):
            return False
        schedule = (
            Schedule.objects.select_related("broadcast")
            .select_for_update(of=("self",))
            .get(broadcast=broadcast)
        )
        newest = Firing.objects.filter(schedule=schedule).order_by("-pk").values_list("pk", flat=True).first()
        if (newest or 0) != last or schedule.state not in stopping.OPEN:
            return False
        if not schedule.recurring:
            Schedule.objects.filter(pk=schedule.pk).update(state=Schedule.State.DONE, next_at=None)
        need_same(fingerprint(schedule.broadcast), look.fingerprint)
        made = firings.note_time(schedule, _own_moment(schedule, now), now, by)
        assert made.broadcast is not None  # it is not late
        look.agree(made.broadcast)
        trail.note(broadcast, by, "send out of turn")
    firings.start(made, now)
    return True


def _own_moment(schedule: Schedule, now: datetime) -> datetime:
    """Now, or just after it where a time of the schedule or an earlier press is now: clocks are put back."""
    while schedule.rule.has(now) or Firing.objects.filter(schedule=schedule, due_at=now).exists():
        now += timedelta(microseconds=1)
    return now


class _Look:
    """What goes to how many as a person presses the button; above the gate they may be the second person."""

    def __init__(self, broadcast: Broadcast, by: Any) -> None:
        self.broadcast, self.by = broadcast, by
        self.fingerprint = fingerprint(broadcast)
        self.people = checking.check(broadcast).people
        many = by is not None and gate.is_many(broadcast, self.people)
        self.is_second = many and gate.is_second(by, broadcast)

    def need_typed(self, typed: str) -> None:
        gate.need_typed(self.broadcast, self.people, typed)

    def agree(self, own: Broadcast) -> None:
        """Their word on this one time, in the transaction that writes it down."""
        if self.is_second:
            gate.agreed(own, self.by, self.people, fingerprint(own))


def _need_allowed(by: Any) -> None:
    if by is not None and not by.has_perm(gate.SEND):
        raise PermissionDenied
