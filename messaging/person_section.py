"""The section "Sent" of a person's page: the latest lines of the ledger, and what went to whole groups."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from groups.models import Member
from groups.person import Somebody
from groups.sections import Section, register
from kaizala_admin.outbox.models import State
from kaizala_admin.outbox.words import reason_words

from .ledger import TONES
from .models import Delivery, Dispatch

SHOWN = 50
BEFORE = "sent_before"


def context(somebody: Somebody, request: HttpRequest) -> dict[str, Any]:
    """At most three queries, each by an index."""
    lines = list(_lines(somebody)) if somebody.number else []
    query = urlencode({"q": somebody.number})
    calls = list(_to_groups(somebody, request.GET.get(BEFORE, "")))
    return {
        "lines": [(line, TONES.get(line.state, ""), reason_words(line.reason)) for line in lines[:SHOWN]],
        "more": len(lines) > SHOWN,
        "ledger_url": f"{reverse('admin:messaging_delivery_changelist')}?{query}",
        "to_groups": calls[:SHOWN],
        "older": f"?{urlencode({BEFORE: calls[SHOWN - 1].pk})}#section-sent" if len(calls) > SHOWN else "",
        "newest": "" if BEFORE not in request.GET else "?#section-sent",
    }


def _lines(somebody: Somebody) -> QuerySet[Delivery]:
    rows = Delivery.objects.filter(mobile_number=somebody.number).order_by("-id")
    return rows.select_related("broadcast", "group", "dispatch")[: SHOWN + 1]


def _to_groups(somebody: Somebody, before: str) -> QuerySet[Dispatch]:
    """Calls that reached whole groups while the person was a member, the latest first, one more than shown.

    `before` is the key of the call that the older ones follow; "" begins with the latest.
    """
    spans = Member.objects.filter(pk__in=[row.pk for row in somebody.members])
    there = spans.filter(group=OuterRef("group"), first_seen_at__lte=OuterRef("settled_at")).filter(
        Q(gone_at=None) | Q(gone_at__gt=OuterRef("settled_at"))
    )
    calls = Dispatch.objects.filter(
        Exists(there),
        group__in=[row.group_id for row in somebody.members],
        mode=Dispatch.Mode.GROUP,
        state=State.SENT,
    )
    if before.isdecimal() and len(before) < 19:
        calls = calls.filter(pk__lt=before)
    return calls.select_related("broadcast", "group").order_by("-pk")[: SHOWN + 1]


def register_section() -> None:
    register(
        Section("sent", _("Sent"), "messaging.view_delivery", "messaging/sections/sent.html", context, 20)
    )
