"""Members and subscribers: writes a page, and at the end of a list dates those who left."""

import logging
import re
from array import array
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from groups.models import Member, Person, Subscriber, SyncRun
from kaizala_admin.kaizala import Person as RemotePerson

from . import seen, tally
from .diff import chunks, date_gone, save

log = logging.getLogger(__name__)

LONGEST_ID, LONGEST_NUMBER, LONGEST_NAME = 80, 20, 300  # the mirror's columns
_NO_DIGIT = re.compile(r"[^\d+]")
FIELDS = ("mobile_number", "name", "profile_pic", "is_provisioned")
WALK = 5_000  # keys read at a time when the end of a list looks for who left


def key_of(person: RemotePerson) -> str:
    """What tells people of a group apart: the user ID, else the number, else "" (contract 5)."""
    if person.person_id:
        return person.person_id[:LONGEST_ID]
    return f"tel:{number_of(person)}" if number_of(person) else ""


def number_of(person: RemotePerson) -> str:
    """The number without spaces and dashes (contract 16), "" when Kaizala told none."""
    return _NO_DIGIT.sub("", person.mobile_number)[:LONGEST_NUMBER]


def by_key(people: Iterable[RemotePerson]) -> dict[str, RemotePerson]:
    """Each person once. Who has neither ID nor number cannot be told apart and is left out."""
    found = {key_of(person): person for person in people}
    if found.pop("", None):
        log.warning("sync: people without ID and number were left out")
    return found


def values_of(row_class: type[Person], person: RemotePerson) -> tuple[Any, ...]:
    """The mirror row's fields, in the order of `fields_of`."""
    name = person.name[:LONGEST_NAME]
    told = (number_of(person), name, person.profile_pic, person.is_provisioned)
    return (*told, person.role or Member.Role.MEMBER.value) if row_class is Member else told


def fields_of(row_class: type[Person]) -> tuple[str, ...]:
    """What Kaizala tells of a person (contract 5 and 6)."""
    return (*FIELDS, "role") if row_class is Member else FIELDS


def write(
    row_class: type[Person], run: SyncRun, people: dict[str, RemotePerson], now: datetime
) -> tuple[tally.Tally, list[int]]:
    """Writes new and changed people, in bulk; returns what happened and the primary keys of all of them."""
    total, keys = tally.Tally(), []
    for some in chunks(people.items()):
        counted, written = _write_chunk(row_class, run, dict(some), now)
        total.seen += len(written)
        total.created += counted.created
        total.changed += counted.changed
        keys += written
    return total, keys


def _write_chunk(
    row_class: type[Any], run: SyncRun, people: dict[str, RemotePerson], now: datetime
) -> tuple[tally.Tally, list[int]]:
    fields = fields_of(row_class)
    told = {key: values_of(row_class, person) for key, person in people.items()}
    keys, changed, told_since = [], [], since(row_class, run)
    mirror = row_class.objects.filter(group_id=run.group_id, person_id__in=list(told))
    for person_id, key, gone_at, *values in mirror.values_list("person_id", "pk", "gone_at", *fields):
        keys.append(key)
        wanted = told.pop(person_id)
        if key in told_since:
            continue
        if gone_at is not None or tuple(values) != wanted:
            changed.append(row_class(pk=key, seen_run=run.pk, **dict(zip(fields, wanted, strict=True))))
    keys += _adopt(row_class, run, told)
    new = [
        row_class(
            group_id=run.group_id,
            person_id=person_id,
            first_seen_at=now,
            seen_run=run.pk,
            **dict(zip(fields, wanted, strict=True)),
        )
        for person_id, wanted in told.items()
    ]
    save(row_class, new, changed, fields)
    return tally.Tally(created=len(new), changed=len(changed)), [*keys, *(row.pk for row in new)]


def _adopt(row_class: type[Any], run: SyncRun, told: dict[str, tuple[Any, ...]]) -> list[int]:
    """Rows that we wrote ourselves when a number was added get their user ID; taken out of `told`."""
    ours = {f"tel:{values[0]}": key for key, values in told.items() if values[0]}
    wanted = [name for name, key in ours.items() if name != key]
    if not wanted:
        return []
    fields, rows = fields_of(row_class), []
    mirror = row_class.objects.filter(group_id=run.group_id, person_id__in=wanted)
    for name, key in mirror.values_list("person_id", "pk"):
        values = dict(zip(fields, told.pop(ours[name]), strict=True))
        rows.append(row_class(pk=key, person_id=ours[name], seen_run=run.pk, **values))
    save(row_class, (), rows, (*fields, "person_id"))
    return [row.pk for row in rows]


def close(row_class: type[Any], run: SyncRun, present: seen.Seen, now: datetime) -> int:
    """The list is complete: dates those who are not on it. Raises SyncError when they are too many."""
    here = row_class.objects.filter(group_id=run.group_id, gone_at__isnull=True)
    if here.count() <= len(present):
        return 0
    leavers = _leavers(row_class, here, run, present, now)
    before = here.filter(first_seen_at__lt=run.started_at or now)
    if len(leavers) > tally.FEW:
        tally.guard(run, len(leavers), before.count(), str(row_class._meta.verbose_name_plural))
    return date_gone(row_class, leavers, now, run.pk)


def since(row_class: type[Any], run: SyncRun) -> set[int]:
    """Members of whom an event told after the run began: it knows better than a page read meanwhile."""
    if row_class is not Member or run.started_at is None:
        return set()
    rows = Member.objects.filter(group__sync_runs=run, event_at__gte=run.started_at)
    return set(rows.values_list("pk", flat=True))


def _leavers(
    row_class: type[Any], here: Any, run: SyncRun, present: seen.Seen, now: datetime
) -> "array[int]":
    """Keys of those the run did not see. Who joined after it began is not among them."""
    found, last, told_since = array("q"), 0, since(row_class, run)
    rows = here.filter(first_seen_at__lt=run.started_at or now).order_by("id").values_list("id", flat=True)
    while some := list(rows.filter(id__gt=last)[:WALK]):
        found.extend([key for key in some if key not in present and key not in told_since])
        last = some[-1]
    return found


def present_count(row_class: type[Any], group_id: int) -> int:
    """People who are in the group now."""
    return int(row_class.objects.filter(group_id=group_id, gone_at__isnull=True).count())


def unprovisioned_count(group_id: int) -> int:
    """People in the group, members and subscribers, whose app is not registered (contract 5)."""
    where = {"group_id": group_id, "gone_at__isnull": True, "is_provisioned": False}
    return Member.objects.filter(**where).count() + Subscriber.objects.filter(**where).count()
