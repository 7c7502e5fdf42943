"""Times as people write them: a local time and a zone, right across daylight saving."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext

WRITTEN = "%Y-%m-%dT%H:%M"


class LocalTime(forms.CharField):
    """A date and time to the minute, as text: "2026-12-24T18:30". Its zone is another field's."""

    part = "messaging/kinds/parts/words.html"

    def __init__(self, label: Any, **more: Any) -> None:
        attrs = {"type": "datetime-local", "class": "msg-input"}
        super().__init__(label=label, widget=forms.TextInput(attrs), **more)

    def clean(self, value: Any) -> str:
        try:
            return datetime.fromisoformat(str(value or "").strip()).replace(tzinfo=None).strftime(WRITTEN)
        except (ValueError, OverflowError):
            said = gettext("Give a date and a time.")
            raise ValidationError(said, code="required") from None


def exact(written: str, zone: ZoneInfo) -> datetime:
    """The moment that a local time means. Of two (clocks set back) the earlier one.

    Raises ValidationError for a time that the clocks skip, and ValueError for what is no time.
    """
    local = datetime.strptime(written, WRITTEN).replace(tzinfo=zone)
    try:
        there = local.astimezone(UTC).astimezone(zone)
    except OverflowError as error:
        raise ValueError(written) from error
    if there.replace(tzinfo=None) != local.replace(tzinfo=None):
        said = gettext("The clocks skip this time in %(zone)s that day. Choose another.")
        raise ValidationError(said % {"zone": str(zone).replace("_", " ")}, code="skipped")
    return local
