"""The forms for people and for new groups."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from groups.models import Group
from groups.reading import pasted
from kaizala_admin.connectors.models import Grant
from kaizala_admin.kaizala import MAX_MEMBERS

from .checking import CannotChange, may_make
from .services import Picture

MOST_PASTED = 2_000
MOST_SHOWN = 5
MAX_PICTURE = 5 * 1024 * 1024
KINDS = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg"}


class NumbersField(forms.CharField):
    """Numbers in any spelling; set `region` (two letters) and `most` before cleaning. Cleans to E.164."""

    region = "IN"
    most = MOST_PASTED

    def __init__(self, **more: Any) -> None:
        widget = UnfoldAdminTextareaWidget(attrs={"rows": 6, "autocomplete": "off", "dir": "ltr"})
        super().__init__(**{"widget": widget, "strip": False, **more})

    def clean(self, value: Any) -> Any:
        numbers, wrong = pasted.read(super().clean(value) or "", self.region)
        if wrong:
            raise forms.ValidationError([*(_said(one) for one in wrong[:MOST_SHOWN]), *_more(wrong)])
        if len(numbers) > self.most:
            raise forms.ValidationError(
                _("These are %(n)s numbers; at most %(most)s fit here. Import a sheet for more.")
                % {"n": f"{len(numbers):,}", "most": f"{self.most:,}"}
            )
        return numbers


def _said(one: pasted.Wrong) -> str:
    said = {"line": one.line, "given": one.given, "why": one.why}
    return _("Line %(line)s, “%(given)s”: %(why)s") % said


def _more(wrong: Sequence[pasted.Wrong]) -> list[str]:
    if len(wrong) <= MOST_SHOWN:
        return []
    rest = len(wrong) - MOST_SHOWN
    return [ngettext("And %(n)s more.", "And %(n)s more.", rest) % {"n": rest}]


class PeopleForm(forms.Form):
    """Whom to add, or to take out."""

    numbers = NumbersField(
        label=gettext_lazy("Phone numbers"),
        help_text=gettext_lazy(
            "One in a line, or with commas between them, in any spelling. A number without a country code "
            "is taken to be of the organisation's own country."
        ),
        error_messages={"required": gettext_lazy("Write at least one number.")},
    )

    def __init__(self, *args: Any, group: Group, **more: Any) -> None:
        super().__init__(*args, **more)
        self.numbers_field.region = group.tenant.default_region.upper()

    @property
    def numbers_field(self) -> NumbersField:
        field = self.fields["numbers"]
        assert isinstance(field, NumbersField)
        return field


class NewGroupForm(forms.Form):
    """What a group of its own and a sub-group have in common (contract 4)."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=300, widget=UnfoldAdminTextInputWidget(attrs={"dir": "auto"})
    )
    welcome_message = forms.CharField(
        label=gettext_lazy("Welcome message"),
        max_length=2_000,
        help_text=gettext_lazy("Everybody reads it on joining. Kaizala wants one."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3, "dir": "auto"}),
    )
    numbers = NumbersField(
        label=gettext_lazy("First members"),
        required=False,
        help_text=gettext_lazy("At most 100 phone numbers, in any spelling; more can be added afterwards."),
    )
    picture = forms.FileField(
        label=gettext_lazy("Picture"),
        required=False,
        help_text=gettext_lazy("A JPEG or PNG file of at most 5 MB."),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": "image/png,image/jpeg"}),
    )

    def __init__(self, *args: Any, region: str = "IN", **more: Any) -> None:
        super().__init__(*args, **more)
        field = self.fields["numbers"]
        assert isinstance(field, NumbersField)
        field.region, field.most = region.upper(), MAX_MEMBERS

    def clean_picture(self) -> Picture | None:
        file: Any = self.cleaned_data.get("picture")
        if not file:
            return None
        return picture(file.name or "picture", file.read(MAX_PICTURE + 1))


def picture(name: str, data: bytes) -> Picture:
    """Raises ValidationError, in words, for what Kaizala would not take."""
    if len(data) > MAX_PICTURE:
        raise forms.ValidationError(_("The picture is larger than 5 MB. Choose a smaller one."))
    kind = next((kind for start, kind in KINDS.items() if data.startswith(start)), "")
    if not kind:
        raise forms.ValidationError(_("This file is neither a JPEG nor a PNG picture. Choose another one."))
    return Picture(name[-100:], kind, data)


class TopGroupForm(NewGroupForm):
    """A group that hangs below no other one: somebody's grant has to make it."""

    field_order = ("group_type", "name", "welcome_message", "picture", "numbers", "grant")
    group_type = forms.ChoiceField(
        label=gettext_lazy("Type"),
        choices=[
            (Group.Type.GROUP, gettext_lazy("Group: all may write")),
            (
                Group.Type.PUBLIC,
                gettext_lazy("Public group: people follow it"),
            ),
        ],
        initial=Group.Type.GROUP,
        widget=UnfoldAdminRadioSelectWidget(),
    )
    grant = forms.ModelChoiceField(
        Grant.objects.all(),
        label=gettext_lazy("Who makes it"),
        empty_label=None,
        help_text=gettext_lazy("The grant's person becomes the group's first admin."),
        widget=UnfoldAdminSelectWidget(),
    )

    def __init__(self, *args: Any, grants: Sequence[Grant], **more: Any) -> None:
        data: Any = more.get("data") or {}
        chosen = [one for one in grants if str(one.pk) == data.get("grant")] or grants[:1]
        region = chosen[0].connector.tenant.default_region if chosen else "IN"
        super().__init__(*args, region=region, **more)
        field = self.fields["grant"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Grant.objects.filter(pk__in=[one.pk for one in grants])
        field.choices = [(one.pk, f"{one} ({one.get_kind_display()})") for one in grants]
        if grants:
            field.initial = grants[0].pk

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        grant, group_type = data.get("grant"), data.get("group_type")
        if grant and group_type:
            try:
                may_make(grant, group_type)
            except CannotChange as error:
                self.add_error("grant", str(error))
        return data


class SubGroupForm(NewGroupForm):
    """A new group below another one."""

    field_order = ("name", "welcome_message", "picture", "numbers", "add_caller")
    add_caller = forms.BooleanField(
        label=gettext_lazy("Add me"),
        required=False,
        initial=True,
        help_text=gettext_lazy(
            "The person whose grant makes it is in the group, as its admin. Without that, only an "
            "organisation's grant still reaches it."
        ),
        widget=UnfoldBooleanWidget(),
    )
