"""What we sent ourselves is in the mirror at once and belongs to its broadcast, whoever tells of it first."""

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef

from kaizala_admin.connectors import clock
from kaizala_admin.outbox.models import State
from messaging.models import Dispatch
from surveys.models import Action, ActionInstance

from .instances import Found, write
from .linking import link

KINDS = {
    "survey": Action.Kind.SURVEY,
    "poll": Action.Kind.POLL,
    "job": Action.Kind.JOB,
    "lets_meet": Action.Kind.MEETING,
}
MOST = 200  # at a time; the next tick takes the rest


def adopt() -> int:
    """Makes instances of dispatches whose action the mirror does not have, and links those that a list or an
    event told of before we knew that they are ours; how many. Safe to run twice.
    """
    linked = ActionInstance.objects.filter(
        group=OuterRef("group"), kaizala_id=OuterRef("action_id"), dispatch__isnull=False
    )
    rows = Dispatch.objects.exclude(action_id="").filter(~Exists(linked), state=State.SENT)
    new = list(rows.select_related("broadcast", "group").order_by("pk")[:MOST])
    return sum(_adopt(dispatch) for dispatch in new)


def _adopt(dispatch: Dispatch) -> int:
    """A rival (a list, an event) may write at the same moment: then the next tick links what it wrote."""
    kind = KINDS.get(dispatch.broadcast.kind, Action.Kind.CUSTOM)
    sent_at = dispatch.settled_at or clock.now()
    package = str(dispatch.broadcast.content.get("package_id", ""))
    found = Found(
        dispatch.action_id,
        kind,
        dispatch.broadcast.title,
        sent_at,
        reference_id=dispatch.reference_id,
        package_id=package,
    )
    try:
        with transaction.atomic():
            rows = write(dispatch.group, [found], clock.now())
            for row in rows:
                link(row, dispatch)
            return len(rows)
    except IntegrityError:
        return 0
