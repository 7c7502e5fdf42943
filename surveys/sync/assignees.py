"""Whom a job was given to, and who has done it."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import Count, Q

from groups.models import Member, Subscriber
from groups.sync.diff import chunks
from surveys.models import Action, ActionInstance, Assignee, Response

from .heard import Heard, number_of


def note(instance: ActionInstance, heard: Sequence[Heard], assigned: Iterable[str], now: datetime) -> None:
    """Keeps who is named, and follows the responses that hold. Under the instance's lock."""
    if instance.action.kind != Action.Kind.JOB:
        return
    told = {number_of(number): "" for number in assigned} | {one.number: one.name for one in heard}
    told.pop("", None)
    for some in chunks(told):
        _write(instance, {number: told[number] for number in some}, now)
    _sum_up(instance)


def _write(instance: ActionInstance, told: dict[str, str], now: datetime) -> None:
    known = {row.mobile_number: row for row in Assignee.objects.filter(instance=instance)}
    held = Response.objects.filter(instance=instance, responder_number__in=told)
    done = {row.responder_number: row for row in held}
    missing = [number for number in told if number not in known and not told[number]]
    names = told | _names(instance, missing)
    new, changed = [], []
    for number, name in names.items():
        row = known.get(number)
        response = done.get(number)
        is_done = bool(response and response.is_completed)
        at = (response.answered_at or now) if response and is_done else None
        if row is None:
            fresh = Assignee(instance=instance, mobile_number=number, name=name, is_done=is_done, done_at=at)
            new.append(fresh)
        elif row.is_done != is_done or (name and name != row.name):
            row.is_done, row.done_at, row.name = is_done, at, name or row.name
            changed.append(row)
    Assignee.objects.bulk_create(new)
    Assignee.objects.bulk_update(changed, ["is_done", "done_at", "name"], batch_size=200)


def _names(instance: ActionInstance, numbers: Sequence[str]) -> dict[str, str]:
    """What the mirror calls those who have not answered yet."""
    found: dict[str, str] = {}
    for people in (Member, Subscriber) if numbers else ():
        rows = people._default_manager.filter(group=instance.group_id, mobile_number__in=numbers)
        found |= dict(rows.values_list("mobile_number", "name"))
    return found


def _sum_up(instance: ActionInstance) -> None:
    rows = Assignee.objects.filter(instance=instance)
    over = rows.aggregate(n=Count("pk"), done=Count("pk", filter=Q(is_done=True)))
    instances = ActionInstance.objects.filter(pk=instance.pk)
    instances.update(done_count=over["done"])
    instances.filter(assignee_count__lt=over["n"]).update(assignee_count=over["n"])
    done = Q(assignee_count__lte=over["done"])
    instances.filter(done, is_completed=False).update(is_completed=True)
    instances.filter(~done, is_completed=True).update(is_completed=False)
