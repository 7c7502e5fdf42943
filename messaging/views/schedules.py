"""The page of one schedule: what, to whom, when; its firings; and the buttons, which ask first."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView, View

from kaizala_admin.ui.confirm import Confirmation, ask_first, confirmed
from messaging import audience, services, trail_words
from messaging.models import Broadcast
from messaging.timing import firings, words
from messaging.timing.models import Firing, Schedule

from . import approvals, planning
from .approvals import number
from .base import BroadcastMixin, url

SHOWN = 50
TONES = {"active": "primary", "paused": "warning", "proposed": "warning", "stopped": "", "done": "success"}


def address_of(broadcast: Broadcast) -> str:
    """The page of the schedule that a broadcast has, or was made for; "" without one."""
    if Schedule.objects.filter(broadcast=broadcast).exists():
        return url("schedule", broadcast.pk)
    made_for = (
        Firing.objects.filter(broadcast=broadcast).values_list("schedule__broadcast", flat=True).first()
    )
    return url("schedule", made_for) if made_for else ""


class _ScheduleMixin(BroadcastMixin):
    @property
    def plan(self) -> Schedule:
        """Raises Http404."""
        found = Schedule.objects.select_related("made_by").filter(broadcast=self.broadcast).first()
        if found is None:
            raise Http404(_("This broadcast has no schedule."))
        return found


class Plan(_ScheduleMixin, TemplateView):
    permission_required = "messaging.view_broadcast"
    template_name = "messaging/timing/schedule.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        plan, user = self.plan, self.request.user
        rows = firings.with_results(plan.firings.all())[: SHOWN + 1]
        scope = audience.scope_of(self.broadcast)
        shown = {
            "plan": plan,
            "plan_tone": TONES[plan.state],
            "words": planning.in_words(
                services.Plan(plan.rule, plan.missed, plan.late_hours), self.broadcast
            ),
            "running": plan.state in (Schedule.State.ACTIVE, Schedule.State.PAUSED),
            "firings": rows[:SHOWN],
            "more": len(rows) > SHOWN,
            "asking": [one for one in rows if one.outcome == Firing.Outcome.ASKING],
            "last": max((one.pk for one in rows), default=0),
            "groups": scope.groups[:20],
            "approvals": approvals.shown(self.broadcast, user)["approvals"],
            "trail": trail_words.of(self.broadcast),
            "may_send": user.has_perm("messaging.send_broadcast"),
            "may_change": user.has_perm("messaging.change_broadcast"),
        }
        return super().get_context_data(**{**shown, **kwargs})


@dataclass(frozen=True)
class Verb:
    """`run(broadcast, user, form)` says whether anything happened."""

    title: str | Promise
    question: str | Promise
    done: str | Promise
    run: Callable[[Broadcast, Any, Any], bool]
    tone: str = "primary"


def _fire(broadcast: Broadcast, by: Any, given: Any) -> bool:
    return services.fire_now(
        broadcast=broadcast,
        by=by,
        last=number(given.get("last", "")),
        typed=given.get("typed", ""),
        shown=given.get("draft"),
    )


def _decide(send: bool) -> Callable[[Broadcast, Any, Any], bool]:
    def run(broadcast: Broadcast, by: Any, given: Any) -> bool:
        found = Firing.objects.filter(
            schedule__broadcast=broadcast, pk=number(given.get("firing", ""))
        ).first()
        if found is None:
            raise Http404(_("There is no such time."))
        return services.settle_missed(firing=found, by=by, send=send, typed=given.get("typed", ""))

    return run


VERBS = {
    "pause": Verb(
        gettext_lazy("Pause the schedule"),
        gettext_lazy("Stop for now? Times that come meanwhile are left out. What is on its way goes on."),
        gettext_lazy("Paused. Nothing is sent until somebody resumes it."),
        lambda broadcast, by, given: services.pause_schedule(broadcast=broadcast, by=by),
    ),
    "resume": Verb(
        gettext_lazy("Resume the schedule"),
        gettext_lazy("Go on with the next time that is still to come? Times that passed are left out."),
        gettext_lazy("It goes on with the next time."),
        lambda broadcast, by, given: services.resume_schedule(broadcast=broadcast, by=by),
    ),
    "cancel": Verb(
        gettext_lazy("Take off the schedule"),
        gettext_lazy("Send it never by itself? It is a draft again. What was sent before stays sent."),
        gettext_lazy("It is off the schedule, and a draft again."),
        lambda broadcast, by, given: services.cancel_schedule(broadcast=broadcast, by=by),
        "danger",
    ),
    "fire": Verb(
        gettext_lazy("Send now"),
        gettext_lazy("Send it now, out of turn? It goes to everybody who belongs to its audience now."),
        gettext_lazy("Done. See below what became of it."),
        _fire,
    ),
    "send": Verb(
        gettext_lazy("Send the missed time now"),
        gettext_lazy("Send it late? It goes to everybody who belongs to its audience now."),
        gettext_lazy("Done. See below what became of it."),
        _decide(True),
    ),
    "skip": Verb(
        gettext_lazy("Leave the missed time out"),
        gettext_lazy("Leave this time out? Nothing is sent for it."),
        gettext_lazy("It is left out."),
        _decide(False),
    ),
}


class Do(_ScheduleMixin, View):
    """GET or a first POST asks; the POST that says yes does it."""

    permission_required = "messaging.send_broadcast"

    @property
    def verb(self) -> Verb:
        try:
            return VERBS[self.kwargs["verb"]]
        except KeyError:
            raise Http404(_("There is no such button.")) from None

    def get(self, request: HttpRequest, pk: int, verb: str) -> HttpResponse:
        return self._ask(request.GET)

    def post(self, request: HttpRequest, pk: int, verb: str) -> HttpResponse:
        if not confirmed(request):
            return self._ask(request.POST)
        try:
            done = self.verb.run(self.broadcast, request.user, request.POST)
        except services.Changed as error:
            messages.warning(request, str(error))
            return self._ask(request.POST)
        if done:
            messages.success(request, str(self.verb.done))
        else:
            messages.warning(request, _("Somebody was quicker, and nothing happened by you. Look again."))
        return HttpResponseRedirect(url("schedule", pk))

    def _ask(self, given: Any) -> HttpResponse:
        verb, plan, people = self.verb, self.plan, 0
        facts: list[tuple[str | Promise, object]] = [(_("Broadcast"), self.broadcast.title)]
        if self.kwargs["verb"] in ("fire", "send"):
            found = services.check(self.broadcast)
            people = found.people
            facts += [(_("Now"), found.sentence)]
        else:
            facts += [(_("Schedule"), words.of_schedule(plan))]
        waits = self._waits(people)
        kept = {name: given[name] for name in ("last", "firing") if name in given}
        page = Confirmation(
            title=verb.title,
            question=verb.question,
            button=_("Ask for approval") if waits else verb.title,
            cancel_url=url("schedule", self.broadcast.pk),
            facts=facts,
            warnings=[waits] if waits else [],
            fields={"draft": services.fingerprint(self.broadcast), **kept},
            number="" if waits else self._number(people),
            url=self.request.path,
            tone=verb.tone,
        )
        return ask_first(self.request, page)

    def _waits(self, people: int) -> str:
        """What the author of a broadcast to many is told: it does not go at once; "" for others."""
        alone = not services.is_second(self.request.user, self.broadcast)
        if self.kwargs["verb"] != "fire" or not alone or not services.is_many(self.broadcast, people):
            return ""
        words = _("It goes to %(people)s people, so it then waits until a second person has approved it.")
        return words % {"people": f"{people:,}"}

    def _number(self, people: int) -> str:
        """To send to many takes their number."""
        if not services.is_many(self.broadcast, people):
            return ""
        return _("Type the number of people, %(people)s") % {"people": f"{people:,}"}
