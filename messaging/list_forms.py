"""The forms of a saved audience and of the do-not-contact list."""

import re
from datetime import date
from typing import Any

import phonenumbers
from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from groups.models import Group, Member
from groups.reading import sheets
from kaizala_admin.connectors.models import Tenant

from . import lines
from .audience import Rules
from .audience.rules import EVERYBODY, MEMBERS, SUBSCRIBERS
from .forms import GONE, MOST_DAYS
from .models import SavedAudience

WHO = [
    (EVERYBODY, gettext_lazy("Members and subscribers")),
    (MEMBERS, gettext_lazy("Members of groups")),
    (SUBSCRIBERS, gettext_lazy("Subscribers of public groups")),
]
ROLES = [("", gettext_lazy("Any role")), *Member.Role.choices]
REGISTERED = [
    ("", gettext_lazy("Registered or not")),
    ("yes", gettext_lazy("Registered")),
    ("no", gettext_lazy("Not registered")),
]
_START = re.compile(r"\+?[1-9][0-9]{0,9}")


class TenantField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """An organisation; asked for only where there are several."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Tenant.objects.order_by("name"), required=False, empty_label=None, **kwargs)

    def clean(self, value: Any) -> Tenant:
        found: Tenant | None = super().clean(value)
        if found:
            return found
        every = list(Tenant.objects.order_by("name")[:2])
        if len(every) != 1:
            raise forms.ValidationError(_("Choose the organisation."))
        return every[0]


class SavedAudienceForm(forms.Form):
    """A name and the rules. `rules` holds a valid answer."""

    tenant = TenantField()
    name = forms.CharField(
        max_length=200, error_messages={"required": gettext_lazy("Give it a name, so that it can be found.")}
    )
    who = forms.ChoiceField(choices=WHO, required=False)
    of_groups = forms.ModelMultipleChoiceField(
        Group.objects.filter(gone_at__isnull=True),
        required=False,
        error_messages={"invalid_choice": GONE, "invalid_pk_value": GONE},
    )
    sub_groups = forms.BooleanField(required=False)
    role = forms.ChoiceField(choices=ROLES, required=False)
    countries = forms.CharField(required=False, max_length=200)
    registered = forms.ChoiceField(choices=REGISTERED, required=False)
    part = forms.CharField(required=False, max_length=100)
    joined_since = forms.DateField(
        required=False, error_messages={"invalid": gettext_lazy("Write a date like 2026-11-24.")}
    )
    joined_days = forms.IntegerField(required=False, min_value=1, max_value=MOST_DAYS)

    @classmethod
    def initial_of(cls, saved: SavedAudience) -> dict[str, Any]:
        rules = Rules.of(saved.rules)
        return {
            **rules.as_json(),
            "tenant": saved.tenant_id,
            "name": saved.name,
            "of_groups": list(rules.groups),
            "countries": ", ".join(rules.countries),
            "part": rules.name,
            "joined_days": rules.joined_days or None,
        }

    def clean_countries(self) -> tuple[str, ...]:
        """ "IN, +254 1" -> ("+91", "+2541"): two letters of a country, or the beginning of a number."""
        pieces = [piece.strip() for piece in re.split(r"[,;\n]", self.cleaned_data["countries"])]
        return tuple(dict.fromkeys(_start(piece) for piece in pieces if piece))

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        tenant, groups = data.get("tenant"), data.get("of_groups") or ()
        if tenant and any(group.tenant_id != tenant.pk for group in groups):
            self.add_error("of_groups", _("These groups belong to another organisation than the audience."))
        if data.get("role") and data.get("who") == SUBSCRIBERS:
            self.add_error("role", _("Subscribers have no role. Choose members, or any role."))
        return data

    @property
    def rules(self) -> Rules:
        """Of a valid form."""
        data = self.cleaned_data
        since: date | None = data["joined_since"]
        return Rules(
            who=data["who"] or EVERYBODY,
            groups=tuple(group.pk for group in data["of_groups"]),
            sub_groups=data["sub_groups"],
            role=data["role"],
            countries=data["countries"],
            registered=data["registered"],
            name=data["part"].strip(),
            joined_since=since.isoformat() if since else "",
            joined_days=data["joined_days"] or 0,
        )


def in_words(rules: Rules) -> str:
    """The rules in one line: "Members of groups, in 2 groups, not registered, +91"."""
    groups = ngettext("in %(n)s group", "in %(n)s groups", len(rules.groups)) % {
        "n": f"{len(rules.groups):,}"
    }
    days = ngettext("joined in the last %(n)s day", "joined in the last %(n)s days", rules.joined_days)
    asked = [
        (rules.groups, groups),
        (rules.groups and rules.sub_groups, _("with all below")),
        (rules.role, dict(ROLES).get(rules.role, rules.role)),
        (rules.registered, str(dict(REGISTERED).get(rules.registered, "")).lower()),
        (rules.countries, " ".join(rules.countries)),
        (rules.name, f"“{rules.name}”"),
        (rules.joined_since, _("joined since %(day)s") % {"day": rules.joined_since}),
        (rules.joined_days, days % {"n": f"{rules.joined_days:,}"}),
    ]
    return ", ".join([str(dict(WHO)[rules.who]), *(str(words) for said, words in asked if said)])


def _start(piece: str) -> str:
    if piece.upper() in phonenumbers.SUPPORTED_REGIONS:
        return f"+{phonenumbers.country_code_for_region(piece.upper())}"
    plain = re.sub(r"[\s()-]", "", piece)
    if not _START.fullmatch(plain):
        words = _("“%(given)s” is neither two letters of a country nor the beginning of a number.")
        raise forms.ValidationError(words % {"given": piece})
    return f"+{plain.lstrip('+')}"


class BarForm(forms.Form):
    """Numbers for the do-not-contact list. `found` holds every line of a valid answer."""

    tenant = TenantField()
    pasted = forms.CharField(required=False, strip=False)
    file = forms.FileField(
        required=False,
        error_messages={"empty": gettext_lazy("The file is empty. Choose one with phone numbers.")},
    )
    reason = forms.CharField(required=False, max_length=200)
    found: list[lines.Line]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        pasted, file = data.get("pasted") or "", data.get("file")
        self.found = []
        if pasted.strip() and file:
            self.add_error("file", _("Either paste numbers or upload a sheet, not both."))
        elif not pasted.strip() and not file:
            if "file" not in self.errors:
                self.add_error("pasted", _("Paste at least one number, or upload a sheet."))
        elif tenant := data.get("tenant"):
            self._read("file" if file else "pasted", pasted, file, tenant.default_region)
        return data

    def _read(self, field: str, pasted: str, file: Any, region: str) -> None:
        try:
            found = lines.from_file(file, file.size, region) if file else lines.from_text(pasted, region)
        except sheets.BadSheet as error:
            self.add_error(field, str(error))
            return
        if not any(line.mobile_number for line in found):
            self.add_error(field, _("None of these is a phone number."))
        self.found = found

    @property
    def numbers(self) -> list[str]:
        return [line.mobile_number for line in self.found if not line.problem]

    @property
    def wrong(self) -> list[lines.Line]:
        """Lines that are no number; one that repeats another does no harm."""
        return [line for line in self.found if line.problem and line.problem != "duplicate"]
