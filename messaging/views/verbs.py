"""Buttons that change a broadcast. Each asks first and says what will happen, in numbers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Sum
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View

from kaizala_admin.outbox.words import reason_words
from kaizala_admin.ui.confirm import Confirmation, ask_first, confirmed
from messaging import progress, rivals, services
from messaging.models import Broadcast, Delivery, Dispatch, Priority

from .base import BroadcastMixin, url

Text = str | Promise


@dataclass(frozen=True)
class Verb:
    """`run(broadcast, user, request)` says whether anything happened; `question` may use %(…)s."""

    title: Text
    question: Text
    button: Text
    done: Text
    permission: str
    run: Callable[[Broadcast, Any, HttpRequest], Any]
    tone: str = "primary"
    back: str = "progress"


SEND, SETTLE = "messaging.send_broadcast", "outbox.settle"


def _retry(broadcast: Broadcast, by: Any, request: HttpRequest) -> int:
    reason = request.POST.get("reason") if "reason" in request.POST else None
    return services.retry_failures(broadcast, by, reason, typed=request.POST.get("typed", ""))


def _row(broadcast: Broadcast, request: HttpRequest) -> Dispatch | None:
    """The one call that is meant; None means all."""
    key = request.POST.get("call", "")
    if not key:
        return None
    found = Dispatch.objects.filter(broadcast=broadcast, pk=key).first() if key.isdecimal() else None
    if found is None:
        raise Http404(_("There is no such call."))
    return found


def _arrived(broadcast: Broadcast, by: Any, request: HttpRequest) -> Any:
    row = _row(broadcast, request)
    return services.arrived(row, by) if row else services.all_arrived(broadcast, by)


def _again(broadcast: Broadcast, by: Any, request: HttpRequest) -> Any:
    row, typed = _row(broadcast, request), request.POST.get("typed", "")
    if row:
        return services.send_again(row, by, typed=typed)
    return services.send_all_again(broadcast, by, typed=typed)


def _prioritise(broadcast: Broadcast, by: Any, request: HttpRequest) -> bool:
    """Raises Http404 for a priority that there is not."""
    given = request.POST.get("priority", "")
    if given not in map(str, Priority.values):
        raise Http404(_("There is no such priority."))
    return services.prioritise(broadcast, by, int(given))


VERBS = {
    "pause": Verb(
        gettext_lazy("Pause"),
        gettext_lazy("Stop for now? %(waiting)s people are still waiting; calls under way are finished."),
        gettext_lazy("Pause"),
        gettext_lazy("Paused. Nothing more is sent until somebody resumes."),
        SEND,
        lambda broadcast, by, request: services.pause(broadcast, by),
    ),
    "resume": Verb(
        gettext_lazy("Resume"),
        gettext_lazy("Go on sending to the %(waiting)s people who are still waiting? It takes %(time)s."),
        gettext_lazy("Resume"),
        gettext_lazy("It goes on."),
        SEND,
        lambda broadcast, by, request: services.resume(broadcast, by),
    ),
    "cancel": Verb(
        gettext_lazy("Cancel the rest"),
        gettext_lazy("Never send to the %(waiting)s people who are still waiting? This cannot be undone. The "
                     "%(sent)s people who have it keep it."),
        gettext_lazy("Cancel the rest"),
        gettext_lazy("Cancelled. What was waiting is not sent any more."),
        SEND,
        lambda broadcast, by, request: services.cancel(broadcast, by),
        "danger",
    ),
    "priority": Verb(
        gettext_lazy("Change the priority"),
        gettext_lazy("Give the %(waiting)s people who are still waiting another place in line?"),
        gettext_lazy("Change"),
        gettext_lazy("Changed. Calls under way are finished."),
        SEND,
        _prioritise,
    ),
    "retry": Verb(
        gettext_lazy("Try failures again"),
        gettext_lazy("Send again to those who failed? Nobody who has it gets it twice."),
        gettext_lazy("Try again"),
        gettext_lazy("They are in line again."),
        SETTLE,
        _retry,
    ),
    "arrived": Verb(
        gettext_lazy("It did arrive"),
        gettext_lazy("Note down that it did arrive? Nothing is sent by this."),
        gettext_lazy("It did arrive"),
        gettext_lazy("Noted: it did arrive."),
        SETTLE,
        _arrived,
        back="unknowns",
    ),
    "again": Verb(
        gettext_lazy("Send it again"),
        gettext_lazy("Send it again? Where it did arrive after all, people get it twice."),
        gettext_lazy("Send it again"),
        gettext_lazy("It is in line again."),
        SETTLE,
        _again,
        "danger",
        "unknowns",
    ),
}  # fmt: skip


class Do(BroadcastMixin, View):
    """GET or a first POST asks; the POST that says yes does it."""

    @property
    def verb(self) -> Verb:
        try:
            return VERBS[self.kwargs["verb"]]
        except KeyError:
            raise Http404(_("There is no such button.")) from None

    def get_permission_required(self) -> tuple[str, ...]:
        return (self.verb.permission,)

    def get(self, request: HttpRequest, pk: int, verb: str) -> HttpResponse:
        return self._ask(request)

    def post(self, request: HttpRequest, pk: int, verb: str) -> HttpResponse:
        if not confirmed(request):
            return self._ask(request)
        try:
            done = self.verb.run(self.broadcast, request.user, request)
        except services.Changed as error:
            messages.warning(request, str(error))
            return self._ask(request)
        if done:
            messages.success(request, str(self.verb.done))
        else:
            messages.warning(request, rivals.told(self.broadcast))
        return HttpResponseRedirect(url(self.verb.back, pk))

    def _ask(self, request: HttpRequest) -> HttpResponse:
        now, verb = progress.of(self.broadcast), self.verb
        numbers = {"waiting": f"{now.waiting:,}", "sent": f"{now.sent:,}", "time": now.time_left}
        given = request.POST if request.method == "POST" else request.GET
        page = Confirmation(
            title=verb.title,
            question=str(verb.question) % numbers,
            button=verb.button,
            cancel_url=url(verb.back, self.broadcast.pk),
            facts=self._facts(given),
            fields={name: given[name] for name in ("reason", "call", "priority") if name in given},
            url=request.path,
            tone=verb.tone,
            number=self._number(given),
        )
        return ask_first(request, page)

    def _number(self, given: Any) -> str:
        """To send to many once more takes their number, as to send to them did."""
        match self.kwargs["verb"]:
            case "retry":
                people = self._failed(given)
            case "again":
                people = self._in_doubt(given)
            case _:
                return ""
        if not services.is_many(self.broadcast, people):
            return ""
        return _("Type the number of people, %(people)s") % {"people": f"{people:,}"}

    def _facts(self, given: Any) -> list[tuple[Text, object]]:
        facts: list[tuple[Text, object]] = [(_("Broadcast"), self.broadcast.title)]
        match self.kwargs["verb"]:
            case "retry":
                if "reason" in given:
                    facts.append((_("Reason"), reason_words(given["reason"])))
                facts.append((_("People"), f"{self._failed(given):,}"))
            case "arrived" | "again":
                facts.append((_("People in doubt"), f"{self._in_doubt(given):,}"))
        return facts

    def _failed(self, given: Any) -> int:
        """Who is tried again: who failed with one reason, or all."""
        lines = Delivery.objects.filter(broadcast=self.broadcast, state=Delivery.State.FAILED)
        if "reason" in given:
            lines = lines.filter(reason=given["reason"])
        return lines.aggregate(people=Sum("people"))["people"] or 0

    def _in_doubt(self, given: Any) -> int:
        rows = Dispatch.objects.filter(broadcast=self.broadcast, state="unknown")
        if given.get("call", "").isdecimal():
            rows = rows.filter(pk=given["call"])
        return rows.aggregate(people=Sum("people"))["people"] or 0


class Copy(BroadcastMixin, View):
    """The same again, as a draft. Harmless, so it does not ask."""

    permission_required = "messaging.add_broadcast"
    http_method_names = ("post",)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        copy = services.copy_as_draft(self.broadcast, request.user)  # type: ignore[arg-type]
        return HttpResponseRedirect(url("compose", copy.pk))


class Delete(BroadcastMixin, View):
    """Throws a draft away, after asking."""

    permission_required = "messaging.delete_broadcast"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        if services.has_history(self.broadcast):
            return self._stays(request)
        return ask_first(
            request,
            Confirmation(
                title=_("Throw the draft away"),
                question=_("Throw this draft away? It was never sent, and cannot be brought back."),
                button=_("Throw away"),
                cancel_url=url("check", pk),
                facts=[(_("Draft"), self.broadcast.title)],
                url=request.path,
            ),
        )

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not confirmed(request):
            return self.get(request, pk)
        if services.delete_draft(self.broadcast, request.user):  # type: ignore[arg-type]
            messages.success(request, _("The draft is thrown away."))
        elif services.has_history(self.broadcast):
            return self._stays(request)
        else:
            messages.warning(request, _("It is not a draft any more, so it stays."))
        return HttpResponseRedirect(url("changelist"))

    def _stays(self, request: HttpRequest) -> HttpResponse:
        words = _("Times of its schedule came already. What became of them must stay readable, so it stays.")
        messages.warning(request, words)
        return HttpResponseRedirect(url("schedule", self.broadcast.pk))
