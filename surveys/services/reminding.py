"""Reminding those who have not answered: by Kaizala's reminder, or by a message to just those."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from groups import queries
from groups.models import Member
from kaizala_admin.connectors import clock
from kaizala_admin.connectors.models import Grant, Tenant
from kaizala_admin.outbox import services as outbox
from kaizala_admin.outbox.models import Lane, State
from messaging import lines, trail
from messaging import services as messaging
from messaging.audience import MIX, Include
from messaging.models import Broadcast, DoNotContact
from messaging.timing import quiet
from surveys import missing
from surveys.models import Action, ActionInstance, Reminder

QUIET = timedelta(minutes=10)  # nobody is reminded of the same thing twice within it
SEND_TO_MANY = "messaging.send_to_many"


class CannotRemind(Exception):
    """`str()` says why, for a person."""


@dataclass(frozen=True)
class Plan:
    """What a reminder takes. In a group that is not public it goes to everybody: nobody can be named.

    `barred` are on the do-not-contact list: those of public groups are left out, those of whole groups get
    it with the others. `opens_at`: the end of the quiet hours that it waits for.
    """

    named: int = 0  # people in public groups, who are named
    whole: int = 0  # people in other groups, who all get it
    groups: int = 0
    calls: int = 0
    barred: int = 0
    barred_in_whole: int = 0
    opens_at: datetime | None = None
    is_many: bool = False  # more than the tenant calls many

    @property
    def people(self) -> int:
        return self.named + self.whole


def plan(*, instances: Sequence[ActionInstance]) -> Plan:
    """Nothing is sent. `instances` are of one tenant, and come with their action, group and dispatch.

    A handful of queries for some hundred instances.
    """
    grants = _grants(instances)
    now = clock.now()
    some = [one for one in instances if one.is_open(now) and one.group_id in grants]
    if not some:
        return Plan()
    tenant = some[0].action.tenant
    named, whole = [one for one in some if _is_named(one)], [one for one in some if not _is_named(one)]
    people = missing.counts(named, _told(tenant))
    silent = missing.counts(whole)
    whole = [one for one in whole if one.action.is_anonymous or silent[one.pk]]
    calls = [-(-people[one.pk] // grants[one.group_id].connector.batch_size) for one in named]
    reached = sum(people.values()) + sum(one.reached for one in whole)
    groups = {one.group_id for one in named if people[one.pk]} | {one.group_id for one in whole}
    return Plan(
        named=sum(people.values()),
        whole=sum(one.reached for one in whole),
        groups=len(groups),
        calls=sum(calls) + len(whole),
        barred=sum(missing.counts(named, _barred(tenant)).values()),
        barred_in_whole=_members_barred(tenant, {one.group_id for one in whole}),
        opens_at=quiet.opens_at(tenant, now),
        is_many=messaging.is_many(Broadcast(tenant=tenant), reached),
    )


def _grants(instances: Sequence[ActionInstance]) -> dict[int, Grant]:
    return queries.best_grants(list(dict.fromkeys(one.group_id for one in instances)))


def _is_named(instance: ActionInstance) -> bool:
    return bool(missing.can_be_named([instance])) and not instance.action.is_anonymous


def _barred(tenant: Tenant) -> Q:
    return Q(Exists(DoNotContact.objects.filter(tenant=tenant, mobile_number=OuterRef("mobile_number"))))


def _told(tenant: Tenant) -> Q:
    """Whom a call may name."""
    return ~_barred(tenant) & ~Q(mobile_number="")


def _members_barred(tenant: Tenant, groups: set[int]) -> int:
    there = Member.objects.filter(_barred(tenant), group__in=groups, gone_at=None)
    return there.values("mobile_number").distinct().count() if groups else 0


def need_allowed(found: Plan, by: Any) -> None:
    """Raises CannotRemind unless this person may send to so many. None is the console itself."""
    if by is not None and found.is_many and not by.has_perm(SEND_TO_MANY):
        said = _("These are %(n)s people. Ask somebody who may send to so many to remind them.")
        raise CannotRemind(said % {"n": f"{found.people:,}"})


def remind(*, instances: Sequence[ActionInstance], by: AbstractBaseUser | None, typed: str = "") -> int:
    """Puts the reminders in line; how many calls. Those reminded within ten minutes are left out.

    To remind many takes what sending to many takes: the permission, and their number, `typed`. The console
    itself (`by` None) is not asked. Raises CannotRemind, or messaging.Changed, with nothing sent.
    """
    found = plan(instances=instances)
    if not found.calls:
        return 0
    tenant = instances[0].action.tenant
    need_allowed(found, by)
    if by is not None:
        messaging.need_typed(Broadcast(tenant=tenant), found.people, typed)
    posting = _Posting(tenant, _grants(instances), by, clock.now(), found.opens_at)
    some = sorted((one for one in instances if posting.reaches(one)), key=lambda one: one.pk)
    chunks = range(0, len(some), missing.MOST_TOGETHER)
    return sum(posting.post(some[at : at + missing.MOST_TOGETHER]) for at in chunks)


@dataclass(frozen=True)
class _Posting:
    """The reminders of one click: through which grants, by whom, and from when on."""

    tenant: Tenant
    grants: dict[int, Grant]
    by: Any
    now: datetime
    opens_at: datetime | None

    def reaches(self, instance: ActionInstance) -> bool:
        return instance.is_open(self.now) and instance.group_id in self.grants

    def post(self, instances: Sequence[ActionInstance]) -> int:
        """Under the instances' locks, so that a double click finds what the first has posted."""
        with transaction.atomic():
            keys = [one.pk for one in instances]
            locked = ActionInstance.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk")
            list(locked.values_list("pk", flat=True))
            lately = _reminded_lately(keys)
            rows = outbox.post(list(self._rows([one for one in instances if one.pk not in lately])))
            if rows:
                people = sum(row.people for row in rows)
                trail.note(instances[0].action, self.by, "remind", people=people, calls=len(rows))
            return len(rows)

    def _rows(self, instances: Sequence[ActionInstance]) -> Iterator[Reminder]:
        named = [one for one in instances if _is_named(one)]
        for one, numbers in missing.named(named, _told(self.tenant)):
            people = iter(numbers)
            while some := list(islice(people, self.grants[one.group_id].connector.batch_size)):
                yield self._row(one, numbers=some, people=len(some))
        whole = [one for one in instances if not _is_named(one)]
        silent = missing.counts(whole)
        for one in whole:
            if one.action.is_anonymous or silent[one.pk]:
                yield self._row(one, to_all=True, people=one.reached)

    def _row(self, instance: ActionInstance, **more: Any) -> Reminder:
        grant = self.grants[instance.group_id]
        return Reminder(
            instance=instance,
            what=instance.action.title,
            by=self.by,
            grant=grant,
            connector=grant.connector,
            lane=Lane.BROADCAST,
            not_before=self.opens_at or self.now,
            reason=quiet.REASON if self.opens_at else "",
            **more,
        )


def _reminded_lately(keys: Sequence[int]) -> set[int]:
    rows = Reminder.objects.filter(instance__in=keys, created_at__gt=clock.now() - QUIET)
    open_or_sent = rows.exclude(state__in=[State.FAILED, State.CANCELLED])
    return set(open_or_sent.values_list("instance_id", flat=True))


def keep_quiet() -> int:
    """Holds reminders that came into the quiet hours, lets go what came out of them; how many."""
    now, changed = clock.now(), 0
    for tenant in Tenant.objects.all():
        waiting = Reminder.objects.filter(connector__tenant=tenant, state=State.QUEUED)
        if opening := quiet.opens_at(tenant, now):
            early = waiting.filter(held=False, not_before__lt=opening)
            changed += outbox.change(early, not_before=opening, reason=quiet.REASON, permits=0)
        else:
            changed += outbox.change(waiting.filter(reason=quiet.REASON), not_before=Now(), reason="")
    return changed


def write_to_missing(*, action: Action, by: AbstractBaseUser | None) -> Broadcast:
    """A draft to just those who have not answered, in the action's public groups. Raises CannotRemind."""
    rows = ActionInstance.objects.filter(action=action, gone_at=None, group__gone_at=None)
    instances = missing.can_be_named(list(rows.select_related("action", "group", "dispatch").order_by("pk")))
    if action.is_anonymous:
        raise CannotRemind(_("The answers are anonymous, so nobody knows who has not answered."))
    if not instances:
        raise CannotRemind(_("Only in public groups a message can go to single people."))
    people = missing.named(instances, ~Q(mobile_number=""))
    every = dict.fromkeys(number for _one, numbers in people for number in numbers)
    if not every:
        raise CannotRemind(_("Everybody whose number is known has answered."))
    if len(every) > lines.MAX_ROWS:
        said = _("%(n)s people have not answered, and a draft names at most %(most)s. Remind them instead.")
        raise CannotRemind(said % {"n": f"{len(every):,}", "most": f"{lines.MAX_ROWS:,}"})
    groups = tuple(dict.fromkeys(one.group_id for one in instances))
    return messaging.save_draft(
        tenant=action.tenant,
        choice=messaging.Expression(Include(numbers=True), through=groups, mode=MIX),
        content={"message": ""},
        by=by,
        title=_("Please answer: %(title)s") % {"title": action.title},
        numbers=lines.from_numbers(every, action.tenant.default_region),
    )
