"""A schedule in words: what will happen, when, and what daylight saving and quiet hours do to it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from zoneinfo import ZoneInfo

from django.utils import formats
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from messaging.models import Broadcast

from . import quiet
from .models import Schedule
from .rules import DAILY, MONTHLY, ONCE, WORKDAYS, Occurrence, Rule

SHOWN = 5
LONG_MONTH = 28  # every month has so many days


@dataclass(frozen=True)
class Coming:
    """One time that is to come; `notes` say what is unusual about it."""

    local: datetime
    utc: datetime
    notes: list[str]


def coming(rule: Rule, broadcast: Broadcast, after: datetime, most: int = SHOWN) -> list[Coming]:
    """The next times of a rule, on the clocks of its zone and in UTC."""
    return [_coming(one, rule, broadcast) for one in islice(rule.after(after), most)]


def _coming(one: Occurrence, rule: Rule, broadcast: Broadcast) -> Coming:
    notes = [one.note] if one.note else []
    if said := quiet_words(broadcast, one.at):
        notes.append(said)
    return Coming(one.at.astimezone(rule.clock), one.at.astimezone(UTC), notes)


def quiet_words(broadcast: Broadcast, instant: datetime) -> str:
    """That quiet hours hold what is sent at this instant, and until when; "" when they do not."""
    tenant = broadcast.tenant
    opening = None if broadcast.ignore_quiet else quiet.opens_at(tenant, instant)
    if opening is None:
        return ""
    local = formats.date_format(opening.astimezone(ZoneInfo(tenant.time_zone)), "j F, H:i")
    said = {"time": local, "zone": tenant.time_zone}
    return _("Quiet hours: its calls wait until %(time)s (%(zone)s), then go by themselves.") % said


def sentence(rule: Rule) -> str:
    """ "Every Monday and Friday at 09:00 on the clocks of Asia/Kolkata, from 3 March 2031." """
    said = {
        "at": f"{rule.at:%H:%M}",
        "zone": rule.zone.replace("_", " "),
        "day": formats.date_format(rule.starts_on, "l, j F Y"),
        "from": formats.date_format(rule.starts_on, "j F Y"),
    }
    if rule.repeat == ONCE:
        return _("Once: %(day)s at %(at)s, on the clocks of %(zone)s.") % said
    said["often"] = often(rule)
    if rule.until is None:
        return (
            _("%(often)s at %(at)s, on the clocks of %(zone)s, from %(from)s until somebody stops it.") % said
        )
    said["until"] = formats.date_format(rule.until, "j F Y")
    return _("%(often)s at %(at)s, on the clocks of %(zone)s, from %(from)s to %(until)s.") % said


def often(rule: Rule) -> str:
    """ "Every day", "Every Monday and Friday"."""
    if rule.repeat == DAILY:
        return _("Every day")
    if rule.repeat == MONTHLY and rule.starts_on.day > LONG_MONTH:
        return _("On day %(n)s of every month (on its last day where it has fewer)") % {
            "n": rule.starts_on.day
        }
    if rule.repeat == MONTHLY:
        return _("On day %(n)s of every month") % {"n": rule.starts_on.day}
    if rule.days == WORKDAYS:
        return _("Every Monday to Friday")
    return _("Every %(days)s") % {"days": ", ".join(_weekdays(rule.days))}


def _weekdays(days: str) -> Iterator[str]:
    return (str(WEEKDAYS[int(one)]) for one in sorted(days))


def policy(missed: str, late_hours: int) -> str:
    """What happens to a time at which nothing ran."""
    if missed == Schedule.Missed.LATE:
        words = ngettext(
            "If nothing runs at that time, it is sent late, up to %(n)s hour; after that it is left out.",
            "If nothing runs at that time, it is sent late, up to %(n)s hours; after that it is left out.",
            late_hours,
        )
        return words % {"n": late_hours}
    if missed == Schedule.Missed.SKIP:
        return _("If nothing runs at that time, it is left out.")
    return _("If nothing runs at that time, the home page asks whether to send it late.")


def of_schedule(schedule: Schedule) -> str:
    """The sentence of a stored schedule."""
    return sentence(schedule.rule)


__all__ = ["Coming", "coming", "of_schedule", "often", "policy", "quiet_words", "sentence"]
