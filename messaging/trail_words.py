"""The audit log's plain words of a broadcast, as people read them: who did what."""

from auditlog.models import LogEntry
from django.db.models import Model
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

DID = {
    "write": gettext_lazy("%(who)s wrote it"),
    "change": gettext_lazy("%(who)s changed it"),
    "follow up": gettext_lazy("%(who)s wrote it as a follow-up"),
    "ask for approval": gettext_lazy("%(who)s asked for an approval"),
    "approve": gettext_lazy("%(who)s approved it"),
    "reject": gettext_lazy("%(who)s rejected it"),
    "withdraw": gettext_lazy("%(who)s took the request back"),
    "launch": gettext_lazy("%(who)s sent it"),
    "pause": gettext_lazy("%(who)s paused it"),
    "resume": gettext_lazy("%(who)s let it go on"),
    "cancel": gettext_lazy("%(who)s cancelled the rest"),
    "priority": gettext_lazy("%(who)s changed its priority"),
    "test": gettext_lazy("%(who)s sent a test"),
    "retry": gettext_lazy("%(who)s tried the failures again"),
    "it did arrive": gettext_lazy("%(who)s noted that it did arrive"),
    "they did arrive": gettext_lazy("%(who)s noted that they did arrive"),
    "send it again": gettext_lazy("%(who)s sent it again"),
    "send them again": gettext_lazy("%(who)s sent them again"),
    "found at Kaizala": gettext_lazy("%(who)s found a call in doubt at Kaizala"),
    "send in quiet hours": gettext_lazy("%(who)s changed what quiet hours mean for it"),
    "schedule": gettext_lazy("%(who)s scheduled it"),
    "take off the schedule": gettext_lazy("%(who)s took it off the schedule"),
    "pause the schedule": gettext_lazy("%(who)s paused the schedule"),
    "resume the schedule": gettext_lazy("%(who)s resumed the schedule"),
    "send out of turn": gettext_lazy("%(who)s sent it out of turn"),
    "send a missed time": gettext_lazy("%(who)s sent a missed time late"),
    "leave out a missed time": gettext_lazy("%(who)s left a missed time out"),
    "left out": gettext_lazy("%(who)s left a time out"),
    "could not be sent": gettext_lazy("%(who)s could not send it"),
    "throw away": gettext_lazy("%(who)s threw it away"),
}


SHOWN = 20


def of(row: Model) -> list[tuple[LogEntry, str]]:
    """The latest entries about it, each with its words. One query."""
    entries = LogEntry.objects.get_for_object(row).select_related("actor").order_by("-pk")[:SHOWN]
    return [(one, words) for one in entries if (words := did(one))]


def did(entry: LogEntry) -> str:
    """As in: Asha paused it. "" for what is not ours to tell."""
    words = DID.get((entry.additional_data or {}).get("what", ""))
    return str(words) % {"who": entry.actor or _("The console")} if words else ""
