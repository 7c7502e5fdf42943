"""The second pair of eyes: ask, approve and send, reject, take back; and what the pages show of it."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.generic import View

from kaizala_admin.ui.views import ConsoleMixin
from messaging import rivals, services
from messaging.models import Broadcast
from messaging.services import approving
from messaging.timing.models import Approval

from .base import BroadcastMixin, url

MOST_SHOWN = 20
State, Decision = Broadcast.State, Approval.Decision


def shown(broadcast: Broadcast, user: Any) -> dict[str, Any]:
    """Who asked and who decided, the newest first; and what this person can do about it."""
    rows = Approval.objects.filter(broadcast=broadcast).select_related("asked_by", "decided_by")
    found = list(rows[:MOST_SHOWN])
    newest = found[0] if found else None
    request = newest if newest and newest.decision == Decision.PENDING else None
    rejected = newest and newest.decision == Decision.REJECTED and broadcast.state == State.DRAFT
    return {
        "approvals": found,
        "asked": request,
        "rejected": newest if rejected else None,
        "differs": request is not None and request.fingerprint != services.fingerprint(broadcast),
        "may_approve": approving.may_approve(user, broadcast, request),
        "may_withdraw": approving.may_withdraw(user, broadcast, request),
    }


def number(text: str) -> int:
    """Raises PermissionDenied for what no form of ours sends."""
    if not text.isdecimal() or len(text) > 12:
        raise PermissionDenied(_("This form is not complete. Go back and open the page again."))
    return int(text)


def said_no(request: HttpRequest, broadcast: Broadcast) -> None:
    """Says why nothing happened, when somebody else was quicker."""
    if Broadcast.objects.filter(pk=broadcast.pk, launched_at__isnull=False).exists():
        said = _("It is on its way already. It was sent once.")
        messages.info(request, f"{said} {rivals.told(broadcast)}")
    else:
        messages.warning(request, rivals.told(broadcast))


class Approve(BroadcastMixin, View):
    """One POST for each of the four buttons; `asked` names the request that was on the page."""

    permission_required = "messaging.send_broadcast"
    http_method_names = ("post",)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        buttons = {"ask": self._ask, "approve": self._approve, "reject": self._reject, "withdraw": self._back}
        try:
            button = buttons[request.POST.get("do", "")]
        except KeyError:
            raise Http404(_("There is no such button.")) from None
        try:
            if not button(request.POST):
                said_no(request, self.broadcast)
        except (services.Changed, ValueError) as error:
            messages.warning(request, str(error))
        except services.CannotLaunch:
            messages.warning(request, _("It cannot be sent like this. Look again."))
        return HttpResponseRedirect(url("check", pk))

    def _ask(self, given: Any) -> bool:
        people, user = number(given.get("people", "")), self.request.user
        if done := approving.ask(self.broadcast, user, people, expected_draft=given.get("draft", "")):
            messages.success(self.request, _("Asked. It is sent once an approver has looked at it."))
        return done

    def _approve(self, given: Any) -> bool:
        people = number(given.get("people", ""))
        shown = {"expected_draft": given.get("draft", ""), "typed": given.get("typed", "")}
        return approving.approve(self._asked(given), self.request.user, people, **shown)

    def _reject(self, given: Any) -> bool:
        if done := approving.reject(self._asked(given), self.request.user, given.get("reason", "")):
            messages.success(self.request, _("Rejected. It is a draft again, and the author sees why."))
        return done

    def _back(self, given: Any) -> bool:
        if done := approving.withdraw(self._asked(given), self.request.user):
            messages.success(self.request, _("The request is taken back. It is a draft again."))
        return done

    def _asked(self, given: Any) -> Approval:
        rows = Approval.objects.select_related("broadcast__tenant").filter(broadcast=self.broadcast)
        found = rows.filter(pk=number(given.get("asked", ""))).first()
        if found is None:
            raise Http404(_("There is no such request."))
        return found


class Waiting(ConsoleMixin, View):
    """The sidebar's link: the list of broadcasts, of those alone that this person can approve."""

    permission_required = "messaging.send_to_many"

    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(f"{reverse('admin:messaging_broadcast_changelist')}?waits=me")
