"""The two ways to a grant: a PIN that comes by SMS, or a token that somebody has already."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from kaizala_admin.connectors.models import Connector, Grant
from kaizala_admin.connectors.phones import normal_phone


class GrantForm(forms.Form):
    """What both have in common. Kaizala's errors come back through `add_error`: nothing typed is lost."""

    connector = forms.ModelChoiceField(
        Connector.objects.filter(is_active=True).select_related("tenant"),
        label=gettext_lazy("Connector"),
        widget=UnfoldAdminSelectWidget(),
        empty_label=None,
    )
    grant = forms.ModelChoiceField(Grant.objects.all(), required=False, widget=forms.HiddenInput())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        grant, connector = cleaned.get("grant"), cleaned.get("connector")
        if grant and connector and grant.connector_id != connector.pk:
            self.add_error("connector", _("That grant belongs to another connector."))
        return cleaned


class PinForm(GrantForm):
    """Step 1 asks for the number; in step 2 (`with_pin`) it stays, and the PIN is asked for."""

    field_order = ("connector", "mobile_number", "name", "pin")
    mobile_number = forms.CharField(
        label=gettext_lazy("Mobile number"),
        max_length=40,
        help_text=gettext_lazy(
            "Kaizala sends a PIN to this phone. The grant reaches what its owner reaches."
        ),
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    name = forms.CharField(
        label=gettext_lazy("Name of the grant"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("For you, to know it again. The mobile number when left empty."),
        widget=UnfoldAdminTextInputWidget(),
    )
    pin = forms.RegexField(
        r"^\s*[0-9]{4,6}\s*$",
        label=gettext_lazy("PIN"),
        error_messages={
            "invalid": gettext_lazy("The PIN is the 4 to 6 digits of the message on that phone.")
        },
        widget=UnfoldAdminTextInputWidget(
            attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "autofocus": True}
        ),
    )

    def __init__(self, *args: Any, with_pin: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not with_pin:
            del self.fields["pin"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        number, connector = cleaned.get("mobile_number"), cleaned.get("connector")
        if number and connector:
            try:
                cleaned["mobile_number"] = normal_phone(number, connector.tenant.default_region)
            except ValidationError as error:
                self.add_error("mobile_number", error)
        return cleaned


class PasteForm(GrantForm):
    """A refresh token from Kaizala's portal. Shown again after an error, never after it was stored."""

    field_order = ("connector", "name", "kind", "token")
    name = forms.CharField(
        label=gettext_lazy("Name of the grant"), max_length=200, widget=UnfoldAdminTextInputWidget()
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Reaches"), choices=Grant.Kind.choices, widget=UnfoldAdminSelectWidget()
    )
    token = forms.CharField(
        label=gettext_lazy("Refresh token"),
        max_length=8000,
        help_text=gettext_lazy("A long line of letters, digits and dots, as Kaizala's portal shows it."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4, "autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_token(self) -> str:
        token = "".join(self.cleaned_data["token"].split()).strip("\"'")
        if not token.isascii() or not token.isprintable():
            raise ValidationError(_("This is no token: copy it again, without anything around it."))
        return token
