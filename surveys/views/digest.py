"""Who gets a mail about an action, and how often."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kaizala_admin.ui.views import ConsoleView
from surveys.models import Digest
from surveys.services import digesting

from .action import ActionMixin

SELECT = {"class": "ans-input"}


class PeopleField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.get_full_name() or obj.get_username()} <{obj.email}>"


class DigestForm(forms.Form):
    """Nobody ticked turns it off."""

    every = forms.ChoiceField(
        label=gettext_lazy("How often"), choices=Digest.Every.choices, widget=forms.Select(attrs=SELECT)
    )
    weekday = forms.TypedChoiceField(
        label=gettext_lazy("On (for every week)"),
        coerce=int,
        choices=sorted(WEEKDAYS.items()),
        widget=forms.Select(attrs=SELECT),
    )
    hour = forms.TypedChoiceField(
        label=gettext_lazy("At"),
        coerce=int,
        choices=[(hour, f"{hour:02}:00") for hour in range(24)],
        widget=forms.Select(attrs=SELECT),
    )
    people = PeopleField(
        label=gettext_lazy("To"),
        queryset=User.objects.filter(is_active=True, is_staff=True).exclude(email="").order_by("username"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )


class DigestPage(ActionMixin, ConsoleView):
    permission_required = ("surveys.view_action", "surveys.set_digest")
    template_name = "surveys/digest.html"
    http_method_names = ("get", "post")

    def get_title(self) -> str:
        return _("Digest by mail: %(title)s") % {"title": self.action.title}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        row = Digest.objects.filter(action=self.action).first()
        initial: dict[str, Any] = {"every": "day", "weekday": 0, "hour": 8}
        if row is not None:
            initial = {name: getattr(row, name) for name in initial} | {"people": row.people.all()}
        more = {"action": self.action, "digest": row, "form": DigestForm(initial=initial)}
        return super().get_context_data(**{**more, **kwargs})

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        form = DigestForm(request.POST)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=422)
        said = form.cleaned_data
        user: Any = request.user
        row = digesting.set_up(
            action=self.action,
            every=said["every"],
            weekday=said["weekday"],
            hour=said["hour"],
            people=list(said["people"]),
            by=user,
        )
        messages.success(request, _("The digest is set up.") if row else _("The digest is off."))
        return HttpResponseRedirect(request.path)
