"""What a person who works here tells of themselves: the phone that tests go to, and their clock."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from groups.reading.numbers import normalise
from kaizala_admin.connectors.models import Tenant
from kaizala_admin.ui.views import ConsoleMixin
from messaging import services
from messaging.timing.models import Profile

from .base import url


def _zones() -> list[tuple[str, str]]:
    names = sorted(name for name in available_timezones() if "/" in name or name == "UTC")
    return [
        ("", _("The console's: %(zone)s") % {"zone": settings.TIME_ZONE}),
        *((name, name.replace("_", " ")) for name in names),
    ]


class ProfileForm(forms.Form):
    """Both may be left empty."""

    mobile_number = forms.CharField(required=False, max_length=40)
    time_zone = forms.ChoiceField(choices=_zones, required=False)

    def clean_mobile_number(self) -> str:
        given = self.cleaned_data["mobile_number"].strip()
        region = Tenant.objects.order_by("pk").values_list("default_region", flat=True).first() or ""
        number, problem = normalise(given, region) if given else ("", "")
        if problem:
            raise forms.ValidationError(_("This is no phone number. Write it like +91 98765 43210."))
        return number


class Me(ConsoleMixin, TemplateView):
    """Everybody on the staff has this page, for themselves alone."""

    title = gettext_lazy("My phone and clock")
    template_name = "messaging/personal/me.html"

    def post(self, request: HttpRequest) -> HttpResponse:
        form = ProfileForm(request.POST)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=422)
        services.save_profile(user=request.user, **form.cleaned_data)
        messages.success(request, _("Saved."))
        draft = request.GET.get("test", "")  # who came from its test goes back there
        return HttpResponseRedirect(url("test", draft) if draft.isdecimal() else url("me"))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        row = Profile.objects.filter(user=self.request.user.pk).first()
        known = {"mobile_number": row.mobile_number, "time_zone": row.time_zone} if row else {}
        return super().get_context_data(**{"form": ProfileForm(initial=known), **kwargs})
