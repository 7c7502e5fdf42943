"""What a person reads whose button came too late: who was quicker, with what, and where it stands now."""

from auditlog.models import LogEntry
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .models import Broadcast

DID = {
    "write": gettext_lazy("%(who)s wrote it"),
    "change": gettext_lazy("%(who)s changed it"),
    "ask for approval": gettext_lazy("%(who)s asked for an approval"),
    "approve": gettext_lazy("%(who)s approved it"),
    "reject": gettext_lazy("%(who)s rejected it"),
    "withdraw": gettext_lazy("%(who)s took the request back"),
    "launch": gettext_lazy("%(who)s sent it"),
    "pause": gettext_lazy("%(who)s paused it"),
    "resume": gettext_lazy("%(who)s let it go on"),
    "cancel": gettext_lazy("%(who)s cancelled the rest"),
    "priority": gettext_lazy("%(who)s changed its priority"),
    "retry": gettext_lazy("%(who)s tried the failures again"),
    "it did arrive": gettext_lazy("%(who)s noted that it did arrive"),
    "they did arrive": gettext_lazy("%(who)s noted that they did arrive"),
    "send it again": gettext_lazy("%(who)s sent it again"),
    "send them again": gettext_lazy("%(who)s sent them again"),
}


def told(broadcast: Broadcast) -> str:
    """As in: Too late: Asha paused it. It is now: Paused. Nothing was done by you. Two queries."""
    now = Broadcast.objects.get(pk=broadcast.pk)
    state = {"state": now.get_state_display()}
    newest = LogEntry.objects.get_for_object(now).select_related("actor").order_by("-pk").first()
    did = DID.get((newest.additional_data or {}).get("what", "")) if newest else None
    if newest is None or did is None:
        return _("Too late: somebody was quicker. It is now: %(state)s. Nothing was done by you.") % state
    said = {**state, "did": str(did) % {"who": newest.actor or _("The console")}}
    return _("Too late: %(did)s. It is now: %(state)s. Nothing was done by you.") % said
