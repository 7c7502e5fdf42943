"""Own pages: test a connection, get a token by PIN, paste a token."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView

from kaizala_admin.kaizala import KaizalaError
from kaizala_admin.ui.views import ConsoleMixin, ConsoleView

from . import services, words
from .forms import PasteForm, PinForm
from .models import Connector, Grant
from .services import TestResult

MAY_TEST = "connectors.test_connector"
MAY_GET_TOKENS = (MAY_TEST, "connectors.add_grant", "connectors.change_grant")


class TestPage(ConsoleView):
    """A connector's grants, and a button that tries them. The result stands on the same page."""

    __test__ = False
    permission_required = ("connectors.view_connector", MAY_TEST)
    template_name = "connectors/test.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        connector = get_object_or_404(Connector.objects.select_related("tenant"), pk=self.kwargs["pk"])
        grants = list(connector.grants.select_related("connector__tenant"))
        shown = {"connector": connector, "lines": [(grant, None, "") for grant in grants], **kwargs}
        return super().get_context_data(**{**shown, "title": _("Test %(name)s") % {"name": connector}})

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        grants = Grant.objects.filter(connector=self.kwargs["pk"]).select_related("connector__tenant")
        lines = [(grant, *try_grant(grant)) for grant in grants]
        return self.render_to_response(self.get_context_data(lines=lines, tested=True))


def try_grant(grant: Grant) -> tuple[TestResult | None, str]:
    """What it reaches, or why it does not, in words."""
    try:
        return services.test_connection(grant), ""
    except KaizalaError as error:
        return None, words.of(error, grant.connector)


@method_decorator(sensitive_post_parameters("token", "pin"), name="dispatch")
class Wizard(ConsoleMixin, FormView):  # type: ignore[type-arg]
    """Ends with a real call, whose result is said on the grant's page."""

    permission_required = MAY_GET_TOKENS
    template_name = "connectors/wizard.html"

    def get_initial(self) -> dict[str, Any]:
        """From the link: `?connector=` or `?grant=`, which gets a new token."""
        asked = self.request.GET
        if asked.get("grant", "").isdecimal() and (grant := Grant.objects.filter(pk=asked["grant"]).first()):
            return {
                "grant": grant.pk,
                "connector": grant.connector_id,
                "name": grant.name,
                "kind": grant.kind,
                "mobile_number": grant.mobile_number,
            }
        return {"connector": asked.get("connector")}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        more = {"no_connector": not Connector.objects.filter(is_active=True).exists()}
        return super().get_context_data(**more, **kwargs)

    def show_reach(self, grant: Grant) -> HttpResponse:
        """The real call at the end."""
        result, why = try_grant(grant)
        if result is None:
            text = _("The token of %(grant)s is stored, but the first call with it failed: %(why)s")
            messages.warning(self.request, text % {"grant": grant.name, "why": why})
        else:
            messages.success(self.request, reach_text(result))
        return HttpResponseRedirect(reverse("admin:connectors_grant_change", args=[grant.pk]))


class PinWizard(Wizard):
    """Number, PIN, grant. What was typed travels in the form; nothing is kept between the steps."""

    title = gettext_lazy("Get a token by PIN")
    form_class = PinForm
    extra_context = {"kind": "pin"}

    @property
    def with_pin(self) -> bool:
        return self.request.POST.get("step") == "pin"

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "with_pin": self.with_pin}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**{"step": "pin" if self.with_pin else "number", **kwargs})

    def form_valid(self, form: forms.Form) -> HttpResponse:
        given = form.cleaned_data
        try:
            if not self.with_pin:
                services.begin_pin(given["connector"], given["mobile_number"])
                return self._ask_for_pin(form)
            grant = services.finish_pin(
                given["connector"],
                given["mobile_number"],
                given["pin"].strip(),
                name=given["name"],
                replaces=given["grant"],
            )
        except KaizalaError as error:
            field, text = words.of_pin(error, given["connector"], "pin" if self.with_pin else "mobile_number")
            form.add_error(field, text)
            return self.form_invalid(form)
        return self.show_reach(grant)

    def _ask_for_pin(self, form: forms.Form) -> HttpResponse:
        number = form.cleaned_data["mobile_number"]
        typed = {**self.request.POST.dict(), "mobile_number": number}
        asking = PinForm(initial=typed, with_pin=True)
        return self.render_to_response(self.get_context_data(form=asking, step="pin", sent_to=number))


class PasteWizard(Wizard):
    """Token, try, grant. A token that Kaizala does not take is not stored."""

    title = gettext_lazy("Paste a token")
    form_class = PasteForm
    extra_context = {"kind": "paste"}

    def form_valid(self, form: forms.Form) -> HttpResponse:
        given = form.cleaned_data
        try:
            grant = services.add_grant(
                given["connector"], given["name"], given["token"], kind=given["kind"], replaces=given["grant"]
            )
        except KaizalaError as error:
            form.add_error(*words.of_token(error, given["connector"]))
            return self.form_invalid(form)
        return self.show_reach(grant)


def reach_text(result: TestResult) -> str:
    """One sentence for people: how much, how fast, and the first names."""
    count = len(result.groups)
    if not count:
        return _("%(grant)s works, but reaches no group yet.") % {"grant": result.grant.name}
    text = ngettext(
        "%(grant)s works: it reaches %(count)d group, %(public)d of them public (%(names)s). "
        "Kaizala answered in %(ms)d ms.",
        "%(grant)s works: it reaches %(count)d groups, %(public)d of them public (%(names)s). "
        "Kaizala answered in %(ms)d ms.",
        count,
    )
    names = ", ".join(result.names[:5]) + (", …" if count > 5 else "")
    return text % {
        "grant": result.grant.name,
        "count": count,
        "public": result.public_groups,
        "names": names,
        "ms": result.ms,
    }
