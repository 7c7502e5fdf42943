"""The form that takes a sheet, and the one that says which column is which."""

from typing import Any

import phonenumbers
from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from groups.models import Group
from kaizala_admin.connectors.models import Tenant

from . import columns
from .columns import FIELDS, OPTIONAL
from .models import ImportRun
from .reading import MAX_BYTES
from .services import ONE_GROUP

WORDS = {
    columns.NUMBER: gettext_lazy("Phone number"),
    columns.GROUP: gettext_lazy("Group (name or ID)"),
    columns.ROLE: gettext_lazy("Role"),
    columns.PARENT: gettext_lazy("Parent group (name or ID)"),
    columns.CHILD: gettext_lazy("Sub-group (name or ID)"),
}
REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)


class UploadForm(forms.Form):
    """What to do, with which group, from which file."""

    kind = forms.ChoiceField(
        label=gettext_lazy("What shall be done?"),
        choices=[(kind.value, kind.label) for kind in FIELDS],
        initial=ImportRun.Kind.ADD,
        widget=UnfoldAdminRadioSelectWidget(),
    )
    group = forms.CharField(
        label=gettext_lazy("Group"),
        required=False,
        max_length=300,
        help_text=gettext_lazy("Its name or ID; not needed when the sheet names the groups."),
        widget=UnfoldAdminTextInputWidget(
            attrs={"list": "known-groups", "autocomplete": "off", "dir": "auto"}
        ),
    )
    subscribers = forms.BooleanField(
        label=gettext_lazy("As subscribers"),
        required=False,
        help_text=gettext_lazy("For a public group: its subscribers, not its members."),
        widget=UnfoldBooleanWidget(),
    )
    file = forms.FileField(
        label=gettext_lazy("Sheet"),
        help_text=gettext_lazy(
            "CSV, TSV or XLSX of at most 50 MB. Columns are found by their headings; spellings of numbers, "
            "encodings and delimiters do not matter."
        ),
        error_messages={"empty": gettext_lazy("The file is empty. Choose one with a row a person.")},
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.tsv,.txt,.xlsx"}),
    )
    region = forms.ChoiceField(
        label=gettext_lazy("Country of numbers without a country code"),
        choices=[(code, f"{code} (+{phonenumbers.country_code_for_region(code)})") for code in REGIONS],
        widget=UnfoldAdminSelectWidget(attrs={"data-regions": ""}),
    )
    tenant = forms.ModelChoiceField(
        Tenant.objects.order_by("name"),
        label=gettext_lazy("Organisation"),
        empty_label=None,
        widget=UnfoldAdminSelectWidget(),
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.chosen: Group | None = None
        tenants = list(Tenant.objects.order_by("name")[:2])
        if len(tenants) == 1:
            self.fields["tenant"].widget = forms.HiddenInput()
        if tenants:
            self.fields["tenant"].initial = tenants[0].pk
            self.fields["region"].initial = tenants[0].default_region.upper()

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise forms.ValidationError(_("The file is larger than 50 MB. Split it, or keep fewer columns."))
        return file

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("kind") in ONE_GROUP and data.get("tenant"):
            self.chosen = self._group(str(data.get("group") or ""), data["tenant"])
            if self.chosen and self.chosen.group_type != Group.Type.PUBLIC and data.get("subscribers"):
                self.add_error("subscribers", _("This group is not public, so it has no subscribers."))
        return data

    def _group(self, text: str, tenant: Tenant) -> Group | None:
        wanted = text.strip()
        here = Group.objects.select_related("tenant").filter(tenant=tenant, gone_at__isnull=True)
        exact = here.filter(group_id=wanted).first() if wanted else None
        named = [exact] if exact else list(here.filter(name__iexact=wanted)[:2]) if wanted else []
        if len(named) == 1:
            return named[0]
        problem = _("Several groups have this name. Write the group's ID.") if named else _("Name a group.")
        self.add_error("group", problem if named or not wanted else _("No group has this name or ID."))
        return None


class ColumnsForm(forms.Form):
    """A select for each field; its choices are the sheet's columns, with what stands in their first rows."""

    headed = forms.BooleanField(
        label=gettext_lazy("The first row names the columns"),
        required=False,
        initial=True,
        widget=UnfoldBooleanWidget(),
    )

    def __init__(self, *args: Any, run: ImportRun, **more: Any) -> None:
        super().__init__(*args, **more)
        self.run = run
        for field in FIELDS[ImportRun.Kind(run.kind)]:
            self.fields[field] = forms.TypedChoiceField(
                label=WORDS[field],
                choices=[("", "–"), *self._columns()],
                coerce=int,
                empty_value=None,
                required=field not in OPTIONAL,
                initial=run.columns.get(field, ""),
                widget=UnfoldAdminSelectWidget(),
            )
        self.order_fields([*FIELDS[ImportRun.Kind(run.kind)], "headed"])

    def _columns(self) -> list[tuple[int, str]]:
        rows = self.run.sample or [self.run.heading]
        count = max((len(cells) for cells in rows), default=0)
        return [(place, self._named(rows, place)) for place in range(count)]

    def _named(self, rows: list[list[str]], place: int) -> str:
        cells = [cells[place] for cells in rows[:3] if place < len(cells) and cells[place]]
        return f"{place + 1}: {', '.join(cell[:30] for cell in cells)}"

    def chosen(self) -> dict[str, int]:
        """Places by field, of a valid form."""
        fields = FIELDS[ImportRun.Kind(self.run.kind)]
        return {name: self.cleaned_data[name] for name in fields if self.cleaned_data.get(name) is not None}
