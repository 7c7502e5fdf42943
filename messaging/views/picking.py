"""Choosing groups: a searchable list that stays small however many groups there are."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import Http404, HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from groups.models import Group
from kaizala_admin.ui.views import ConsoleMixin
from messaging.audience import GROUPS, PEOPLE, PUBLIC
from messaging.forms import AudienceForm, present

SHOWN = 50
FIELDS = {
    "groups": ("Group", "checkbox"),
    "public": ("ConnectGroup", "checkbox"),
    "to": ("ConnectGroup", "radio"),
}
HINTS = {
    GROUPS: ("groups", gettext_lazy("One message to everybody in each group.")),
    PUBLIC: ("campaign", gettext_lazy("Everybody who follows one or more public groups.")),
    PEOPLE: ("person_check", gettext_lazy("Numbers that you paste, upload or ticked in a list.")),
}


@dataclass(frozen=True)
class Mode:
    """One of the three cards at the top."""

    key: str
    title: str | Promise
    icon: str
    hint: str | Promise
    checked: bool


@dataclass
class Picker:
    """The list behind one field: the chosen groups first, then what the search finds."""

    name: str
    kind: str  # "checkbox" or "radio"
    chosen: list[Group]
    found: list[Group]
    more: bool
    q: str = ""
    errors: Any = ()


def modes(who: AudienceForm) -> list[Mode]:
    """The cards, with the chosen one marked."""
    value = str(who["mode"].value() or GROUPS)
    titles = dict(who.fields["mode"].choices)  # type: ignore[attr-defined]
    return [Mode(key, titles[key], icon, hint, key == value) for key, (icon, hint) in HINTS.items()]


def pickers(who: AudienceForm) -> dict[str, Picker]:
    """All three, from what the form holds."""
    return {name: picker(name, _keys(who[name]), errors=who[name].errors) for name in FIELDS}


def picker(name: str, chosen: list[int], q: str = "", errors: Any = ()) -> Picker:
    """Two queries: the chosen groups (gone ones too, so that they can be taken out), and SHOWN others."""
    group_type, kind = FIELDS[name]
    first = list(Group.objects.filter(pk__in=chosen).order_by("name", "id")) if chosen else []
    rest = present(group_type).exclude(pk__in=chosen).order_by("name", "id")
    if q:
        rest = rest.filter(name__icontains=q)
    found = list(rest[: SHOWN + 1])
    return Picker(name, kind, first, found[:SHOWN], len(found) > SHOWN, q, errors)


def _keys(field: forms.BoundField) -> list[int]:
    value = field.value() or []
    values = value if isinstance(value, list | tuple) else [value]
    return _numbers(getattr(one, "pk", one) for one in values)


def _numbers(values: Any) -> list[int]:
    return [int(one) for one in values if str(one).isdecimal() and len(str(one)) < 19]


def asked_for(request: HttpRequest) -> dict[str, Any]:
    """A link may bring a group with it: ?group=7 from a group's own page."""
    group = Group.objects.filter(pk__in=_numbers(request.GET.getlist("group")[:1])).first()
    if group is None:
        return {}
    if group.group_type == Group.Type.PUBLIC:
        return {"mode": PUBLIC, "public": [group.pk], "to": group.pk}
    return {"mode": GROUPS, "groups": [group.pk]}


class Pick(ConsoleMixin, TemplateView):
    """The list again, for what is typed into its search box (htmx)."""

    permission_required = "messaging.add_broadcast"
    template_name = "messaging/picker_part.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        name = self.request.GET.get("name", "")
        if name not in FIELDS:
            raise Http404(_("There is no such list."))
        chosen = _numbers(self.request.GET.getlist(name))
        return {"picker": picker(name, chosen, self.request.GET.get(f"q_{name}", "").strip()[:100])}
