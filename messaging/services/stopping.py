"""Off the schedule: nothing comes by itself any more. Rows are taken as broadcast, schedule, firing."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from messaging import trail
from messaging.models import Broadcast
from messaging.timing.models import Firing, Schedule

from .moves import State, move

Outcome = Firing.Outcome
OPEN = (Schedule.State.PROPOSED, Schedule.State.ACTIVE, Schedule.State.PAUSED)


def cancel_schedule(*, broadcast: Broadcast, by: AbstractBaseUser | None) -> bool:
    """Scheduled -> draft: nothing is sent by itself. False: it was sent, or taken off, meanwhile."""
    with transaction.atomic():
        if not move(broadcast, [State.SCHEDULED], State.DRAFT):
            return False
        stop(broadcast, Schedule.State.STOPPED)
        trail.note(broadcast, by, "take off the schedule", State.SCHEDULED, State.DRAFT)
    return True


def change(broadcast: Broadcast, by: AbstractBaseUser | None, **fields: Any) -> bool:
    """Writes a scheduled one, in the caller's transaction: it is a draft, and its times are only proposed."""
    if not move(broadcast, [State.SCHEDULED], State.DRAFT, **fields):
        return False
    stop(broadcast, Schedule.State.PROPOSED)
    trail.note(broadcast, by, "take off the schedule", State.SCHEDULED, State.DRAFT, reason="changed")
    return True


def stop(broadcast: Broadcast, state: str) -> None:
    """Nothing comes next, and what was just about to start does not. In the caller's transaction."""
    rows = Schedule.objects.filter(broadcast=broadcast)
    rows.filter(state__in=OPEN).update(state=state, next_at=None)
    stop_firings(broadcast)


def stop_firings(broadcast: Broadcast) -> None:
    """Times that are about to start or ask are left out; so are the copies that were made for them."""
    own = Firing.objects.filter(schedule__broadcast=broadcast)
    keys = list(own.filter(outcome__in=[Outcome.STARTING, Outcome.ASKING]).values_list("pk", flat=True))
    if not keys:
        return
    copies = Broadcast.objects.filter(firing__in=keys, state=State.SCHEDULED).exclude(pk=broadcast.pk)
    copies.update(state=State.CANCELLED, finished_at=timezone.now())
    undecided = Firing.objects.filter(pk__in=keys, outcome__in=[Outcome.STARTING, Outcome.ASKING])
    words = _("It was changed or taken off the schedule first.")
    undecided.update(outcome=Outcome.SKIPPED, note=words, at=timezone.now())
