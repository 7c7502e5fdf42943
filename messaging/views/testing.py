"""The test send: to whom, what it looks like there, and the button."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import TemplateView

from messaging import services
from messaging.timing.models import Profile, TestPhones

from . import persons
from .base import BroadcastMixin, url

ME = "me"


class TestForm(forms.Form):
    """`numbers` holds whom a valid answer means."""

    to = forms.ChoiceField(error_messages={"required": gettext_lazy("Say which phone it shall go to.")})

    def __init__(self, *args: Any, user: Any, tenant_id: int, **more: Any) -> None:
        super().__init__(*args, **more)
        mine = Profile.objects.filter(user=user.pk).exclude(mobile_number="").first()
        self.sets = {str(one.pk): one for one in TestPhones.objects.filter(tenant=tenant_id)}
        self.mine = mine.mobile_number if mine else ""
        own = [(ME, _("My phone, %(number)s") % {"number": self.mine})] if self.mine else []
        sets = [(key, f"{one.name} ({len(one.numbers)})") for key, one in self.sets.items()]
        field: Any = self.fields["to"]
        field.choices = [*own, *sets]

    @property
    def numbers(self) -> list[str]:
        chosen = self.cleaned_data["to"]
        return [self.mine] if chosen == ME else list(self.sets[chosen].numbers)


class Test(BroadcastMixin, TemplateView):
    """GET shows and asks; POST sends the test at once."""

    __test__ = False  # pytest takes the name for its own
    permission_required = "messaging.send_broadcast"
    template_name = "messaging/personal/test.html"

    def get_title(self) -> str:
        return _("Test: %(title)s") % {"title": self.broadcast.title}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self._form(request.POST)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=422)
        try:
            test = services.send_test(
                broadcast=self.broadcast,
                numbers=form.numbers,
                by=request.user,
                person=persons.named(self.broadcast, request),
            )
        except services.CannotTest as error:
            form.add_error("to", str(error))
            return self.render_to_response(self.get_context_data(form=form), status=422)
        words = ngettext("The test goes to %(n)s phone.", "The test goes to %(n)s phones.", test.people)
        messages.success(request, words % {"n": test.people})
        if lost := len(set(form.numbers)) - test.people:
            words = ngettext(
                "%(n)s phone follows no public group, so it gets no test.",
                "%(n)s phones follow no public group, so they get no test.",
                lost,
            )
            messages.warning(request, words % {"n": lost})
        return HttpResponseRedirect(url("progress", test.pk))

    def _form(self, *args: Any) -> TestForm:
        return TestForm(*args, user=self.request.user, tenant_id=self.broadcast.tenant_id)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        person = persons.shown(self.broadcast, self.request)
        shown = {"form": self._form(), "person": person, "content": person.content, "sender": ""}
        return super().get_context_data(**{**shown, **kwargs})
