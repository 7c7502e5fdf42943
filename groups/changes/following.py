"""What else happens when a change fails, is cancelled, is in doubt or goes back in line."""

from collections.abc import Callable, Sequence

from django.utils.translation import gettext as _

from groups import services
from groups.sync import mirror
from groups.sync.changed import BY_US
from kaizala_admin.connectors import clock
from kaizala_admin.outbox import services as outbox
from kaizala_admin.outbox.models import State
from kaizala_admin.outbox.words import reason_words

from .looking import look_again
from .models import GroupChange
from .operations.base import VANISHED
from .results import Outcome, settle

CREATING = (GroupChange.Kind.CREATE_GROUP, GroupChange.Kind.CREATE_SUBGROUP)

# Who else follows changes (the imports): rows of one class that came to the same state.
ON_STATE: list[Callable[[Sequence[GroupChange], State], None]] = []


def follow(rows: Sequence[GroupChange], state: State) -> None:
    """Runs in the transaction that changes the rows' state."""
    if state == State.FAILED:
        for row in rows:
            _fail(row)
    elif state == State.QUEUED:
        _afresh(rows)
    elif state in (State.UNKNOWN, State.SENT):
        _look(rows)
    for listen in ON_STATE:
        listen(rows, state)


def _fail(row: GroupChange) -> None:
    why = row.detail or reason_words(row.reason)
    numbers = [str(number) for number in row.payload.get("numbers", ())]
    settle(row, dict.fromkeys(numbers, (Outcome.REFUSED, why)))
    if row.reason == VANISHED and row.group is not None:
        mirror.date_vanished(row.group.pk, row.detail, clock.now(), BY_US)
        _cancel_others(row, why)
    else:
        look_again(row)


def _cancel_others(row: GroupChange, why: str) -> None:
    """What waits for the same group would be refused as well, a call each."""
    waiting = GroupChange.objects.filter(group=row.group_id, state=State.QUEUED).exclude(pk=row.pk)
    text = _("The group is not at Kaizala any more: %(why)s") % {"why": why}
    waiting.update(detail=text[:1000])  # before they are cancelled: who follows them reads it
    outbox.cancel(waiting)


def _afresh(rows: Sequence[GroupChange]) -> None:
    """A change that a person tries again has no results yet."""
    keys = [row.pk for row in rows if row.results]
    if keys:
        GroupChange.objects.filter(pk__in=keys).update(results={}, done=0, refused=0)


def _look(rows: Sequence[GroupChange]) -> None:
    """Reads what Kaizala has now: whether the group of a lost answer was made can only be seen there."""
    for connector in {row.connector for row in rows if row.kind in CREATING}:
        try:
            services.start_connector_sync(connector)
        except services.CannotSync:
            continue
    for row in rows:
        if row.kind not in CREATING:
            look_again(row)
