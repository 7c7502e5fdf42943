"""An organisation's form."""

from typing import Any
from zoneinfo import available_timezones

import phonenumbers
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from unfold.widgets import UnfoldAdminTimeWidget

from kaizala_admin.connectors.models import Tenant


class TenantForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Tenant
        fields = [
            "name",
            "calls_per_minute",
            "default_region",
            "time_zone",
            "many_people",
            "growth_percent",
            "pause_after_failures",
            "quiet_from",
            "quiet_until",
        ]
        widgets = dict.fromkeys(("quiet_from", "quiet_until"), UnfoldAdminTimeWidget)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        start, end = data.get("quiet_from"), data.get("quiet_until")
        if (start is None) != (end is None):
            self.add_error("quiet_until", _("Write both times, or none."))
        elif start is not None and start == end:
            self.add_error("quiet_until", _("The quiet hours would never end. Write two different times."))
        return data

    def clean_default_region(self) -> Any:
        region = self.cleaned_data["default_region"].upper()
        if region not in phonenumbers.SUPPORTED_REGIONS:
            raise ValidationError(_("This is no country. Write its two letters, for example IN or KE."))
        return region

    def clean_time_zone(self) -> Any:
        zone = self.cleaned_data["time_zone"]
        if zone not in available_timezones():
            raise ValidationError(_("This is no time zone. Write it like Asia/Kolkata or UTC."))
        return zone
