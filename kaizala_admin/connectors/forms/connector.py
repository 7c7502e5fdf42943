"""A connector's form: the secret goes in and never comes out again."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget

from kaizala_admin.connectors.models import Connector
from kaizala_admin.kaizala import InvalidInput
from kaizala_admin.kaizala.hosts import AllowedHosts
from kaizala_admin.kaizala.limits import require_header_safe


class ConnectorForm(forms.ModelForm):  # type: ignore[type-arg]
    """`forgets_access` tells whether what was bought under the old address, ID or secret is void."""

    api_root = forms.CharField(
        label=gettext_lazy("API root"),
        max_length=200,
        help_text=gettext_lazy("For example https://api.kaiza.la"),
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "url", "autocomplete": "off"}),
    )
    new_secret = forms.CharField(
        label=gettext_lazy("Application secret"),
        max_length=500,
        required=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}, render_value=True),
    )

    class Meta:
        model = Connector
        fields = [
            "tenant",
            "name",
            "api_root",
            "application_id",
            "allowed_hosts",
            "calls_per_minute",
            "batch_size",
            "sync_every",
            "is_active",
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "new_secret" in self.fields:
            field = self.fields["new_secret"]
            field.required = not self.instance.pk
            field.help_text = secret_help(self.instance)

    @property
    def forgets_access(self) -> bool:
        return bool(
            self.instance.pk and {"api_root", "application_id", "new_secret"} & set(self.changed_data)
        )

    def clean_api_root(self) -> str:
        """https, or this machine; kept without the slash and the /v1 at its end."""
        try:
            return AllowedHosts(self.cleaned_data["api_root"], settings.KAIZALA_ALLOWED_HOSTS).api_root
        except InvalidInput as error:
            raise ValidationError(error.message) from None

    def clean_application_id(self) -> str:
        return _header_text(self.cleaned_data["application_id"])

    def clean_new_secret(self) -> str:
        return _header_text(self.cleaned_data["new_secret"]) if self.cleaned_data["new_secret"] else ""

    def clean_allowed_hosts(self) -> str:
        hosts = self.cleaned_data["allowed_hosts"].replace(",", " ").split()
        for host in hosts:
            bare = host.removeprefix("*.")
            if not bare or "*" in bare or "/" in bare or ("*" in host and "." not in bare):
                raise ValidationError(
                    _("%(host)s is no host. Write api.example.org or *.example.org.") % {"host": host}
                )
        return " ".join(hosts)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if secret := cleaned.get("new_secret"):
            self.instance.application_secret = secret
        return cleaned


def secret_help(connector: Connector) -> str:
    """What may be shown of a stored secret: that it is there, and how it ends."""
    if not connector.pk:
        return _("Shown once when the connector was made in Kaizala.")
    end = connector.application_secret[-4:]
    return _("Stored; it ends in %(end)s. Leave this empty to keep it.") % {"end": end}


def _header_text(text: str) -> str:
    try:
        return require_header_safe(text.strip(), "")
    except InvalidInput as error:
        raise ValidationError(error.message) from None
