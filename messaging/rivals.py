"""What a person reads whose button came too late: who was quicker, with what, and where it stands now."""

from auditlog.models import LogEntry
from django.utils.translation import gettext as _

from . import trail_words
from .models import Broadcast


def told(broadcast: Broadcast) -> str:
    """As in: Too late: Asha paused it. It is now: Paused. Nothing was done by you. Two queries."""
    now = Broadcast.objects.get(pk=broadcast.pk)
    state = {"state": now.get_state_display()}
    newest = LogEntry.objects.get_for_object(now).select_related("actor").order_by("-pk").first()
    did = trail_words.did(newest) if newest else ""
    if not did:
        return _("Too late: somebody was quicker. It is now: %(state)s. Nothing was done by you.") % state
    return _("Too late: %(did)s. It is now: %(state)s. Nothing was done by you.") % {**state, "did": did}
