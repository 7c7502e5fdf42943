"""The content half of the compose page: another kind's fields, the phone while typing, people for a job."""

from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.generic import View

from groups import search
from groups.access import may
from groups.models import Member, Person, Subscriber
from kaizala_admin.connectors.models import Tenant
from kaizala_admin.ui.views import ConsoleMixin
from messaging import kinds
from messaging.personal import content as contents
from messaging.timing.models import Profile

from . import chosen, sampling

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
        typed = form.typed()
        content = contents.shown(self.kind, typed, person.values)
        shown = {"kind": self.kind, "content": content, "sender": "", "person": person}
        shown["is_personal"] = contents.is_personal(self.kind, typed)
        return TemplateResponse(request, "messaging/personal/typed.html", shown)


class FindPeople(ConsoleMixin, View):
    """People of the mirror by a part of their name, or by the start of their number: each number once (htmx).

    Of the organisation that the form means; members and subscribers, as far as one may see them.
    """

    permission_required = "messaging.add_broadcast"
    http_method_names = ["post"]

    def has_permission(self) -> bool:
        return super().has_permission() and bool(self._seen)

    @property
    def _seen(self) -> list[type[Person]]:
        kinds: tuple[type[Person], ...] = (Member, Subscriber)
        return [one for one in kinds if may(self.request, f"groups.view_{one._meta.model_name}")]

    def post(self, request: HttpRequest) -> HttpResponse:
        if "q_people" not in request.POST:
            raise Http404(_("Say whom to look for."))
        asked = request.POST["q_people"].strip()[:100]
        is_long = len(asked) >= LEAST_LETTERS
        tenant = chosen.tenant(request.POST) if is_long else None
        found = _people(asked, tenant, self._seen) if tenant else []
        shown = {"q": is_long, "tenant": tenant, "people": found}
        return TemplateResponse(request, "messaging/people_found.html", shown)


def _people(asked: str, tenant: Tenant, classes: Sequence[type[Person]]) -> list[Person]:
    found: dict[str, Person] = {}
    for one in classes:
        rows: Any = one._default_manager.filter(search.people(asked, one), gone_at=None)
        rows = rows.filter(group__tenant=tenant, group__gone_at=None).exclude(mobile_number="")
        for person in rows.order_by("name", "id")[: SHOWN * 5]:
            found.setdefault(person.mobile_number, person)
    return sorted(found.values(), key=lambda person: (person.name, person.pk))[:SHOWN]
