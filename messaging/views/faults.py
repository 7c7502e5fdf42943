"""Whose personal text could not be sent, all of them."""

import csv

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.generic import View

from messaging import audience
from messaging.audience import personal

from .base import BroadcastMixin
from .checking import safe


class Faults(BroadcastMixin, View):
    """All whose text could not be sent, as CSV that no spreadsheet takes for a formula."""

    permission_required = "messaging.view_broadcast"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        answer = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="without-text-{pk}.csv"'
        writer = csv.writer(answer)
        writer.writerow([_("person"), _("name"), _("mobile number"), _("why")])
        with audience.taken(self.broadcast) as snapshot:
            if snapshot.scope.personal:
                for fault in personal.readable_faults(snapshot):
                    who = fault.person
                    writer.writerow([who.at, safe(who.name), safe(who.number), safe(fault.why)])
        return answer
