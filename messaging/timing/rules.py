"""When, by the clock on the wall of a named time zone: once or again and again, across daylight saving.

A wall time that a day leaves out is moved on by what the clocks skip (02:30 becomes 03:30). One that a day
has twice is taken the first time. A day of the month that a month does not have is that month's last day.
"""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import formats
from django.utils.translation import gettext as _

ONCE, DAILY, WEEKLY, MONTHLY = "once", "daily", "weekly", "monthly"
WORKDAYS = "01234"  # Monday is 0
FARTHEST = 370  # days that are looked through for one more time; every rule but a finished one has one


@dataclass(frozen=True)
class Occurrence:
    """One time: the instant in UTC, the wall time that was meant, and the wall time that it is."""

    at: datetime
    planned: datetime
    actual: datetime
    twice: bool = False

    @property
    def moved(self) -> bool:
        return self.planned != self.actual

    @property
    def note(self) -> str:
        """What daylight saving does to it, in words; mostly nothing."""
        day = formats.date_format(self.planned, "j F Y")
        said = {"day": day, "planned": f"{self.planned:%H:%M}", "actual": f"{self.actual:%H:%M}"}
        if self.moved and self.planned.date() != self.actual.date():
            said["other"] = formats.date_format(self.actual, "j F Y")
            return _("There is no %(planned)s on %(day)s; it is sent on %(other)s at %(actual)s.") % said
        if self.moved:
            return _("On %(day)s there is no %(planned)s; it is sent at %(actual)s.") % said
        if self.twice:
            return _("On %(day)s there are two %(planned)s; it is sent at the first.") % said
        return ""


def resolve(zone: ZoneInfo, day: date, at: time) -> Occurrence:
    """The instant at which the clocks of the zone show this, by the rules above."""
    meant = datetime.combine(day, at)
    local = meant.replace(tzinfo=zone)
    instant = local.astimezone(UTC)
    actual = instant.astimezone(zone).replace(tzinfo=None, fold=0)
    twice = actual == meant and local.utcoffset() != local.replace(fold=1).utcoffset()
    return Occurrence(instant, meant, actual, twice)


@dataclass(frozen=True)
class Rule:
    """`days` are weekdays for WEEKLY ("024"); `until` is the last day on which it may be sent."""

    repeat: str
    zone: str
    starts_on: date
    at: time
    days: str = WORKDAYS
    until: date | None = None

    @property
    def clock(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    def terms(self) -> list[Any]:
        """The same in plain values, for what was agreed to."""
        return [self.repeat, self.days, self.zone, str(self.starts_on), str(self.at), str(self.until)]

    def ending_after(self, times: int, instant: datetime) -> "Rule":
        """The same rule, whose last day is that of the `times`-th time later than `instant`."""
        last = next(islice(self.after(instant), times - 1, times), None)
        return replace(self, until=last.planned.date()) if last else self

    def after(self, instant: datetime) -> Iterator[Occurrence]:
        """Every time later than `instant`, in order, none twice."""
        zone = self.clock
        last = instant
        day = max(self.starts_on, instant.astimezone(zone).date() - timedelta(days=2))
        for planned in self._days(day):
            found = resolve(zone, planned, self.at)
            if found.at > last:
                last = found.at
                yield found

    def next(self, instant: datetime) -> Occurrence | None:
        """The first time later than `instant`; None when there is none any more."""
        return next(self.after(instant), None)

    def between(self, start: datetime, end: datetime) -> Iterator[Occurrence]:
        """Every time later than `start` and not later than `end`."""
        for found in self.after(start):
            if found.at > end:
                return
            yield found

    def has(self, instant: datetime) -> bool:
        """Whether this is one of its times."""
        return any(found.at == instant for found in self.between(instant - timedelta(seconds=1), instant))

    def _days(self, first: date) -> Iterator[date]:
        if self.repeat == ONCE:
            yield self.starts_on
            return
        day, idle = first, 0
        while idle < FARTHEST and not (self.until and day > self.until) and day < date.max:
            idle += 1
            if self._falls_on(day):
                idle = 0
                yield day
            day += timedelta(days=1)

    def _falls_on(self, day: date) -> bool:
        if self.repeat == WEEKLY:
            return str(day.weekday()) in self.days
        if self.repeat == MONTHLY:
            return day.day == min(self.starts_on.day, monthrange(day.year, day.month)[1])
        return True
