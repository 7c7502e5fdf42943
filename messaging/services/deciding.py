"""What a person says to a time: send it now out of turn, send a missed one, leave a missed one out."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from kaizala_admin.connectors import clock
from messaging import trail
from messaging.models import Broadcast
from messaging.timing.models import Firing, Schedule

from . import firing as firings
from . import gate, missing, stopping
from .moves import State, move

Outcome = Firing.Outcome


def settle_missed(*, firing: Firing, by: Any, send: bool) -> bool:
    """Sends a missed time now, or leaves it out. False: it was decided already.

    Raises PermissionDenied.
    """
    _need_allowed(by)
    now = clock.now()
    firing = Firing.objects.select_related("schedule__broadcast").get(pk=firing.pk)
    schedule = firing.schedule
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
        Firing.objects.filter(pk=firing.pk).update(
            broadcast=firings.own_broadcast(schedule, firing.due_at), tried_at=None
        )
        trail.note(schedule.broadcast, by, "send a missed time")
    firings.start(Firing.objects.get(pk=firing.pk), now)
    return True


def fire_now(*, broadcast: Broadcast, by: Any, last: int) -> bool:
    """Sends out of turn. A recurring schedule goes on as before; the only time of another one is used up.

    `last` is the newest firing that the person saw (0: none): a second click does nothing. False: somebody
    was quicker, or it is not on the schedule. Raises PermissionDenied.
    """
    _need_allowed(by)
    now = clock.now()
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
        made = firings.note_time(schedule, now, now, by)
        trail.note(broadcast, by, "send out of turn")
    firings.start(made, now)
    return True


def _need_allowed(by: Any) -> None:
    if by is not None and not by.has_perm(gate.SEND):
        raise PermissionDenied
