"""Reminding those who have not answered: by Kaizala's reminder, or by a message to just those."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext as _

from groups import queries
from kaizala_admin.connectors import clock
from kaizala_admin.connectors.models import Grant
from kaizala_admin.outbox import services as outbox
from kaizala_admin.outbox.models import Lane, State
from messaging import lines, trail
from messaging import services as messaging
from messaging.audience import PEOPLE
from messaging.models import Broadcast
from surveys import missing
from surveys.models import Action, ActionInstance, Reminder
from surveys.sync.writing import lock

QUIET = timedelta(minutes=10)  # nobody is reminded of the same thing twice within it


class CannotRemind(Exception):
    """`str()` says why, for a person."""


@dataclass(frozen=True)
class Plan:
    """What a reminder takes. In a group that is not public it goes to everybody: nobody can be named."""

    named: int  # people in public groups, who are named
    whole: int  # people in other groups, who all get it
    groups: int
    calls: int

    @property
    def people(self) -> int:
        return self.named + self.whole


def plan(*, instances: Sequence[ActionInstance]) -> Plan:
    """Nothing is sent. `instances` come with their action and group."""
    grants = queries.best_grants([one.group_id for one in instances])
    named = whole = groups = calls = 0
    for one in instances:
        if not _may(one) or one.group_id not in grants:
            continue
        people = missing.count(one)
        if one in missing.can_be_named([one]) and not one.action.is_anonymous:
            named += people
            calls += -(-people // grants[one.group_id].connector.batch_size)
            groups += bool(people)
        elif people or one.action.is_anonymous:
            whole, calls, groups = whole + one.reached, calls + 1, groups + 1
    return Plan(named, whole, groups, calls)


def _may(instance: ActionInstance) -> bool:
    return instance.is_open(clock.now())


def remind(*, instances: Sequence[ActionInstance], by: AbstractBaseUser | None) -> int:
    """Puts the reminders in line; how many calls. Those reminded within ten minutes are left out."""
    grants = queries.best_grants([one.group_id for one in instances])
    posted = 0
    for one in sorted(instances, key=lambda row: row.pk):
        if _may(one) and one.group_id in grants:
            posted += _remind(one, grants[one.group_id], by)
    return posted


def _remind(instance: ActionInstance, grant: Grant, by: AbstractBaseUser | None) -> int:
    """Under the instance's lock, so that a double click finds what the first has posted."""
    with transaction.atomic():
        locked = lock(instance.pk)
        again = Reminder.objects.filter(instance=locked, created_at__gt=clock.now() - QUIET)
        if again.exclude(state__in=[State.FAILED, State.CANCELLED]).exists():
            return 0
        rows = outbox.post(list(_rows(instance, grant, by)))
        people = sum(row.people for row in rows)
        trail.note(instance.action, by, "remind", people=people, calls=len(rows))
        return len(rows)


def _rows(instance: ActionInstance, grant: Grant, by: AbstractBaseUser | None) -> Iterator[Reminder]:
    who: Any = by
    same: dict[str, Any] = {
        "instance": instance,
        "what": instance.action.title,
        "by": who,
        "grant": grant,
        "connector": grant.connector,
        "lane": Lane.BROADCAST,
    }
    if missing.can_be_named([instance]) and not instance.action.is_anonymous:
        people = missing.numbers(instance)
        while some := list(islice(people, grant.connector.batch_size)):
            yield Reminder(numbers=some, people=len(some), **same)
    elif instance.action.is_anonymous or missing.count(instance):
        yield Reminder(to_all=True, people=instance.reached, **same)


def write_to_missing(*, action: Action, by: AbstractBaseUser | None) -> Broadcast:
    """A draft to just those who have not answered, in the action's public groups. Raises CannotRemind."""
    rows = ActionInstance.objects.filter(action=action, gone_at=None).select_related(
        "action", "group", "dispatch"
    )
    instances = missing.can_be_named(list(rows))
    if action.is_anonymous:
        raise CannotRemind(_("The answers are anonymous, so nobody knows who has not answered."))
    if not instances:
        raise CannotRemind(_("Only in public groups a message can go to single people."))
    numbers = dict.fromkeys(number for one in instances for number in missing.numbers(one))
    if not numbers:
        raise CannotRemind(_("Everybody whose number is known has answered."))
    groups = tuple(dict.fromkeys(one.group_id for one in instances))
    return messaging.save_draft(
        tenant=action.tenant,
        choice=messaging.Choice(PEOPLE, groups),
        content={"message": ""},
        by=by,
        title=_("Please answer: %(title)s") % {"title": action.title},
        numbers=lines.from_numbers(islice(numbers, lines.MAX_ROWS), action.tenant.default_region),
    )
