"""Why a broadcast on its way does not move: what holds its waiting calls up, in words."""

from collections import Counter
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kaizala_admin.connectors.models import Connector, Grant
from kaizala_admin.outbox.words import reason_words

from .media import uploading
from .models import Broadcast
from .progress import Waiting
from .timing import quiet


def of(broadcast: Broadcast, waiting: Counter[Waiting]) -> list[str]:
    """A sentence for each thing that holds waiting calls up; none while all goes well. Two queries."""
    if broadcast.state != Broadcast.State.RUNNING or not waiting:
        return []
    connectors = Connector.objects.in_bulk({connector for _, connector, _ in waiting})
    grants = Grant.objects.in_bulk({grant for *_, grant in waiting})
    told = [
        _sentence(reason, calls, _facts(connectors[connector], grants[grant]))
        for (reason, connector, grant), calls in waiting.most_common()
    ]
    return list(dict.fromkeys(one for one in told if one))


def _facts(connector: Connector, grant: Grant) -> dict[str, Any]:
    return {
        "active": connector.is_active,
        "health": connector.health,
        "why": connector.health_reason,
        "connector": connector.name,
        "working": grant.state,
        "grant": grant.name,
    }


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
    if reason == quiet.REASON:
        words = ngettext(
            "%(n)s call waits for the end of the quiet hours. It goes by itself then.",
            "%(n)s calls wait for the end of the quiet hours. They go by themselves then.",
            calls,
        )
        return words % {"n": f"{calls:,}"}
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
