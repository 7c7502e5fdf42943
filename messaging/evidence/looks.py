"""Asks Kaizala's list of actions for calls in doubt, a minute and ten minutes after.

One call a group and type, for all of them together (reliability 1.3).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings

from kaizala_admin.connectors import clock
from kaizala_admin.kaizala import ActionItem, ActionPage
from kaizala_admin.outbox import services as outbox
from kaizala_admin.outbox.models import Lane, State
from messaging.models import Broadcast, Dispatch

from . import echoes, identities, prints, settling, weighing
from .matching import EARLY
from .models import ActionLook, Echo
from .weighing import Doubt

WAITS = {1: timedelta(minutes=1), 2: timedelta(minutes=10)}
AGO = timedelta(minutes=5)  # a call that is in doubt began at most so long before that was noticed
ABSENT_AFTER = timedelta(minutes=15)
ASK, RESEND, NEVER = "ask", "resend_if_absent", "never"


def plan(rows: Sequence[Dispatch]) -> int:
    """Puts looks in line for calls that came to be in doubt just now; returns how many."""
    now = clock.now()
    wanted = {}
    for row in rows:
        if action_type := prints.looked_type(row.broadcast.kind):
            wanted[row.group_id, action_type] = row
    open_looks = ActionLook.objects.filter(state=State.QUEUED, group__in={group for group, _ in wanted})
    there = set(open_looks.values_list("group_id", "action_type", "turn"))
    looks = [
        _look(row, action_type, turn, now)
        for (group, action_type), row in wanted.items()
        for turn in WAITS
        if (group, action_type, turn) not in there
    ]
    outbox.post(looks)
    return len(looks)


def _look(row: Dispatch, action_type: str, turn: int, now: datetime) -> ActionLook:
    return ActionLook(
        group_id=row.group_id,
        action_type=action_type,
        since=now - AGO - EARLY,
        turn=turn,
        connector_id=row.connector_id,
        grant_id=row.grant_id,
        lane=Lane.REPAIR,
        not_before=now + WAITS[turn],
    )


def record(look: ActionLook, page: ActionPage) -> None:
    """Keeps what our own user posted, and settles what it proves."""
    ourselves = identities.of_grant(look.grant)
    now = clock.now()
    own = [item for item in page.actions if ourselves.posted("", item.sender)]
    known = [item for item in own if item.action_id or item.reference_id]
    echoes.keep([_echo(look, item, now) for item in known if prints.of_item(item)])


def _echo(look: ActionLook, item: ActionItem, now: datetime) -> Echo:
    return Echo(
        group_id=look.group_id,
        print=prints.of_item(item),
        key=(item.action_id or f"message:{item.reference_id}")[:120],
        action_id=item.action_id[:100],
        reference_id=item.reference_id[:100],
        source=Echo.Source.LIST,
        seen_at=now,
        sent_at=item.sent_at,
    )


def tick() -> tuple[int, int]:
    """Every half minute: settles what is proven by now; resends what is proven absent, where that is wanted.

    Returns how many of each.
    """
    settled = settling.settle()
    return settled, _resend_absent() if policy() == RESEND else 0


def policy() -> str:
    """KAIZALA_UNKNOWN_POLICY: ask, resend_if_absent or never."""
    return str(settings.KAIZALA_UNKNOWN_POLICY)


def _resend_absent() -> int:
    """Only where the list really tells the type, both looks found nothing, and no equal call confuses it."""
    before = clock.now() - ABSENT_AFTER
    rows = settling.in_doubt().filter(mode=Dispatch.Mode.GROUP)
    count = 0
    for found in settling.rounds(rows.exclude(broadcast__state=Broadcast.State.CANCELLED)):
        told = {one.row.pk for one in weighing.told(found)}
        absent = [one for one in found if one.row.pk not in told and _looked_in_vain(one, before)]
        count += sum(outbox.send_again(one.row, None) for one in absent)
    return count


def _looked_in_vain(doubt: Doubt, before: datetime) -> bool:
    action_type = prints.listed_type(doubt.row.broadcast.kind)
    tried = doubt.began
    if not action_type or tried > before:
        return False
    done = ActionLook.objects.filter(
        group=doubt.row.group_id,
        action_type=action_type,
        state=State.SENT,
        since__lte=tried,
        settled_at__gt=tried,
    )
    return set(done.values_list("turn", flat=True)) >= set(WAITS)
