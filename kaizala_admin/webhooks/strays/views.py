"""The pages about webhooks that are not ours, and about ours that Kaizala does not serve."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views import View

from kaizala_admin.ui.confirm import Confirmation, ask_first, confirmed
from kaizala_admin.ui.views import ConsoleMixin, ConsoleView
from kaizala_admin.webhooks import repairing, services
from kaizala_admin.webhooks.models import Subscription
from kaizala_admin.webhooks.verbs import MOST
from kaizala_admin.webhooks.views import MANAGE, found
from kaizala_admin.webhooks.words import listed

from . import adopting, looking, words
from .models import Stray

TONES = {Stray.State.FOUND.value: "warning", Stray.State.ENDING.value: "info"}
SHOWN = 20  # broken subscriptions above the list; the number leads to the rest


def here() -> str:
    """The list."""
    return reverse("admin:webhooks_stray_changelist")


def above(may_manage: bool) -> dict[str, Any]:
    """What the list's page says before the list. Six queries, however many rows."""
    broken = repairing.broken().select_related("connector").order_by("-pk")
    held = Subscription.objects.exclude(state=Subscription.State.ENDED)
    return {
        "asked": looking.still_asked(),
        "working": held.filter(state=Subscription.State.ACTIVE).count(),
        "broken_count": broken.count(),
        "broken": list(broken[:SHOWN]),
        "strays": Stray.objects.count(),
        "free": adopting.free(Stray.objects.all()).count() if may_manage else 0,
        "may_manage": may_manage,
    }


class StrayPage(ConsoleView):
    """One of them: what it tells whom, and the two things that can be done."""

    permission_required = "webhooks.view_stray"
    template_name = "webhooks/stray.html"

    @cached_property
    def row(self) -> Stray:
        rows = Stray.objects.select_related("connector", "grant")
        row: Stray = found(rows, self.kwargs["object_id"])
        return row

    def get_title(self) -> str:
        return str(self.row)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        may = self.request.user.has_perm(MANAGE) and self.row.state == Stray.State.FOUND
        ours = Subscription.objects.filter(
            connector=self.row.connector, object_type=self.row.object_type, object_id=self.row.object_id
        ).exclude(state=Subscription.State.ENDED)
        more = {
            "row": self.row,
            "tone": TONES[self.row.state],
            "events_text": listed(self.row.event_types),
            "ours": ours.first(),
            "may_end": may,
            "may_adopt": may and adopting.free(Stray.objects.filter(pk=self.row.pk)).exists(),
        }
        return super().get_context_data(**more, **kwargs)


class Look(ConsoleMixin, View):
    """Asks Kaizala about every object, after a question with numbers."""

    permission_required = MANAGE

    def get(self, request: HttpRequest) -> HttpResponse:
        return ask_first(request, words.look_question(looking.plan(), here(), request.path))

    def post(self, request: HttpRequest) -> HttpResponse:
        if not confirmed(request):
            return self.get(request)
        count = looking.look()
        text = ngettext("Kaizala is asked in %(n)s call.", "Kaizala is asked in %(n)s calls.", count)
        messages.success(request, text % {"n": f"{count:,}"})
        return HttpResponseRedirect(here())


class DoAll(ConsoleMixin, View):
    """One verb on every stray."""

    permission_required = MANAGE

    def rows(self) -> Any:
        return Stray.objects.all()

    def get(self, request: HttpRequest, verb: str, **kwargs: Any) -> HttpResponse:
        if verb not in words.LABELS:
            raise Http404
        return ask_first(request, words.question(verb, self.rows(), here(), url=request.path))

    def post(self, request: HttpRequest, verb: str, **kwargs: Any) -> HttpResponse:
        if not confirmed(request):
            return self.get(request, verb)
        if verb not in words.LABELS:
            raise Http404
        user: Any = request.user
        try:
            messages.success(request, words.carry_out(verb, self.rows(), user))
        except services.CannotSubscribe as error:
            messages.error(request, str(error))
        return HttpResponseRedirect(here())


class DoOne(DoAll):
    """One verb on one of them."""

    def rows(self) -> Any:
        row = get_object_or_404(Stray, pk=self.kwargs["pk"])
        return Stray.objects.filter(pk=row.pk)


class RepairAll(ConsoleMixin, View):
    """Every subscription of ours that Kaizala does not serve; `?only=` one of them."""

    permission_required = MANAGE
    title = gettext_lazy("Repair subscriptions")

    def rows(self) -> Any:
        only = self.request.GET.get("only", "")
        rows = repairing.broken().order_by("pk")
        if "only" not in self.request.GET:
            return rows
        return rows.filter(pk=int(only)) if only.isdecimal() and len(only) < 19 else rows.none()

    def get(self, request: HttpRequest) -> HttpResponse:
        rows = self.rows()
        total, refused = rows.count(), rows.filter(state=Subscription.State.REFUSED).count()
        count = min(total, MOST)
        text = ngettext(
            "Repair %(n)s subscription? What is to live is set up again, what is to end is ended.",
            "Repair %(n)s subscriptions? What is to live is set up again, what is to end is ended.",
            count,
        )
        warnings = words.rest(total - count)
        if refused:
            said = ngettext(
                "Kaizala refused %(n)s of them before. Unless its cause is gone, it will again.",
                "Kaizala refused %(n)s of them before. Unless their cause is gone, it will again.",
                refused,
            )
            warnings.append(said % {"n": f"{refused:,}"})
        question = Confirmation(
            title=self.title,
            question=text % {"n": f"{count:,}"},
            button=_("Repair"),
            cancel_url=here(),
            facts=[(_("Subscriptions"), f"{count:,}"), (_("Calls to Kaizala"), f"{count:,}")],
            warnings=warnings,
            url=request.get_full_path(),
            tone="primary",
        )
        return ask_first(request, question)

    def post(self, request: HttpRequest) -> HttpResponse:
        if not confirmed(request):
            return self.get(request)
        count = repairing.repair(self.rows()[:MOST])
        text = ngettext(
            "%(n)s subscription is being repaired.", "%(n)s subscriptions are being repaired.", count
        )
        messages.success(request, text % {"n": f"{count:,}"})
        return HttpResponseRedirect(here())
