"""What is coming in the next weeks, day by day, and what became of what has come."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from groups.models import Reach
from kaizala_admin.connectors import clock
from kaizala_admin.connectors.models import Connector
from kaizala_admin.ui.views import ConsoleMixin
from messaging.audience import Expression
from messaging.models import Broadcast
from messaging.timing import firings, words
from messaging.timing.models import Firing, Schedule

AHEAD, BEHIND = timedelta(weeks=4), timedelta(weeks=2)
ONE_WEEK = timedelta(weeks=1)
MOST_SCHEDULES, MOST_PAST = 500, 200


@dataclass(frozen=True)
class Line:
    """One time that is to come."""

    schedule: Schedule
    local: datetime
    here: datetime
    notes: list[str]


@dataclass
class Day:
    """A day on the console's clock: what comes and what came, each in its order."""

    date: date
    coming: list[Line] = field(default_factory=list)
    past: list[Any] = field(default_factory=list)


@dataclass
class Week:
    """Days that stand together; folded unless they are near."""

    title: str
    days: list[Day]
    open: bool = False

    @property
    def times(self) -> int:
        return sum(len(day.coming) + len(day.past) for day in self.days)


class Agenda(ConsoleMixin, TemplateView):
    permission_required = "messaging.view_broadcast"
    template_name = "messaging/timing/agenda.html"
    title = _("Agenda")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        now, connectors = clock.now(), list(Connector.objects.select_related("tenant").order_by("name"))
        chosen = next((one for one in connectors if str(one.pk) == self.request.GET.get("connector")), None)
        through = _Through(chosen) if chosen else None
        past = _past(now, through)
        days = _days(_coming(now, through), past, now)
        shown = {
            "days": days,
            "weeks": _weeks(days, timezone.localdate(now)),
            "asking": [
                one for one in firings.with_results(firings.to_decide()) if _fits(one.schedule, through)
            ],
            "paused": [one for one in _schedules(Schedule.State.PAUSED) if _fits(one, through)],
            "cut": _cut(now),
            "connectors": connectors,
            "chosen": chosen,
            "zone": timezone.get_current_timezone_name(),
            "today": timezone.localdate(now),
            "may_send": self.request.user.has_perm("messaging.send_broadcast"),
            "may_add": self.request.user.has_perm("messaging.add_broadcast"),
        }
        return super().get_context_data(**{**shown, **kwargs})


class _Through:
    """Whether a connector carries a broadcast: it reaches one of its groups, or serves its organisation."""

    def __init__(self, connector: Connector) -> None:
        self.tenant = connector.tenant_id
        reached = Reach.objects.filter(grant__connector=connector, gone_at=None)
        self.groups = set(reached.values_list("group_id", flat=True))

    def carries(self, broadcast: Broadcast) -> bool:
        said = Expression.of(broadcast.audience)
        named = {*said.include.groups, *said.include.one_by_one, *said.include.public, *said.through}
        return broadcast.tenant_id == self.tenant and (not named or bool(named & self.groups))


def _fits(schedule: Schedule, through: _Through | None) -> bool:
    return through is None or through.carries(schedule.broadcast)


def _schedules(state: str) -> list[Schedule]:
    rows = Schedule.objects.filter(state=state).select_related("broadcast__tenant")
    return list(rows.order_by("next_at", "pk")[:MOST_SCHEDULES])


def _cut(now: datetime) -> list[str]:
    """What is not shown because there is too much of it, in words."""
    found = []
    plans = Schedule.objects.filter(state__in=[Schedule.State.ACTIVE, Schedule.State.PAUSED])
    counts = dict(plans.order_by().values_list("state").annotate(Count("pk")))
    if max(counts.values(), default=0) > MOST_SCHEDULES:
        words = gettext(
            "There are more than %(n)s schedules. Here are those whose next times are the nearest."
        )
        found.append(words % {"n": f"{MOST_SCHEDULES:,}"})
    if Firing.objects.filter(due_at__gt=now - BEHIND)[MOST_PAST : MOST_PAST + 1].exists():
        words = gettext(
            "More than %(n)s times have come in these weeks. Here are the newest; each schedule has its own."
        )
        found.append(words % {"n": f"{MOST_PAST:,}"})
    return found


def _coming(now: datetime, through: _Through | None) -> Iterator[Line]:
    for schedule in _schedules(Schedule.State.ACTIVE):
        if not _fits(schedule, through) or schedule.next_at is None:
            continue
        for one in schedule.rule.between(now, now + AHEAD):
            quiet = words.quiet_words(schedule.broadcast, one.at)
            notes = [said for said in (one.note, quiet) if said]
            yield Line(schedule, one.at.astimezone(schedule.rule.clock), timezone.localtime(one.at), notes)


def _past(now: datetime, through: _Through | None) -> list[Any]:
    rows = Firing.objects.filter(due_at__gt=now - BEHIND).order_by("-due_at", "-pk")
    return [one for one in firings.with_results(rows[:MOST_PAST]) if _fits(one.schedule, through)]


def _days(coming: Iterator[Line], past: list[Any], now: datetime) -> list[Day]:
    days: dict[date, Day] = {}

    def of(day: date) -> Day:
        return days.setdefault(day, Day(day))

    of(timezone.localdate(now))
    for line in sorted(coming, key=lambda line: line.here):
        of(line.here.date()).coming.append(line)
    by_day: dict[date, list[Any]] = defaultdict(list)
    for one in reversed(past):
        one.here = timezone.localtime(one.due_at)
        by_day[one.here.date()].append(one)
    for day, rows in by_day.items():
        of(day).past = rows
    return [days[day] for day in sorted(days)]


def _weeks(days: list[Day], today: date) -> list[Week]:
    """The next seven days first, open; then each week after them; what has come stands last."""
    past = [day for day in reversed(days) if day.date < today]
    near = [day for day in days if today <= day.date < today + ONE_WEEK]
    found = [Week(gettext("The next 7 days"), near, open=True)]
    for start in range(1, AHEAD // ONE_WEEK + 1):
        first = today + start * ONE_WEEK
        some = [day for day in days if first <= day.date < first + ONE_WEEK]
        if some:
            said = {"day": date_format(first, "j F")}
            found.append(Week(gettext("The week from %(day)s") % said, some))
    if past:
        found.append(Week(gettext("What has come, the newest first"), past))
    return found
