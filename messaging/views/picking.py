"""Choosing groups, saved audiences or broadcasts: a searchable list, small however many there are."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from groups.models import Group
from kaizala_admin.ui.views import ConsoleMixin
from messaging.audience import GROUPS, MIX, PEOPLE, PUBLIC
from messaging.forms import AudienceForm, launched, present
from messaging.models import Broadcast, DoNotContact, Priority, SavedAudience

SHOWN = 50


@dataclass(frozen=True)
class Kind:
    """Where a field's options come from. `every` may hold what cannot be chosen any more, to take it out."""

    rows: Callable[[], QuerySet[Any]]
    every: type[Any]
    order: tuple[str, ...]
    empty: str | Promise
    control: str = "checkbox"
    name: str = "name"


NO_GROUP = gettext_lazy("No group is known yet. Sync a connector first.")
NO_SAVED = gettext_lazy("No audience is saved yet.")
BY_NAME = ("name", "id")
ORDINARY = Kind(lambda: present("Group"), Group, BY_NAME, NO_GROUP)
PUBLIC_ONES = Kind(lambda: present("ConnectGroup"), Group, BY_NAME, NO_GROUP)
SAVED = Kind(SavedAudience.objects.all, SavedAudience, BY_NAME, NO_SAVED)
FIELDS = {
    "groups": ORDINARY,
    "public": PUBLIC_ONES,
    "to": Kind(lambda: present("ConnectGroup"), Group, BY_NAME, NO_GROUP, "radio"),
    "through": PUBLIC_ONES,
    "saved": SAVED,
    "of_groups": Kind(present, Group, BY_NAME, NO_GROUP),
    "left_groups": Kind(present, Group, BY_NAME, NO_GROUP),
    "left_saved": SAVED,
    "reached_by": Kind(
        launched, Broadcast, ("-id",), gettext_lazy("Nothing has been sent yet."), name="title"
    ),
}
HINTS = {
    GROUPS: ("groups", gettext_lazy("One message to everybody in each group.")),
    PUBLIC: ("campaign", gettext_lazy("Everybody who follows one or more public groups.")),
    PEOPLE: ("person_check", gettext_lazy("Numbers that you paste, upload or ticked in a list.")),
    MIX: ("join", gettext_lazy("Saved audiences, groups and numbers together.")),
}


@dataclass(frozen=True)
class Mode:
    """One of the cards at the top."""

    key: str
    title: str | Promise
    icon: str
    hint: str | Promise
    checked: bool


@dataclass(frozen=True)
class Option:
    """A line of the list. `figure` is how many people it has, where that is known."""

    pk: int
    name: str
    figure: int | None
    gone: bool


@dataclass
class Picker:
    """The list behind one field: what is chosen first, then what the search finds."""

    name: str
    control: str
    empty: str | Promise
    chosen: list[Option]
    found: list[Option]
    more: bool
    q: str = ""
    errors: Any = ()


def modes(who: AudienceForm) -> list[Mode]:
    """The cards, with the chosen one marked."""
    value = str(who["mode"].value() or GROUPS)
    titles = dict(who.fields["mode"].choices)  # type: ignore[attr-defined]
    return [Mode(key, titles[key], icon, hint, key == value) for key, (icon, hint) in HINTS.items()]


def pickers(who: AudienceForm) -> dict[str, Picker]:
    """All of them, from what the form holds."""
    names = [name for name in FIELDS if name in who.fields]
    return {name: picker(name, keys_of(who[name]), errors=who[name].errors) for name in names}


def around(who: AudienceForm) -> dict[str, Any]:
    """What else the audience half of the page shows."""
    chosen = ("left_groups", "left_saved", "reached_by", "reached_days", "also_barred")
    value = str(who["priority"].value() or Priority.NORMAL.value)
    return {
        "excludes_open": any(who[name].value() or who[name].errors for name in chosen),
        "barred": DoNotContact.objects.count(),
        "priorities": Priority.choices,
        "priority": int(value) if value.isdecimal() else Priority.NORMAL.value,
    }


def picker(name: str, chosen: list[int], q: str = "", errors: Any = ()) -> Picker:
    """Two queries: the chosen ones (gone ones too, so that they can be taken out), and SHOWN others."""
    kind = FIELDS[name]
    first = list(kind.every._default_manager.filter(pk__in=chosen).order_by(*kind.order)) if chosen else []
    rest = kind.rows().exclude(pk__in=chosen).order_by(*kind.order)
    if q:
        rest = rest.filter(**{f"{kind.name}__icontains": q})
    found = [_option(row) for row in rest[: SHOWN + 1]]
    return Picker(
        name,
        kind.control,
        kind.empty,
        [_option(row) for row in first],
        found[:SHOWN],
        len(found) > SHOWN,
        q,
        errors,
    )


def _option(row: Any) -> Option:
    if isinstance(row, Group):
        public = row.group_type == Group.Type.PUBLIC
        return Option(
            row.pk, row.name, row.subscriber_count if public else row.member_count, bool(row.gone_at)
        )
    return Option(row.pk, str(row), getattr(row, "people", None), False)


def keys_of(field: forms.BoundField) -> list[int]:
    value = field.value() or []
    values = value if isinstance(value, list | tuple) else [value]
    return _numbers(getattr(one, "pk", one) for one in values)


def _numbers(values: Any) -> list[int]:
    return [int(one) for one in values if str(one).isdecimal() and len(str(one)) < 19]


def asked_for(request: HttpRequest) -> dict[str, Any]:
    """A link may bring a group or a saved audience with it: ?group=7, ?saved=3 from their own pages."""
    saved = SavedAudience.objects.filter(pk__in=_numbers(request.GET.getlist("saved")[:1])).first()
    if saved is not None:
        return {"mode": MIX, "saved": [saved.pk]}
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
