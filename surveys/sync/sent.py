"""What we sent ourselves is in the mirror at once, before any list tells of it."""

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef

from kaizala_admin.connectors import clock
from kaizala_admin.outbox.models import State
from messaging.models import Dispatch
from surveys.models import Action, ActionInstance

from .instances import Found, write

KINDS = {
    "survey": Action.Kind.SURVEY,
    "poll": Action.Kind.POLL,
    "job": Action.Kind.JOB,
    "lets_meet": Action.Kind.MEETING,
}
MOST = 200  # at a time; the next tick takes the rest


def adopt() -> int:
    """Makes instances of dispatches whose action the mirror does not have; how many. Safe to run twice."""
    mirrored = ActionInstance.objects.filter(group=OuterRef("group"), kaizala_id=OuterRef("action_id"))
    rows = Dispatch.objects.exclude(action_id="").filter(~Exists(mirrored), state=State.SENT)
    new = list(rows.select_related("broadcast", "group").order_by("pk")[:MOST])
    return sum(_adopt(dispatch) for dispatch in new)


def _adopt(dispatch: Dispatch) -> int:
    """A rival (a list, an event) may be faster: then it is there, which is all that is wanted."""
    kind = KINDS.get(dispatch.broadcast.kind, Action.Kind.CUSTOM)
    sent_at = dispatch.settled_at or clock.now()
    found = Found(dispatch.action_id, kind, dispatch.broadcast.title, sent_at, "", dispatch.reference_id)
    try:
        with transaction.atomic():
            return len(write(dispatch.group, [found], clock.now()))
    except IntegrityError:
        return 0
