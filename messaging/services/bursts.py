"""A broadcast whose calls fail in a burst is paused by itself, and says why: going on would spoil the rest.

The look comes after the commit of the call that failed, and once more with each tick, so that none is lost
with its worker. It never runs inside that transaction: a pause waits for calls, and would wait for this one.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kaizala_admin.connectors import clock
from kaizala_admin.outbox.models import State
from kaizala_admin.outbox.words import reason_words
from messaging.models import Broadcast, Dispatch

from . import running

WINDOW = timedelta(minutes=5)
BROKEN = (State.FAILED, State.UNKNOWN)
CHUNK = 500


def note(rows: Sequence[Dispatch], state: State) -> None:
    """Inside the transaction that changes these calls: when they broke, or that they did not after all."""
    keys = [row.pk for row in rows]
    for start in range(0, len(keys), CHUNK):
        some = Dispatch.objects.filter(pk__in=keys[start : start + CHUNK])
        if state in BROKEN:
            some.update(broke_at=Now())
        else:
            some.filter(broke_at__isnull=False).update(broke_at=None)
    if state in BROKEN:
        broadcasts = {row.broadcast_id for row in rows}
        transaction.on_commit(lambda: look(broadcasts), robust=True)  # the tick looks again


def look_at_all() -> int:
    """`look` at everything that is on its way. Returns how many were paused."""
    return look(Broadcast.objects.filter(state=Broadcast.State.RUNNING).values_list("pk", flat=True))


def look(broadcast_ids: Iterable[int]) -> int:
    """Pauses those whose calls fail in a burst. Returns how many."""
    going = Broadcast.objects.filter(pk__in=list(broadcast_ids), state=Broadcast.State.RUNNING)
    return sum(_pause_if_bursting(one) for one in going.select_related("tenant"))


def _pause_if_bursting(broadcast: Broadcast) -> bool:
    most = broadcast.tenant.pause_after_failures
    since = max(filter(None, [clock.now() - WINDOW, broadcast.watched_since]))
    broken = Dispatch.objects.filter(broadcast=broadcast, broke_at__gt=since)
    if not most or broken.count() < most:
        return False
    return running.pause(broadcast, None, why=_why(broken.values_list("reason", "detail")[:CHUNK]))


def _why(told: Iterable[tuple[str, str]]) -> str:
    """In words, with the commonest reason."""
    reasons = Counter(detail or str(reason_words(reason)) for reason, detail in told)
    total = sum(reasons.values())
    words = ngettext(
        "%(n)s call failed or is in doubt within five minutes.",
        "%(n)s calls failed or are in doubt within five minutes.",
        total,
    )
    said = words % {"n": f"{total:,}"}
    commonest, _count = reasons.most_common(1)[0]
    if commonest:
        said = _("%(said)s Mostly: %(why)s") % {"said": said, "why": commonest}
    return said[:300]
