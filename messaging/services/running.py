"""A broadcast on its way: pause, resume, cancel, another priority, finish."""

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from kaizala_admin.outbox import services as outbox
from kaizala_admin.outbox.models import State as outbox_state
from messaging import sending, trail
from messaging.models import Broadcast, Dispatch, Priority
from messaging.timing import quiet

State = Broadcast.State


def pause(broadcast: Broadcast, by: AbstractBaseUser | None, why: str = "") -> bool:
    """Running -> paused. No call starts once this is committed; those under way end. False: not running.

    `why` is shown on its page: what made the console pause it by itself.
    """
    with transaction.atomic():
        if not _move(broadcast, [State.RUNNING], State.PAUSED, pause_reason=why):
            return False
        _stand_still(broadcast)
        held = outbox.hold(_rows(broadcast))
        trail.note(broadcast, by, "pause", State.RUNNING, why or State.PAUSED, calls=held)
    return True


def resume(broadcast: Broadcast, by: AbstractBaseUser | None) -> bool:
    """Paused -> running: only the rest is sent. False: not paused."""
    with transaction.atomic():
        afresh = {"pause_reason": "", "watched_since": Now()}
        if not _move(broadcast, [State.PAUSED], State.RUNNING, **afresh):
            return False
        _stand_still(broadcast)
        released = outbox.release(_rows(broadcast))
        quiet.hold([broadcast.pk])
        trail.note(broadcast, by, "resume", State.PAUSED, State.RUNNING, calls=released)
    return True


def cancel(broadcast: Broadcast, by: AbstractBaseUser | None) -> bool:
    """Running or paused -> cancelled. What has been sent stays sent. False: neither running nor paused."""
    with transaction.atomic():
        before = broadcast.state
        if not _move(broadcast, [State.RUNNING, State.PAUSED], State.CANCELLED, finished_at=timezone.now()):
            return False
        _stand_still(broadcast)
        stopped = outbox.cancel(_rows(broadcast), by)
        trail.note(broadcast, by, "cancel", before, State.CANCELLED, calls=stopped)
    return True


def prioritise(broadcast: Broadcast, by: AbstractBaseUser | None, priority: int) -> bool:
    """Its calls that are not made yet go before or after others from now on. False: over, or no change."""
    going = Broadcast.objects.filter(pk=broadcast.pk, state__in=[State.RUNNING, State.PAUSED])
    before = broadcast.get_priority_display()
    with transaction.atomic():
        if not going.exclude(priority=priority).update(priority=priority):
            return False
        # Also those that are over: people who are tried again go with the priority of their old call.
        outbox.change(_rows(broadcast).exclude(state=outbox_state.CANCELLED), priority=priority)
        trail.note(broadcast, by, "priority", before, Priority(priority).label)
    return True


def finish_done() -> int:
    """Finishes what has no open call left but was not noticed. Safe to run twice. Returns how many."""
    going = Broadcast.objects.filter(state__in=[State.RUNNING, State.PAUSED])
    return sending.finish_if_done(going.values_list("pk", flat=True))


def _stand_still(broadcast: Broadcast) -> None:
    """After the broadcast's new state is written: whoever changes one of its calls is done by then, so that
    the call is seen here as it is now, or comes after us and meets the new state (`sending._waiting_again`).
    """
    outbox.lock(_rows(broadcast).exclude(state__in=[outbox_state.SENT, outbox_state.CANCELLED]))


def _rows(broadcast: Broadcast) -> QuerySet[Dispatch]:
    return Dispatch.objects.filter(broadcast=broadcast.pk)


def _move(broadcast: Broadcast, before: list[State], after: State, **more: object) -> bool:
    rows = Broadcast.objects.filter(pk=broadcast.pk, state__in=before)
    return bool(rows.update(state=after, **more))
