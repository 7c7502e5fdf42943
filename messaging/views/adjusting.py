"""What the check page offers to change about the audience, and who has joined since the launch."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.generic import TemplateView, View

from messaging import services
from messaging.audience import Expression, adjusting, joining
from messaging.models import Broadcast

from .base import BroadcastMixin, url

OF_GROUP: dict[str, Callable[[Expression, int], Expression]] = {
    "skip": adjusting.leave_out_group,
    "one-by-one": adjusting.name_members,
    "whole": adjusting.call_whole,
}
OF_PLAN = {
    "batches": adjusting.in_batches,
    "fewest": adjusting.in_fewest_calls,
    "faulty": adjusting.leave_out_faulty,
}


class Adjust(BroadcastMixin, View):
    """One change to a draft's audience; then the check again. Harmless: nothing is sent by it."""

    permission_required = "messaging.change_broadcast"
    http_method_names = ("post",)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        try:
            how = self._how(request.POST.get("do", ""), request.POST.get("group", ""))
            services.change_audience(self.broadcast, how, request.user)  # type: ignore[arg-type]
        except services.NotADraft as error:
            messages.warning(request, str(error))
        return HttpResponseRedirect(url("check", pk))

    def _how(self, what: str, group: str) -> Callable[[Expression], Expression]:
        if what in OF_PLAN:
            return OF_PLAN[what]
        if what in OF_GROUP and group.isdecimal() and len(group) < 19:
            return lambda said: OF_GROUP[what](said, int(group))
        raise Http404(_("There is no such button."))


class Joined(BroadcastMixin, TemplateView):
    """The line "37 have joined since", which the progress page asks for once it is over (htmx)."""

    permission_required = "messaging.view_broadcast"
    template_name = "messaging/audience/joined.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        row = self.broadcast
        shown = {
            "joined": joining.count(row) if row.launched_at and row.stamp else None,
            "may_add": self.request.user.has_perm("messaging.add_broadcast"),
        }
        return super().get_context_data(**{**shown, **kwargs})


class FollowUp(BroadcastMixin, View):
    """A draft to those who have joined since. Harmless, so it does not ask."""

    permission_required = "messaging.add_broadcast"
    http_method_names = ("post",)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        if self.broadcast.state == Broadcast.State.DRAFT or not self.broadcast.launched_at:
            raise Http404(_("It has not been sent yet, so nobody can have joined since."))
        draft = services.follow_up(self.broadcast, request.user)  # type: ignore[arg-type]
        return HttpResponseRedirect(url("check", draft.pk))
