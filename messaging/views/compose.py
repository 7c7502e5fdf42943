"""Compose: who and what on one page, with the phone beside it."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from kaizala_admin.ui.views import ConsoleMixin
from messaging import kinds, services
from messaging.audience import personal
from messaging.forms import AudienceForm
from messaging.media import services as library
from messaging.media import views as media
from messaging.models import Broadcast
from messaging.timing.models import SavedMessage

from . import approvals, picking, saved
from .base import url
from .content import fresh, kind_of


class Compose(ConsoleMixin, TemplateView):
    """A new broadcast, or a draft again when `pk` is in the address."""

    template_name = "messaging/compose.html"
    broadcast: Broadcast | None = None

    def get_permission_required(self) -> tuple[str, ...]:
        return ("messaging.change_broadcast" if "pk" in self.kwargs else "messaging.add_broadcast",)

    def get_title(self) -> str:
        return _("Write a broadcast") if self.broadcast is None else _("Change a draft")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if "pk" in kwargs and self.has_permission():
            self.broadcast = Broadcast.objects.filter(pk=kwargs["pk"]).first()
            if self.broadcast is None:
                raise Http404(_("There is no such broadcast."))
            if self.broadcast.state not in Broadcast.OPEN:
                return HttpResponseRedirect(url("progress", self.broadcast.pk))
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.broadcast is None:
            who = AudienceForm(initial={"mode": "groups", **picking.asked_for(request)})
            what = fresh(self.kind, request)
        else:
            who = AudienceForm(initial=AudienceForm.initial_of(self.broadcast), broadcast=self.broadcast)
            what = self.kind.form(initial=self.broadcast.content)
        if self.message and self.message.kind == self.kind.key:
            what = self.kind.form(initial=self.message.content)
        return self.render_to_response(self.get_context_data(who=who, what=what))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        who = AudienceForm(request.POST, request.FILES, broadcast=self.broadcast)
        what = self.kind.form(request.POST, request.FILES)
        if who.is_valid() and who.tenant and isinstance(what, kinds.ContentForm):
            what.region = who.tenant.default_region
        if "keep" in request.POST:
            who.is_valid()
            kept = saved.keep(request, self.kind, what, who.tenant, request.POST.get("title", "")[:200])
            return self.render_to_response(
                self.get_context_data(who=who, what=what), status=200 if kept else 422
            )
        if who.is_valid() & what.is_valid():
            self._complain(who, what)
        if not (who.is_valid() & what.is_valid()):
            return self.render_to_response(self.get_context_data(who=who, what=what), status=422)
        try:
            draft = self._save(who, what.cleaned_data)
        except services.NotADraft as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(url("changelist"))
        except services.Overtaken as error:
            now = Broadcast.objects.get(pk=kwargs["pk"])
            told = {"overtaken": str(error), "version": services.version(now)}
            return self.render_to_response(self.get_context_data(who=who, what=what, **told), status=409)
        if "later" in request.POST:
            messages.success(request, _("The draft is saved. Nothing has been sent."))
            return HttpResponseRedirect(url("changelist"))
        return HttpResponseRedirect(url("test" if "test" in request.POST else "check", draft.pk))

    def _complain(self, who: AudienceForm, what: Any) -> None:
        """Placeholders that this audience has nothing for, at the field that holds the first of them."""
        stored = self.broadcast.columns if self.broadcast else []
        columns = stored if who.numbers is None else list(getattr(who.numbers, "columns", ()))
        said = personal.complaint(self.kind, what.cleaned_data, columns, who.expression.include)
        if said:
            what.add_error(*said)

    @cached_property
    def message(self) -> SavedMessage | None:
        return saved.asked(self.request)

    @property
    def kind(self) -> kinds.Kind:
        stored = self.message or self.broadcast
        return kind_of(self.request, stored.kind if stored else "text")

    def _save(self, who: AudienceForm, content: dict[str, Any]) -> Broadcast:
        assert who.tenant is not None  # a valid form has found one
        return services.save_draft(
            tenant=who.tenant,
            choice=who.expression,
            content=content,
            by=self.request.user,  # type: ignore[arg-type]
            title=who.cleaned_data["title"],
            kind=self.kind.key,
            numbers=who.numbers,
            priority=who.cleaned_data["priority"],
            broadcast=self.broadcast,
            opened=self.request.POST.get("version"),
        )

    @property
    def _version(self) -> str:
        """What the person began with, through however many tries."""
        if self.broadcast is None:
            return ""
        return self.request.POST.get("version") or services.version(self.broadcast)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        who: AudienceForm = kwargs["who"]
        stored = self.broadcast.lines.count() if self.broadcast else 0
        shown = {
            "broadcast": self.broadcast,
            "version": self._version,
            "kind": self.kind,
            "tiles": kinds.tiles(),
            "content": kwargs["what"].typed(),
            "accept": media.ACCEPT,
            "most_mb": library.most_bytes() // 1048576,
            "modes": picking.modes(who),
            "pickers": picking.pickers(who),
            "stored_lines": stored,
            **picking.around(who),
            **(approvals.shown(self.broadcast, self.request.user) if self.broadcast else {}),
            "places": personal.places(self.broadcast.columns if self.broadcast else []),
            "messages_saved": saved.offered(self.request.user),
            "has_errors": bool(who.errors or kwargs["what"].errors),
        }
        return super().get_context_data(**{**shown, **kwargs})
