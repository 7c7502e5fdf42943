"""The small organisation of the rooms around, with something on its schedule."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.contrib.auth.models import User

from messaging import services
from messaging.models import Broadcast
from messaging.timing.models import Firing, Schedule
from messaging.timing.rules import DAILY, ONCE, Rule
from tests.messaging.conftest import GROUPS, Org, org, person, recorder, signed_in

DAY = date(2031, 3, 10)  # far enough ahead that the tick of no other test comes by
NINE = datetime(2031, 3, 10, 9, tzinfo=UTC)
HOUR, ONE_DAY = timedelta(hours=1), timedelta(days=1)


def once(zone: str = "UTC", at: time = time(9)) -> Rule:
    return Rule(ONCE, zone, DAY, at)


def daily(**more: Any) -> Rule:
    return Rule(DAILY, "UTC", DAY, time(9), **more)


def scheduled(
    org: Org, rule: Rule, by: User | None = None, draft: Broadcast | None = None, **policy: Any
) -> Broadcast:
    """A text to a group of three on the schedule."""
    row = draft or org.draft(GROUPS, [org.group()])
    people = services.check(row).people
    done = services.schedule(
        broadcast=row,
        by=by,
        plan=services.Plan(rule, **policy),
        expected_people=people,
        expected_draft=services.fingerprint(row),
        typed=str(people),
    )
    assert done is True
    return Broadcast.objects.get(pk=row.pk)


def plan_of(broadcast: Broadcast) -> Schedule:
    return Schedule.objects.get(broadcast=broadcast)


def story() -> list[tuple[str, str]]:
    """Every firing in the order of its time: the day and hour, and what became of it."""
    rows = Firing.objects.order_by("due_at").values_list("due_at", "outcome")
    return [(f"{due:%d %H:%M}", outcome) for due, outcome in rows]


__all__ = ["org", "person", "recorder", "signed_in"]
