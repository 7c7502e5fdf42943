"""When people answered: by hour, day, week or month, as the span asks for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from surveys import counting

from .questions import share
from .totals import Totals

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MOST = 80  # columns


@dataclass(frozen=True)
class Column:
    """One stretch of time. `so_far` counts up; `share` is per cent of those reached, None if unknown."""

    label: str
    count: int
    so_far: int
    share: float | None


@dataclass(frozen=True)
class OverTime:
    columns: Sequence[Column]
    sentence: str
    unit: str

    @property
    def labels(self) -> list[str]:
        return [column.label for column in self.columns]

    @property
    def series(self) -> list[tuple[str, list[int]]]:
        """The responses of each stretch, and all until its end."""
        return [
            (_("Responses"), [column.count for column in self.columns]),
            (_("So far"), [column.so_far for column in self.columns]),
        ]


def over_time(totals: Totals, reached: int) -> OverTime | None:
    """None while no time is known. In the reader's time zone; a stretch without answers is shown, too."""
    hours = sorted([(_hour(part.key), part.count) for part in totals.of(counting.WHEN) if part.count > 0])
    if not hours:
        return None
    step, unit, words = _step(hours[-1][0] - hours[0][0])
    counts: dict[datetime, int] = {}
    for at, count in hours:
        start = _start(at, step)
        counts[start] = counts.get(start, 0) + count
    starts = _every(min(counts), max(counts), step)
    columns = _columns([(at, counts.get(at, 0)) for at in starts], words, reached)
    peak = max(columns, key=lambda column: column.count)
    told = {"n": f"{peak.count:,}", "when": peak.label}
    sentence = _("Most answers came at %(when)s: %(n)s.") % told
    if (reach := columns[-1].share) is not None:
        sentence += " " + _("By now %(share)s %% of those reached have answered.") % {"share": f"{reach:.0f}"}
    return OverTime(columns, sentence, unit)


def _hour(key: str) -> datetime:
    return datetime.strptime(key, "%Y-%m-%dT%H").replace(tzinfo=UTC)


def _step(span: timedelta) -> tuple[timedelta, str, str]:
    if span <= 2 * DAY:
        return HOUR, _("hour"), "SHORT_DATETIME_FORMAT"
    if span <= MOST * DAY:
        return DAY, _("day"), "SHORT_DATE_FORMAT"
    days = -(-span.days // MOST)
    return timedelta(days=-(-days // 7) * 7), _("weeks"), "SHORT_DATE_FORMAT"


def _start(at: datetime, step: timedelta) -> datetime:
    local = timezone.localtime(at)
    if step == HOUR:
        return local
    day = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return day - timedelta(days=day.toordinal() % step.days)


def _every(first: datetime, last: datetime, step: timedelta) -> list[datetime]:
    """Steps through local days, which are not all 24 hours long."""
    found, at = [], first
    while at <= last:
        found.append(at)
        at = at + step
        if step != HOUR:
            at = timezone.make_aware(at.replace(tzinfo=None), timezone.get_current_timezone())
    return found


def _columns(counts: Sequence[tuple[datetime, int]], words: str, reached: int) -> list[Column]:
    so_far, columns = 0, []
    for at, count in counts:
        so_far += count
        part = min(100.0, share(so_far, reached)) if reached else None
        columns.append(Column(date_format(at, words), count, so_far, part))
    return columns
