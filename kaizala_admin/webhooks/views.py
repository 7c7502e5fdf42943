"""The pages of one subscription and of one event, subscribing by hand, replaying."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views import View
from django.views.generic import FormView

from kaizala_admin.outbox.models import State
from kaizala_admin.outbox.words import TONES, why_waiting
from kaizala_admin.ui.confirm import Confirmation, ask_first, confirmed
from kaizala_admin.ui.views import ConsoleMixin, ConsoleView

from . import bell, services, words, working
from .forms import EventsForm, SubscribeForm, known_objects
from .models import LIVING, Event, Subscription
from .router import EVENT_TYPES, handlers_of

LATEST = 20
MANAGE, REPLAY = "webhooks.manage_subscription", "webhooks.replay_event"


def list_url(**filters: object) -> str:
    """The list of subscriptions, narrowed."""
    return f"{reverse('admin:webhooks_subscription_changelist')}?{urlencode(filters)}"


def event_list_url(**filters: object) -> str:
    """The list of events, narrowed."""
    return f"{reverse('admin:webhooks_event_changelist')}?{urlencode(filters)}"


def found(rows: QuerySet[Any], object_id: str) -> Any:
    """The row of a page's address, or 404."""
    if not object_id.isdecimal() or len(object_id) > 18:
        raise Http404
    return get_object_or_404(rows, pk=int(object_id))


class SubscriptionPage(ConsoleView):
    """What is subscribed, whether it works, what came, what was asked of Kaizala."""

    permission_required = "webhooks.view_subscription"
    template_name = "webhooks/subscription.html"

    @cached_property
    def row(self) -> Subscription:
        rows = Subscription.objects.select_related("connector", "grant", "rule", "created_by")
        row: Subscription = found(rows, self.kwargs["object_id"])
        return row

    def get_title(self) -> str:
        return str(self.row)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        calls = self.row.calls.select_related("connector", "grant").order_by("-id")[:LATEST]
        events = self.row.events.defer("body").order_by("-id")[:LATEST]
        more = {
            "row": self.row,
            "tone": words.STATE_TONES[self.row.state],
            "events_text": words.listed(self.row.event_types),
            "events": [
                (words.type_words(event.event_type) or str(event), event, words.EVENT_TONES[event.state])
                for event in events
            ],
            "events_url": event_list_url(subscription=self.row.pk),
            "calls": [(call, TONES[State(call.state)], why_waiting(call)) for call in calls],
            "living": Subscription.objects.filter(LIVING, pk=self.row.pk).exists(),
            "may_manage": self.request.user.has_perm(MANAGE),
        }
        return super().get_context_data(**more, **kwargs)


class Subscribe(ConsoleMixin, FormView):  # type: ignore[type-arg]
    """One object, by hand."""

    permission_required = MANAGE
    title = gettext_lazy("Subscribe to events")
    template_name = "webhooks/subscribe.html"
    form_class = SubscribeForm

    def get_initial(self) -> dict[str, Any]:
        """`?object_id=` and `?object_type=` from other pages."""
        asked = {name: self.request.GET.get(name, "") for name in ("object_id", "object_type", "connector")}
        kept = {name: value for name, value in asked.items() if value}
        return {"event_types": list(EVENT_TYPES), **kept}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(known=known_objects(), **kwargs)

    def form_valid(self, form: SubscribeForm) -> HttpResponse:
        given, wanted = form.cleaned_data, form.wanted()
        user: Any = self.request.user
        try:
            row = services.subscribe(
                connector=given["connector"],
                object_type=given["object_type"],
                object_id=given["object_id"],
                event_types=given["event_types"],
                label=wanted.label if wanted else "",
                grant_id=wanted.grant_id if wanted else None,
                by=user,
            )
        except services.CannotSubscribe as error:
            form.add_error(None, str(error))
            return self.form_invalid(form)
        messages.success(self.request, _("Kaizala is being asked. Events come as soon as it agrees."))
        return HttpResponseRedirect(row.get_absolute_url())

    def form_invalid(self, form: SubscribeForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)


class ChangeEvents(ConsoleMixin, FormView):  # type: ignore[type-arg]
    """Other events of one subscription."""

    permission_required = MANAGE
    title = gettext_lazy("Change the events")
    template_name = "webhooks/subscribe.html"
    form_class = EventsForm

    @cached_property
    def row(self) -> Subscription:
        return get_object_or_404(Subscription, pk=self.kwargs["pk"])

    def get_initial(self) -> dict[str, Any]:
        return {"event_types": list(self.row.event_types)}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(row=self.row, **kwargs)

    def form_valid(self, form: EventsForm) -> HttpResponse:
        if services.change_events(self.row, form.cleaned_data["event_types"]):
            messages.success(self.request, _("Kaizala is being told."))
        else:
            messages.warning(self.request, _("This subscription has ended meanwhile."))
        return HttpResponseRedirect(self.row.get_absolute_url())

    def form_invalid(self, form: EventsForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)


class Do(ConsoleMixin, View):
    """One verb on one subscription; asks first where it cannot be undone."""

    permission_required = MANAGE

    def get(self, request: HttpRequest, pk: int, verb: str) -> HttpResponse:
        from . import verbs

        row = get_object_or_404(Subscription, pk=pk)
        if verb not in verbs.ASKS:
            return HttpResponseRedirect(row.get_absolute_url())
        rows = Subscription.objects.filter(pk=pk)
        asked = verbs.question(verb, rows, row.get_absolute_url(), url=request.path)
        return ask_first(request, asked)

    def post(self, request: HttpRequest, pk: int, verb: str) -> HttpResponse:
        from . import verbs

        row = get_object_or_404(Subscription, pk=pk)
        if verb not in verbs.LABELS:
            raise Http404
        if verb in verbs.ASKS and not confirmed(request):
            return self.get(request, pk, verb)
        user: Any = request.user
        messages.success(request, verbs.carry_out(verb, Subscription.objects.filter(pk=pk), user))
        return HttpResponseRedirect(row.get_absolute_url())


class EventPage(ConsoleView):
    """One event: what came, redacted, and what became of it."""

    permission_required = "webhooks.view_event"
    template_name = "webhooks/event.html"

    @cached_property
    def event(self) -> Event:
        rows = Event.objects.select_related("subscription__connector")
        event: Event = found(rows, self.kwargs["object_id"])
        return event

    def get_title(self) -> str:
        return str(words.type_words(self.event.event_type) or self.event)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        used_by = handlers_of(self.event.event_type)
        more = {
            "event": self.event,
            "tone": words.EVENT_TONES[self.event.state],
            "body": words.shown_body(bytes(self.event.body)) if self.event.size else "",
            "used_by": sorted({getattr(one, "__module__", "").split(".")[0] for one in used_by}),
            "may_replay": self.request.user.has_perm(REPLAY) and self.event.state != Event.State.WAITING,
        }
        return super().get_context_data(**more, **kwargs)


def replay(rows: QuerySet[Event]) -> str:
    """Puts them back in line, and says how many."""
    count = working.replay(rows)
    bell.ring()
    text = ngettext("%(n)s event is worked on again.", "%(n)s events are worked on again.", count)
    return text % {"n": f"{count:,}"}


def replay_question(rows: QuerySet[Event], cancel_url: str, fields: Any, url: str = "") -> Confirmation:
    """Harmless, but it may be many."""
    over = rows.exclude(state=Event.State.WAITING)
    count, empty = over.filter(size__gt=0).count(), over.filter(size=0).count()
    text = ngettext(
        "Work on %(n)s event again? What it changed before is not counted twice.",
        "Work on %(n)s events again? What they changed before is not counted twice.",
        count,
    )
    warnings = []
    if empty:
        said = ngettext(
            "%(n)s event is older than its body is kept, and stays as it is.",
            "%(n)s events are older than their bodies are kept, and stay as they are.",
            empty,
        )
        warnings.append(said % {"n": f"{empty:,}"})
    return Confirmation(
        title=_("Work on events again"),
        question=text % {"n": f"{count:,}"},
        button=_("Work on them again"),
        cancel_url=cancel_url,
        facts=[(_("Events"), f"{count:,}")],
        warnings=warnings,
        fields=fields,
        url=url,
        tone="primary",
    )


class ReplayFailed(ConsoleMixin, View):
    """All that failed."""

    permission_required = REPLAY

    def get(self, request: HttpRequest) -> HttpResponse:
        failed = Event.objects.filter(state=Event.State.FAILED)
        here = event_list_url(state__exact=Event.State.FAILED)
        return ask_first(request, replay_question(failed, here, {}, request.path))

    def post(self, request: HttpRequest) -> HttpResponse:
        if not confirmed(request):
            return self.get(request)
        messages.success(request, replay(Event.objects.filter(state=Event.State.FAILED)))
        return HttpResponseRedirect(reverse("admin:webhooks_event_changelist"))


class ReplayOne(ConsoleMixin, View):
    """One event; harmless, so it does not ask."""

    permission_required = REPLAY
    http_method_names = ("post",)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        event = get_object_or_404(Event.objects.defer("body"), pk=pk)
        messages.success(request, replay(Event.objects.filter(pk=event.pk)))
        return HttpResponseRedirect(reverse("admin:webhooks_event_change", args=[event.pk]))
