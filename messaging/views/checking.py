"""Check and confirm: what sending takes, what is wrong, line by line; and the button that sends."""

import csv
from collections.abc import Iterator
from heapq import merge
from itertools import islice
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.utils.translation import gettext as _
from django.views.generic import TemplateView, View

from kaizala_admin.connectors.models import Connector
from messaging import audience, services
from messaging.audience import lines
from messaging.media import uploading
from messaging.models import AudienceLine, Broadcast
from messaging.timing import quiet

from . import approvals, persons, planning
from .approvals import number, said_no
from .base import BroadcastMixin, url

SHOWN_HERE = (Broadcast.State.DRAFT, Broadcast.State.AWAITING)
SHOWN = 100  # wrong lines on the page; the download has all


class Checked(BroadcastMixin, TemplateView):
    """GET asks and shows; POST sends, if it still is what was shown."""

    template_name = "messaging/check.html"

    def get_permission_required(self) -> tuple[str, ...]:
        posting = self.request.method == "POST"
        return ("messaging.send_broadcast" if posting else "messaging.view_broadcast",)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.broadcast.state not in SHOWN_HERE:
            return HttpResponseRedirect(self.broadcast.get_absolute_url())
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        people, typed = number(request.POST.get("people", "")), request.POST.get("typed", "")
        try:
            services.need_typed(self.broadcast, people, typed)  # before anything is resolved
            started = services.launch(
                self.broadcast,
                request.user,
                people,
                expected_draft=request.POST.get("draft", ""),
                typed=typed,
            )
        except services.Changed as error:
            messages.warning(request, str(error))
            return HttpResponseRedirect(url("check", self.broadcast.pk))
        except services.CannotLaunch:
            return HttpResponseRedirect(url("check", self.broadcast.pk))
        if not started:
            said_no(request, self.broadcast)
        return HttpResponseRedirect(url("progress", self.broadcast.pk))

    @property
    def _awaiting(self) -> bool:
        return self.broadcast.state == Broadcast.State.AWAITING

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = services.check(self.broadcast)
        user: Any = self.request.user
        connectors = Connector.objects.in_bulk(list(found.calls))
        shown = {
            "check": found,
            "person": persons.shown(self.broadcast, self.request),
            "whom": found.scope,
            "by_connector": [(connectors[pk], calls) for pk, calls in found.calls.items()],
            "wrong": list(islice(wrong_lines(self.broadcast), SHOWN)) if found.bad_lines else [],
            "may_change": user.has_perm("messaging.change_broadcast") and not self._awaiting,
            "may_send": user.has_perm("messaging.send_broadcast"),
            "may_launch": services.may_launch(user, found.people, self.broadcast),
            "draft": services.fingerprint(self.broadcast),
            **approvals.shown(self.broadcast, user),
            **planning.shown(self.broadcast, user),
            "quiet": quiet.words(self.broadcast),
            "uploads": uploading.missing(self.broadcast, found.calls),
        }
        return super().get_context_data(**{**shown, **kwargs})


class WrongLines(BroadcastMixin, View):
    """All wrong lines as CSV that no spreadsheet takes for a formula (reliability 1.13)."""

    permission_required = "messaging.view_broadcast"

    def get(self, request: HttpRequest, pk: int) -> StreamingHttpResponse:
        writer = csv.writer(_Echo())
        rows = ([one.line, safe(one.given), one.why] for one in wrong_lines(self.broadcast))
        head = "\ufeff" + writer.writerow([_("line"), _("given"), _("why")])
        answer = StreamingHttpResponse(
            _chain(head, (writer.writerow(row) for row in rows)), content_type="text/csv; charset=utf-8"
        )
        answer["Content-Disposition"] = f'attachment; filename="lines-{self.broadcast.pk}.csv"'
        return answer


class _Echo:
    """csv.writer hands each row to this, and this hands it back."""

    def write(self, value: str) -> str:
        return value


def _chain(head: str, rows: Iterator[str]) -> Iterator[str]:
    yield head
    yield from rows


def safe(cell: str) -> str:
    """Text that a spreadsheet would compute begins with an apostrophe; the import takes it off again."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%") else cell


def wrong_lines(broadcast: Broadcast) -> Iterator[AudienceLine]:
    """Lines that are no number, repeat one, or do not follow the group, in their order."""
    bad = AudienceLine.objects.filter(broadcast=broadcast).exclude(problem="").order_by("line", "id")
    return merge(bad.iterator(), _strangers(broadcast), key=lambda line: (line.line, line.pk))


def _strangers(broadcast: Broadcast) -> Iterator[AudienceLine]:
    for line in lines.strangers(audience.scope_of(broadcast)).iterator():
        line.problem = AudienceLine.Problem.NOT_SUBSCRIBED
        yield line
