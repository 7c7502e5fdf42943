"""Urgent enough for the quiet hours: said by who may, with a reason, and kept."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from messaging import trail
from messaging.models import Broadcast

IGNORE_QUIET = "messaging.ignore_quiet"
MOST_REASON = 300


def ignore_quiet(*, broadcast: Broadcast, by: Any, ignore: bool, reason: str = "") -> bool:
    """A draft goes also in quiet hours, or does not any more. False: it is no draft any more.

    Raises PermissionDenied, and ValueError without a reason.
    """
    if not by.has_perm(IGNORE_QUIET):
        raise PermissionDenied
    why = reason.strip()[:MOST_REASON] if ignore else ""
    if ignore and not why:
        raise ValueError(_("Say why it cannot wait until the quiet hours are over."))
    with transaction.atomic():
        rows = Broadcast.objects.filter(pk=broadcast.pk, state=Broadcast.State.DRAFT)
        if not rows.update(ignore_quiet=ignore, quiet_reason=why):
            return False
        more: dict[str, Any] = {"reason": why} if why else {}
        trail.note(broadcast, by, "send in quiet hours", not ignore, ignore, **more)
    return True
