"""A broadcast on its way: the page that updates itself, and the calls in doubt."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.generic import TemplateView

from groups.models import Group
from kaizala_admin.outbox.models import State
from messaging import hindrances, outcomes, progress, trail_words
from messaging.evidence import looks, words
from messaging.exporting import ledger_export_url
from messaging.models import Broadcast, Delivery, Dispatch, Priority
from messaging.sending import FOUND

from . import approvals, persons, schedules
from .base import BroadcastMixin, url
from .checking import SHOWN_HERE

TILES = ("sent", "waiting", "failed", "unknown", "cancelled")
MOST_UNKNOWN = 50
MOST_GROUPS = 20


def ledger_url(broadcast: Broadcast, **filters: str) -> str:
    """The ledger's list, narrowed to this broadcast."""
    query = urlencode({"broadcast": str(broadcast.pk), **filters})
    return f"{reverse('admin:messaging_delivery_changelist')}?{query}"


class Progress(BroadcastMixin, TemplateView):
    """The whole page; only its moving part when htmx asks."""

    permission_required = "messaging.view_broadcast"

    @property
    def _moved(self) -> bool:
        """Whether the moving part alone is asked for."""
        return self.request.headers.get("HX-Request") == "true"

    def get_template_names(self) -> list[str]:
        return ["messaging/progress_part.html" if self._moved else "messaging/progress.html"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.broadcast.state in SHOWN_HERE:
            return HttpResponseRedirect(url("check", self.broadcast.pk))
        if self.broadcast.launched_at is None and (at := schedules.address_of(self.broadcast)):
            return HttpResponseRedirect(at)
        answer = super().get(request, *args, **kwargs)
        if request.GET.get("seen", self.broadcast.state) != self.broadcast.state:
            answer["HX-Refresh"] = "true"  # other buttons are right now: draw the page anew
        return answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        now, row, user = progress.of(self.broadcast), self.broadcast, self.request.user
        shown = {
            "progress": now,
            "person": persons.shown(row, self.request),
            "moving": row.state in ("running", "paused"),
            "outcomes": outcomes.of(row, user),
            "hindrances": hindrances.of(row, now.waiting_calls),
            "links": {
                "sent": ledger_url(row, state="sent"),
                "waiting": ledger_url(row, state="queued"),
                "failed": ledger_url(row, state="failed"),
                "unknown": ledger_url(row, state="unknown"),
                "cancelled": ledger_url(row, state="cancelled"),
            },
            "ledger_url": ledger_url(row),
            "export_url": ledger_export_url(row) if user.has_perm("messaging.view_delivery") else "",
            "reasons": [
                (one, ledger_url(row, state=one.state, **({"reason": one.reason} if one.reason else {})))
                for one in now.reasons
            ],
            "others": [(state, people, ledger_url(row, state=state)) for state, people in now.others.items()],
            "groups": Group.objects.filter(pk__in=now.group_ids[:MOST_GROUPS]),
            "approvals": approvals.shown(row, user)["approvals"],
            "trail": [] if self._moved else trail_words.of(row),
            "may_send": user.has_perm("messaging.send_broadcast"),
            "priorities": Priority.choices,
            "may_settle": user.has_perm("outbox.settle"),
            "may_add": user.has_perm("messaging.add_broadcast"),
        }
        return super().get_context_data(**{**shown, **kwargs})


class Unknowns(BroadcastMixin, TemplateView):
    """Calls whose answer was lost, with the two buttons for each and for all."""

    permission_required = "messaging.view_broadcast"
    template_name = "messaging/unknowns.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = Dispatch.objects.filter(broadcast=self.broadcast, state=State.UNKNOWN)
        found = list(rows.select_related("group", "broadcast").order_by("pk")[: MOST_UNKNOWN + 1])
        some, known = _some_people(found), words.of_doubts(found)
        shown = {
            "calls": [(row, some.get(row.pk, []), known.get(row.pk, [])) for row in found[:MOST_UNKNOWN]],
            "proven": _proven(self.broadcast),
            "may_send_again": looks.policy() != looks.NEVER and not self._is_cancelled,
            "is_cancelled": self._is_cancelled,
            "more": len(found) > MOST_UNKNOWN,
            "may_settle": self.request.user.has_perm("outbox.settle"),
        }
        return super().get_context_data(**{**shown, **kwargs})

    @property
    def _is_cancelled(self) -> bool:
        return bool(self.broadcast.state == Broadcast.State.CANCELLED)


def _proven(broadcast: Broadcast) -> list[tuple[Dispatch, str]]:
    """Calls that Kaizala itself settled, and how."""
    rows = Dispatch.objects.filter(broadcast=broadcast, reason=FOUND, proof__isnull=False)
    return [(row, row.evidence()) for row in rows.select_related("group").order_by("-pk")[:MOST_UNKNOWN]]


def _some_people(calls: Sequence[Dispatch]) -> dict[int, list[Delivery]]:
    """Up to three people of each batch, whom one can ask. One query of at most 100 lines a call."""
    some: dict[int, list[Delivery]] = defaultdict(list)
    batches = [row.pk for row in calls if row.mode == Dispatch.Mode.BATCH]
    for line in Delivery.objects.filter(dispatch__in=batches).order_by("dispatch", "pk"):
        if len(some[line.dispatch_id]) < 3:
            some[line.dispatch_id].append(line)
    return some
