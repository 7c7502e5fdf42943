"""The section "Sent" of a person's page: the latest lines of the ledger, and what went to whole groups."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from groups.models import Member
from groups.person import Somebody
from groups.sections import Section, register
from kaizala_admin.outbox.words import reason_words

from .ledger import TONES
from .models import Delivery, Dispatch

SHOWN = 50


def context(somebody: Somebody, request: HttpRequest) -> dict[str, Any]:
    """At most three queries, each by an index."""
    lines = list(_lines(somebody)) if somebody.number else []
    query = urlencode({"q": somebody.number})
    return {
        "lines": [(line, TONES.get(line.state, ""), reason_words(line.reason)) for line in lines[:SHOWN]],
        "more": len(lines) > SHOWN,
        "ledger_url": f"{reverse('admin:messaging_delivery_changelist')}?{query}",
        "to_groups": list(_to_groups(somebody)),
    }


def _lines(somebody: Somebody) -> QuerySet[Delivery]:
    rows = Delivery.objects.filter(mobile_number=somebody.number).order_by("-id")
    return rows.select_related("broadcast", "group", "dispatch")[: SHOWN + 1]


def _to_groups(somebody: Somebody) -> list[Dispatch]:
    """Calls to whole groups while the person was a member."""
    spans = {row.group_id: row for row in somebody.members if isinstance(row, Member)}
    if not spans:
        return []
    calls = Dispatch.objects.filter(group__in=spans, mode=Dispatch.Mode.GROUP).exclude(settled_at=None)
    latest = calls.select_related("broadcast", "group").order_by("-id")[:SHOWN]
    return [call for call in latest if _was_there(spans[call.group_id], call)]


def _was_there(member: Member, call: Dispatch) -> bool:
    assert call.settled_at is not None
    return member.first_seen_at <= call.settled_at and (
        member.gone_at is None or member.gone_at > call.settled_at
    )


def register_section() -> None:
    register(
        Section("sent", _("Sent"), "messaging.view_delivery", "messaging/sections/sent.html", context, 20)
    )
