"""Why a broadcast on its way does not move: what holds its waiting calls up, in words."""

from typing import Any

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kaizala_admin.connectors.models import Connector, Grant
from kaizala_admin.outbox.models import State
from kaizala_admin.outbox.words import reason_words

from .media import uploading
from .models import Broadcast, Dispatch

FIELDS = {
    "active": "connector__is_active",
    "health": "connector__health",
    "why": "connector__health_reason",
    "connector": "connector__name",
    "working": "grant__state",
    "grant": "grant__name",
}


def of(broadcast: Broadcast) -> list[str]:
    """A sentence for each thing that holds calls up; none while all goes well. One query."""
    if broadcast.state != Broadcast.State.RUNNING:
        return []
    waiting: Any = Dispatch.objects.filter(broadcast=broadcast, state=State.QUEUED).order_by()
    names = ("reason", *FIELDS.values())
    found = waiting.values_list(*names).annotate(calls=Count("pk")).order_by("-calls")
    told = [_sentence(reason, calls, dict(zip(FIELDS, rest, strict=True))) for reason, *rest, calls in found]
    return list(dict.fromkeys(one for one in told if one))


def _sentence(reason: str, calls: int, row: dict[str, Any]) -> str:
    if not row["active"]:
        return _("The connector “%(connector)s” is switched off. Its calls wait until it is on again.") % row
    if row["working"] != Grant.State.WORKING:
        return (
            _("Kaizala refused the grant “%(grant)s”. Its calls wait until it has a new refresh token.") % row
        )
    if row["health"] != Connector.Health.WORKING:
        return _("The connector “%(connector)s” needs attention: %(why)s") % row
    if not reason:
        return ""
    if reason == uploading.WAITING:
        words = ngettext(
            "%(n)s call waits until its files are at Kaizala. That goes by itself.",
            "%(n)s calls wait until their files are at Kaizala. That goes by itself.",
            calls,
        )
        return words % {"n": f"{calls:,}"}
    words = ngettext(
        "%(n)s call waits: %(why)s. It is tried again by itself.",
        "%(n)s calls wait: %(why)s. They are tried again by themselves.",
        calls,
    )
    return words % {"n": f"{calls:,}", "why": reason_words(reason)}
