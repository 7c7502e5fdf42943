"""The content half of the compose page: another kind's fields, the phone while typing, people for a job."""

from typing import Any

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.generic import View

from groups.models import Member
from kaizala_admin.ui.views import ConsoleMixin
from messaging import kinds
from messaging.personal import content as contents
from messaging.timing.models import Profile

from . import sampling

SHOWN = 20
LEAST_LETTERS = 2


def kind_of(request: HttpRequest, default: str = "text") -> kinds.Kind:
    """The kind that the request names, else the default, else a text."""
    asked = request.POST.get("kind") or request.GET.get("kind") or default
    return kinds.every().get(asked) or kinds.get("text")


def fresh(kind: kinds.Kind, request: HttpRequest) -> Any:
    """An empty form; times in it are on the clock of the person who writes."""
    form = kind.form()
    if "zone" in form.fields:
        own: Any = Profile.objects.filter(user=request.user.pk).values_list("time_zone", flat=True)
        if zone := own.first():
            form.initial["zone"] = zone
    return form


class _Content(ConsoleMixin, View):
    """POST alone: what is typed may be long, and stands in no log."""

    permission_required = "messaging.add_broadcast"
    http_method_names = ["post"]

    @property
    def kind(self) -> kinds.Kind:
        found = kinds.every().get(self.request.POST.get("kind", ""))
        if found is None:
            raise Http404(_("There is no such kind of broadcast."))
        return found


class Fields(_Content):
    """The fields of the kind, filled with what has been typed for another one as far as the names agree."""

    def post(self, request: HttpRequest) -> HttpResponse:
        form = fresh(self.kind, request)
        for name, field in form.fields.items():
            value = field.widget.value_from_datadict(request.POST, request.FILES, name)
            if value:
                form.initial[name] = value
        return TemplateResponse(request, self.kind.fields_template, {"form": form, "kind": self.kind})


class Preview(_Content):
    """The phone with what is typed, right or wrong."""

    def post(self, request: HttpRequest) -> HttpResponse:
        form: Any = self.kind.form(request.POST, request.FILES)
        person = sampling.person(request.POST, request.FILES.get("sheet"))
        content = contents.shown(self.kind, form.typed(), person.values)
        shown = {"kind": self.kind, "content": content, "sender": "", "person": person}
        return TemplateResponse(request, "messaging/personal/typed.html", shown)


class FindPeople(ConsoleMixin, View):
    """People of the mirror by a part of their name or number: each number once (htmx)."""

    permission_required = ("messaging.add_broadcast", "groups.view_member")

    def get(self, request: HttpRequest) -> HttpResponse:
        if "q_people" not in request.GET:
            raise Http404(_("Say whom to look for."))
        asked = request.GET["q_people"].strip()[:100]
        found = _people(asked) if len(asked) >= LEAST_LETTERS else []
        return TemplateResponse(
            request, "messaging/people_found.html", {"q": len(asked) >= LEAST_LETTERS, "people": found}
        )


def _people(asked: str) -> list[Member]:
    digits = "".join(letter for letter in asked if letter.isdecimal())
    wanted = Q(name__icontains=asked)
    if len(digits) >= LEAST_LETTERS:
        wanted |= Q(mobile_number__contains=digits)
    rows = (
        Member.objects.filter(wanted, gone_at__isnull=True).exclude(mobile_number="").order_by("name", "id")
    )
    once = {person.mobile_number: person for person in rows[: SHOWN * 5]}
    return list(once.values())[:SHOWN]
