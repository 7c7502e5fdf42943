"""Carries out what the evidence says: in doubt -> sent, with the proof beside it."""

from collections.abc import Collection, Iterator

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from kaizala_admin.connectors import clock
from kaizala_admin.outbox import services as outbox
from kaizala_admin.outbox.models import State
from messaging import trail
from messaging.models import Broadcast, Dispatch

from . import weighing
from .matching import Remote
from .models import Echo
from .weighing import Doubt, Place

MOST = 200  # calls in doubt that are looked at together


def settle(places: Collection[Place] | None = None) -> int:
    """Settles what the echoes prove, at these places or everywhere; how many calls. Safe to run twice."""
    rows = _alone(in_doubt())
    if places is not None:
        rows = rows.filter(group__in={group for group, _print in places})
    count = 0
    for found in rounds(rows):
        for doubt in weighing.told([one for one in found if places is None or one.place in places]):
            _verdict, proof = weighing.weigh(doubt)
            count += proof is not None and _arrived(doubt.row, proof)
    return count


def in_doubt() -> QuerySet[Dispatch]:
    """Calls in doubt that something may still tell of: echoes are kept no longer."""
    rows = Dispatch.objects.filter(state=State.UNKNOWN, broke_at__gt=clock.now() - Echo.KEPT)
    return rows.select_related("broadcast", "group").defer("broadcast__audience", "broadcast__stamp")


def rounds(rows: QuerySet[Dispatch]) -> Iterator[list[Doubt]]:
    """All of them, the newest first, MOST at a time: none waits behind those that nothing can prove."""
    last = None
    while some := list((rows.filter(pk__lt=last) if last else rows).order_by("-pk")[:MOST]):
        last = some[-1].pk
        yield weighing.doubts(some)


def _alone(rows: QuerySet[Dispatch]) -> QuerySet[Dispatch]:
    """Without those that stand beside an equal one of their own broadcast: what is told may be of either."""
    beside = Dispatch.objects.filter(
        broadcast=OuterRef("broadcast"), group=OuterRef("group"), state=State.UNKNOWN, content__isnull=True
    )
    return rows.exclude(Exists(beside.exclude(pk=OuterRef("pk"))), content__isnull=True)


def _arrived(row: Dispatch, proof: Remote) -> bool:
    """Compare-and-set, so that a person who decides at the same moment wins or loses as a whole."""
    echo = Echo.objects.filter(group=row.group_id, key=proof.key).first()
    kept = {
        "source": echo.source if echo else Echo.Source.EVENT,
        "key": proof.key,
        "told_at": proof.at.isoformat(),
        "found_at": clock.now().isoformat(),
    }
    with transaction.atomic():
        Broadcast.objects.select_for_update(no_key=True).get(pk=row.broadcast_id)
        if not outbox.settle_arrived(row, None):
            return False
        more = {"action_id": proof.action_id} if proof.action_id else {}
        if echo and echo.reference_id:
            more["reference_id"] = echo.reference_id
        Dispatch.objects.filter(pk=row.pk).update(proof=kept, **more)
        trail.note(row.broadcast, None, "found at Kaizala", State.UNKNOWN, State.SENT, call=row.pk)
    return True
