"""The form of a schedule: when, how often, until when, and what to do with a time that was missed."""

import hashlib
import json
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib.auth.models import AbstractBaseUser
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kaizala_admin.connectors import clock
from messaging.kinds.parts.fields import Pick
from messaging.kinds.parts.times import zones
from messaging.models import Broadcast
from messaging.services import Plan

from .models import Profile, Schedule
from .rules import ONCE, WEEKLY, WORKDAYS, Rule

NEVER, ON_DAY, AFTER = "never", "day", "times"
ENDS = [
    (NEVER, gettext_lazy("When somebody stops it")),
    (ON_DAY, gettext_lazy("After a day")),
    (AFTER, gettext_lazy("After a number of times")),
]
NINE = time(9)
MOST_TIMES, MOST_HOURS, LAST_YEAR = 1000, 72, 2100


def _date(label: Any, **more: Any) -> forms.DateField:
    return forms.DateField(
        label=label, widget=forms.DateInput({"type": "date", "class": "msg-input"}, format="%Y-%m-%d"), **more
    )


def _whole(label: Any, most: int, **more: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        min_value=1,
        max_value=most,
        widget=forms.NumberInput({"class": "msg-input msg-short", "inputmode": "numeric"}),
        **more,
    )


class PlanForm(forms.Form):
    """`plan` is what it says, once it is valid."""

    plan: Plan

    repeat = forms.ChoiceField(label=gettext_lazy("How often"), choices=Schedule.Repeat)
    starts_on = _date(gettext_lazy("Day"))
    at = forms.TimeField(
        label=gettext_lazy("Time"),
        widget=forms.TimeInput({"type": "time", "class": "msg-input"}, format="%H:%M"),
    )
    zone = Pick(gettext_lazy("Time zone"), choices=zones)
    days = forms.MultipleChoiceField(
        label=gettext_lazy("Weekdays"),
        choices=[(str(number), name) for number, name in WEEKDAYS.items()],
        required=False,
    )
    ends = forms.ChoiceField(label=gettext_lazy("Ends"), choices=ENDS, required=False)
    until = _date(gettext_lazy("Last day"), required=False)
    times = _whole(gettext_lazy("How many times"), MOST_TIMES, required=False)
    missed = forms.ChoiceField(
        label=gettext_lazy("If nothing runs at that time"), choices=Schedule.Missed, required=False
    )
    late_hours = _whole(gettext_lazy("Hours late at most"), MOST_HOURS, required=False)

    def clean_starts_on(self) -> Any:
        return _possible(self.cleaned_data["starts_on"])

    def clean_until(self) -> Any:
        return _possible(self.cleaned_data["until"])

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("repeat") == WEEKLY and not data.get("days") and "days" not in self.errors:
            self.add_error("days", _("Choose at least one weekday."))
        if data.get("repeat") != ONCE:
            self._check_end(data)
        if not self.errors:
            self.plan = self._plan(data, clock.now())
            if self.plan.rule.next(clock.now()) is None:
                self.add_error("starts_on", _("That time has passed. Choose one that is still to come."))
        return data

    def _check_end(self, data: dict[str, Any]) -> None:
        ends, until, start = data.get("ends"), data.get("until"), data.get("starts_on")
        if ends == ON_DAY and not until and "until" not in self.errors:
            self.add_error("until", _("Choose the last day."))
        elif ends == ON_DAY and until and start and until < start:
            self.add_error("until", _("The last day is before the first one."))
        if ends == AFTER and not data.get("times") and "times" not in self.errors:
            self.add_error("times", _("Say how many times."))

    def _plan(self, data: dict[str, Any], now: datetime) -> Plan:
        again = data["repeat"] != ONCE
        rule = Rule(
            data["repeat"],
            data["zone"],
            data["starts_on"],
            data["at"],
            "".join(sorted(data["days"])) or WORKDAYS,
            data["until"] if again and data["ends"] == ON_DAY else None,
        )
        if again and data["ends"] == AFTER:
            rule = rule.ending_after(data["times"], now)
        return Plan(rule, data["missed"] or Schedule.Missed.ASK, data["late_hours"] or 2)


def _possible(day: Any) -> Any:
    if day and day.year > LAST_YEAR:
        raise forms.ValidationError(_("This is too far away."))
    return day


def initial(broadcast: Broadcast, user: AbstractBaseUser, repeat: str) -> dict[str, Any]:
    """What the form begins with: the schedule that there is, else tomorrow at nine on the person's clock."""
    known = Schedule.objects.filter(broadcast=broadcast).first()
    if known:
        return {
            "repeat": known.repeat,
            "starts_on": known.starts_on,
            "at": known.at,
            "zone": known.zone,
            "days": list(known.days),
            "ends": ON_DAY if known.until else NEVER,
            "until": known.until,
            "missed": known.missed,
            "late_hours": known.late_hours,
        }
    own = Profile.objects.filter(user=user.pk).values_list("time_zone", flat=True).first()
    zone = own or broadcast.tenant.time_zone
    tomorrow = clock.now().astimezone(ZoneInfo(zone)).date() + timedelta(days=1)
    return {
        "repeat": repeat if repeat in Schedule.Repeat.values else ONCE,
        "starts_on": tomorrow,
        "at": NINE,
        "zone": zone,
        "days": list(WORKDAYS),
        "ends": NEVER,
        "missed": Schedule.Missed.ASK,
        "late_hours": 2,
    }


def mark(plan: Plan) -> str:
    """Changes when the plan does: the button carries the plan whose words were shown."""
    said = [plan.rule.terms(), plan.missed, plan.late_hours]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]
