"""Saved audiences with their live count, and numbers for the do-not-contact list."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import TemplateView

from kaizala_admin.connectors.models import Tenant
from kaizala_admin.ui.views import ConsoleMixin
from messaging import services
from messaging.audience.counting import count
from messaging.list_forms import BarForm, SavedAudienceForm
from messaging.models import AudienceLine, SavedAudience

from . import picking
from .base import TONES

USERS_SHOWN = 20
WRONG_SHOWN = 100


class Saved(ConsoleMixin, TemplateView):
    """A saved audience, new or (with `pk`) as it is: its rules, how many fit now, and who uses it."""

    template_name = "messaging/audience/saved.html"
    saved: SavedAudience | None = None

    def get_permission_required(self) -> tuple[str, ...]:
        if "pk" not in self.kwargs:
            return ("messaging.add_savedaudience",)
        posting = self.request.method == "POST"
        return (f"messaging.{'change' if posting else 'view'}_savedaudience",)

    def get_title(self) -> str:
        return self.saved.name if self.saved else _("Save an audience")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if "pk" in kwargs and self.has_permission():
            self.saved = SavedAudience.objects.select_related("tenant").filter(pk=kwargs["pk"]).first()
            if self.saved is None:
                raise Http404(_("There is no such saved audience."))
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        initial = SavedAudienceForm.initial_of(self.saved) if self.saved else {}
        return self.render_to_response(self.get_context_data(form=SavedAudienceForm(initial=initial)))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = SavedAudienceForm(request.POST)
        if form.is_valid():
            try:
                row = services.save_audience(
                    tenant=form.cleaned_data["tenant"],
                    name=form.cleaned_data["name"],
                    rules=form.rules,
                    by=request.user,  # type: ignore[arg-type]
                    saved=self.saved,
                )
            except services.NameTaken as error:
                form.add_error("name", str(error))
            else:
                messages.success(request, _("“%(name)s” is saved.") % {"name": row.name})
                return HttpResponseRedirect(row.get_absolute_url())
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form, user = kwargs["form"], self.request.user
        used = self.saved.broadcasts.order_by("-id")[: USERS_SHOWN + 1] if self.saved else ()
        shown = {
            "saved": self.saved,
            "picker": picking.picker(
                "of_groups", picking.keys_of(form["of_groups"]), errors=form["of_groups"].errors
            ),
            "tenants": Tenant.objects.order_by("name"),
            "used": [(row, TONES[row.state]) for row in used][:USERS_SHOWN],
            "used_more": len(used) > USERS_SHOWN,
            "may_save": user.has_perm(f"messaging.{'change' if self.saved else 'add'}_savedaudience"),
            **_counted(form),
        }
        return super().get_context_data(**{**shown, **kwargs})


def _counted(form: SavedAudienceForm) -> dict[str, Any]:
    """What the rules of the form come to now; nothing while they are not right."""
    if not form.is_bound:
        initial = {key: value for key, value in form.initial.items() if value not in (None, False)}
        form = SavedAudienceForm({"name": "-", **initial})
    form.is_valid()
    wrong = set(form.errors) - {"name"}
    return {"counted": None if wrong else count(form.rules, form.cleaned_data["tenant"])}


class Count(ConsoleMixin, TemplateView):
    """The live count alone, for what the form holds now (htmx)."""

    permission_required = "messaging.view_savedaudience"
    template_name = "messaging/audience/count.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**_counted(SavedAudienceForm(self.request.GET)), **kwargs)


class Bar(ConsoleMixin, TemplateView):
    """Paste or upload numbers for the do-not-contact list; says line by line what could not be read."""

    permission_required = "messaging.add_donotcontact"
    template_name = "messaging/audience/bar.html"
    title = gettext_lazy("Do not contact these")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=BarForm()))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = BarForm(request.POST, request.FILES)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=422)
        added = services.bar(
            tenant=form.cleaned_data["tenant"],
            numbers=form.numbers,
            reason=form.cleaned_data["reason"],
            by=request.user,  # type: ignore[arg-type]
        )
        messages.success(request, _done(added, len(form.numbers) - added))
        if not form.wrong:
            return HttpResponseRedirect(reverse("admin:messaging_donotcontact_changelist"))
        wrong = [(line, AudienceLine.Problem(line.problem).label) for line in form.wrong[:WRONG_SHOWN]]
        shown = {"form": BarForm(), "wrong": wrong, "wrong_count": len(form.wrong)}
        return self.render_to_response(self.get_context_data(**shown))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(tenants=Tenant.objects.order_by("name"), **kwargs)


def _done(added: int, known: int) -> str:
    words = ngettext("%(n)s number is on the list now.", "%(n)s numbers are on the list now.", added)
    said = words % {"n": f"{added:,}"}
    if known:
        also = ngettext("%(n)s was on it already.", "%(n)s were on it already.", known)
        said = f"{said} {also % {'n': f'{known:,}'}}"
    return said
