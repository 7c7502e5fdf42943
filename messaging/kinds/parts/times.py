"""Times as people write them: a local time and a zone, right across daylight saving."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext

FIRST_YEAR, LAST_YEAR = 2000, 9998  # whole in every time zone


def zones() -> list[tuple[str, str]]:
    """The time zones that a person may choose from, each with its name to be read."""
    return [
        (name, name.replace("_", " "))
        for name in sorted(available_timezones())
        if "/" in name or name == "UTC"
    ]


class LocalTime(forms.CharField):
    """A date and time to the minute, as text: "2026-12-24T18:30". Its zone is another field's."""

    part = "messaging/kinds/parts/words.html"

    def __init__(self, label: Any, **more: Any) -> None:
        attrs = {"type": "datetime-local", "class": "msg-input"}
        super().__init__(label=label, widget=forms.TextInput(attrs), **more)

    def clean(self, value: Any) -> str:
        try:
            found = datetime.fromisoformat(str(value or "").strip()).replace(tzinfo=None)
            check_year(found)
        except ValueError:
            raise ValidationError(gettext("Give a date and a time."), code="required") from None
        return found.isoformat(timespec="minutes")


def check_year(local: datetime) -> None:
    """Raises ValueError for a time that some zone cannot tell."""
    if not FIRST_YEAR <= local.year <= LAST_YEAR:
        raise ValueError(local)


def exact(written: str, zone: ZoneInfo) -> datetime:
    """The moment that a local time means. Of two (clocks set back) the earlier one.

    Raises ValidationError for a time that the clocks skip, and ValueError for what is no time.
    """
    local = datetime.fromisoformat(written).replace(tzinfo=zone)
    check_year(local)
    there = local.astimezone(UTC).astimezone(zone)
    if there.replace(tzinfo=None) != local.replace(tzinfo=None):
        said = gettext("The clocks skip this time in %(zone)s that day. Choose another.")
        raise ValidationError(said % {"zone": str(zone).replace("_", " ")}, code="skipped")
    return local
