"""An organisation's form."""

from typing import Any
from zoneinfo import available_timezones

import phonenumbers
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from kaizala_admin.connectors.models import Tenant


class TenantForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Tenant
        fields = ["name", "calls_per_minute", "default_region", "time_zone", "many_people"]

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
