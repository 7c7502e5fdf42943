"""When shall it be sent: the form with its times in words; and whether it goes in quiet hours too."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.generic import TemplateView, View

from kaizala_admin.connectors import clock
from messaging import services
from messaging.models import Broadcast
from messaging.services import quieting
from messaging.services.scheduling import PLANNABLE
from messaging.timing import forms, words
from messaging.timing.models import Schedule

from .approvals import number, said_no
from .base import BroadcastMixin, url

SEND = "messaging.send_broadcast"


def shown(broadcast: Broadcast, user: Any) -> dict[str, Any]:
    """What the check page shows of times and quiet hours."""
    plan = Schedule.objects.filter(broadcast=broadcast).first()
    return {
        "plan": plan,
        "plan_words": in_words(services.Plan(plan.rule, plan.missed, plan.late_hours), broadcast)
        if plan
        else {},
        "has_quiet": broadcast.tenant.quiet_from is not None,
        "may_ignore_quiet": user.has_perm(quieting.IGNORE_QUIET) and broadcast.state == Broadcast.State.DRAFT,
    }


def in_words(plan: services.Plan, broadcast: Broadcast) -> dict[str, Any]:
    """The sentence, the next times, and what happens to a missed one."""
    return {
        "sentence": words.sentence(plan.rule),
        "coming": words.coming(plan.rule, broadcast, clock.now()),
        "policy": words.policy(plan.missed, plan.late_hours),
        "recurring": plan.rule.repeat != "once",
    }


class When(BroadcastMixin, TemplateView):
    """GET asks; a POST of htmx answers in words; a POST of the button schedules what those words said."""

    permission_required = SEND
    template_name = "messaging/timing/when.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if self.has_permission() and self.broadcast.state not in PLANNABLE:
            return HttpResponseRedirect(self.broadcast.get_absolute_url())
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        begin = forms.initial(self.broadcast, self._user, request.GET.get("repeat", ""))
        given = {key: value for key, value in begin.items() if value is not None}
        return self._page(
            forms.PlanForm(given, initial=begin) if _is_whole(given) else forms.PlanForm(initial=begin)
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = forms.PlanForm(request.POST)
        if request.headers.get("HX-Request") == "true":
            return TemplateResponse(request, "messaging/timing/words.html", self._words(form))
        if not form.is_valid():
            return self._page(form, 422)
        if request.POST.get("shown") != forms.mark(form.plan):
            messages.info(request, _("Look at the times below. Nothing is scheduled yet."))
            return self._page(form)
        try:
            self._schedule(form.plan)
        except (services.Changed, services.CannotLaunch) as error:
            messages.warning(request, str(error))
            return self._page(form, 422)
        return HttpResponseRedirect(Broadcast.objects.get(pk=self.broadcast.pk).get_absolute_url())

    @property
    def _user(self) -> Any:
        return self.request.user

    def _schedule(self, plan: services.Plan) -> None:
        given, people = self.request.POST, number(self.request.POST.get("people", ""))
        asks = given.get("do") == "ask"
        said: dict[str, Any] = {
            "broadcast": self.broadcast,
            "by": self._user,
            "plan": plan,
            "expected_people": people,
            "expected_draft": given.get("draft", ""),
        }
        if asks:
            done = services.ask_for_schedule(**said)
        else:
            done = services.schedule(**said, typed=given.get("typed", ""))
        if not done:
            said_no(self.request, self.broadcast)
        elif asks:
            messages.success(self.request, _("Asked. It is on the schedule once an approver agrees."))
        else:
            messages.success(self.request, _("It is on the schedule."))

    def _words(self, form: forms.PlanForm, **more: Any) -> dict[str, Any]:
        """What the part beside the form shows."""
        given = self.request.POST
        people = int(given["people"]) if given.get("people", "").isdecimal() else 0
        found = {"form": form, "people": people, "broadcast": self.broadcast, **more}
        found["may_launch"] = services.may_launch(self._user, found["people"], self.broadcast)
        found["many"] = services.is_many(self.broadcast, found["people"])
        if form.is_bound and form.is_valid():
            found |= {"mark": forms.mark(form.plan), "words": in_words(form.plan, self.broadcast)}
        return found

    def _page(self, form: forms.PlanForm, status: int = 200) -> HttpResponse:
        found = services.check(self.broadcast)
        shown = self._words(form, people=found.people, check=found)
        shown["draft"] = services.fingerprint(self.broadcast)
        shown["changes"] = self.broadcast.state == Broadcast.State.SCHEDULED
        return self.render_to_response(self.get_context_data(**shown), status=status)


def _is_whole(given: dict[str, Any]) -> bool:
    return bool(given.get("starts_on") and given.get("at"))


class Quiet(BroadcastMixin, View):
    """Says that a draft goes also in quiet hours, and why; or takes that back."""

    permission_required = quieting.IGNORE_QUIET
    http_method_names = ("post",)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        ignore = request.POST.get("do") == "ignore"
        try:
            done = quieting.ignore_quiet(
                broadcast=self.broadcast,
                by=request.user,
                ignore=ignore,
                reason=request.POST.get("reason", ""),
            )
        except ValueError as error:
            messages.warning(request, str(error))
            return HttpResponseRedirect(url("check", pk))
        if not done:
            said_no(request, self.broadcast)
        elif ignore:
            messages.success(request, _("It is sent also in quiet hours. Your reason is kept."))
        else:
            messages.success(request, _("It waits for the end of the quiet hours again."))
        return HttpResponseRedirect(url("check", pk))
