"""Let's meet: an invitation, its time in the zone of the staff member who writes it (contract 9)."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils import formats, timezone
from django.utils.text import Truncator, format_lazy
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from kaizala_admin.kaizala import LetsMeet, Place

from .base import ActionKind, Content, ContentForm
from .parts.card import Card, Text
from .parts.fields import LONG, SHORT, Count, Degrees, Pick, Switch, Words
from .parts.reading import whole, words
from .parts.times import LocalTime, exact, zones

MINUTES, MOST_MINUTES = 30, 14 * 24 * 60  # Kaizala's default; ours: two weeks


class LetsMeetForm(ContentForm):
    headline = Words(_("What for?"), SHORT)
    starts_at = LocalTime(_("Begins"))
    zone = Pick(_("Time zone"), choices=zones, initial=timezone.get_current_timezone_name)
    minutes = Count(_("Takes"), MOST_MINUTES, _("minutes"), initial=MINUTES)
    place_name = Words(_("Where?"), SHORT, required=False)
    latitude = Degrees(_("Latitude"), 90)
    longitude = Degrees(_("Longitude"), 180)
    agenda = Words(_("Agenda"), LONG, rows=4, required=False)
    sender_only = Switch(_("Only the sender sees who comes"))

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if "starts_at" in data and "zone" in data:
            self._check_time(data["starts_at"], ZoneInfo(data["zone"]))
        if not {"latitude", "longitude"} & set(self.errors):
            self._check_place(data)
        return data

    def _check_time(self, written: str, zone: ZoneInfo) -> None:
        try:
            begins = exact(written, zone)
        except ValidationError as error:
            self.add_error("starts_at", error)
            return
        if begins <= timezone.now():
            self.add_error("starts_at", gettext("This time is over already. Choose a later one."))

    def _check_place(self, data: dict[str, Any]) -> None:
        given = [data.get(name) is not None for name in ("latitude", "longitude")]
        if any(given) and not all(given):
            missing = "longitude" if given[0] else "latitude"
            self.add_error(missing, gettext("Give both coordinates, or none."))
        elif data.get("place_name") and not any(given):
            self.add_error("latitude", gettext("Kaizala shows a place on a map: give its coordinates too."))


class LetsMeetKind(ActionKind):
    key = "lets_meet"
    title = _("Let's meet")
    hint = _("A time and a place")
    icon = "event"
    place = 41
    form = LetsMeetForm

    def summary(self, content: Content) -> str:
        return Truncator(words(content, "headline")).chars(60)

    def action(self, content: Content) -> LetsMeet:
        return LetsMeet(
            content["headline"],
            exact(content["starts_at"], ZoneInfo(content["zone"])),
            duration_in_minutes=content["minutes"],
            place=_place(content),
            agenda=content["agenda"],
            is_sender_only=content["sender_only"],
        )

    def card(self, content: Content) -> Card:
        return Card(
            _("Let's meet"),
            title=words(content, "headline"),
            text=words(content, "agenda"),
            facts=tuple(
                fact for fact in (_when(content), _takes(content), words(content, "place_name")) if fact
            ),
        )


def _place(content: Content) -> Place | None:
    if content["latitude"] is None:
        return None
    return Place(content["latitude"], content["longitude"], content["place_name"])


def _when(content: Content) -> Text:
    """The time as it was written, with its zone; "" while there is none."""
    try:
        begins: datetime = exact(words(content, "starts_at"), ZoneInfo(words(content, "zone") or "UTC"))
    except (ValidationError, ValueError, KeyError, OSError):
        return ""
    return format_lazy("{} ({})", formats.date_format(begins, "DATETIME_FORMAT"), str(begins.tzinfo))


def _takes(content: Content) -> str:
    minutes = whole(content, "minutes", MINUTES)
    return ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": f"{minutes:,}"}


KIND = LetsMeetKind()
