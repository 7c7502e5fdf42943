"""What is known of a call in doubt, and why one was settled, for people."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from kaizala_admin.outbox.models import State
from kaizala_admin.webhooks.models import Subscription
from messaging.models import Dispatch

from . import prints, weighing
from .models import ActionLook, Echo


def of_proof(proof: dict[str, Any] | None) -> str:
    """ "Kaizala told us of it in an event of 10:04:05" for a call that was settled so; "" for others."""
    if not proof:
        return ""
    at = _when(datetime.fromisoformat(proof["told_at"]))
    if proof["source"] == Echo.Source.LIST:
        return _("Kaizala's list of actions holds it, posted at %(at)s.") % {"at": at}
    return _("Kaizala told us of it in an event that came at %(at)s.") % {"at": at}


def of_doubts(rows: Sequence[Dispatch]) -> dict[int, list[str]]:
    """For each call in doubt: what was looked for, and what was found. A constant number of queries."""
    if not rows:
        return {}
    looks = list(ActionLook.objects.filter(group__in={row.group_id for row in rows}).order_by("pk"))
    heard = _subscribed(rows)
    told = {one.row.pk for one in weighing.told(weighing.doubts(rows))}
    return {row.pk: _words(row, row.pk in told, looks, heard) for row in rows}


def _subscribed(rows: Sequence[Dispatch]) -> set[str]:
    """The groups that would bring an event."""
    active = Subscription.objects.filter(
        object_id__in={row.group.group_id for row in rows}, state=Subscription.State.ACTIVE
    )
    return set(active.values_list("object_id", flat=True))


def _words(row: Dispatch, is_told: bool, looks: Sequence[ActionLook], heard: set[str]) -> list[str]:
    words = []
    if is_told:  # and was not settled: it left a choice
        words.append(_("Kaizala tells of such a post, but an equal call may have made it."))
    elif row.group.group_id in heard:
        words.append(_("The group is subscribed to, and no event has told of it so far."))
    else:
        words.append(_("The group is not subscribed to, so no event can tell of it."))
    action_type = prints.looked_type(row.broadcast.kind)
    if not action_type:
        words.append(_("Kaizala lists nothing of this kind."))
        return words
    mine = [look for look in looks if (look.group_id, look.action_type) == (row.group_id, action_type)]
    done = [look for look in mine if look.state == State.SENT and look.settled_at]
    if done and done[-1].settled_at and not is_told:
        at = _when(done[-1].settled_at)
        words.append(_("Kaizala's list of actions did not hold it at %(at)s.") % {"at": at})
    coming = [look.not_before for look in mine if look.state in (State.QUEUED, State.SENDING)]
    if coming:
        words.append(_("Kaizala's list is asked at %(at)s.") % {"at": _when(min(coming))})
    return words


def _when(at: datetime) -> str:
    """For the end of a sentence: "8:21 p.m" takes the sentence's own stop."""
    said = date_format(timezone.localtime(at), "TIME_FORMAT") if _today(at) else _date(at)
    return said.rstrip(".")


def _today(at: datetime) -> bool:
    return timezone.localtime(at).date() == timezone.localdate()


def _date(at: datetime) -> str:
    return date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT")
