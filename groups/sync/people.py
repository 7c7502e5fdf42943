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
from .diff import apply, chunks, clip, date_gone, save

log = logging.getLogger(__name__)

FIELDS = ("mobile_number", "name", "profile_pic", "is_provisioned")
WALK = 5_000  # keys read at a time when the end of a list looks for who left


def key_of(person: RemotePerson) -> str:
    """What tells people of a group apart: the user ID, else the number, else "" (contract 5)."""
    if person.person_id:
        return clip(Member, "person_id", person.person_id)
    return f"tel:{number_of(person)}" if number_of(person) else ""


def number_of(person: RemotePerson) -> str:
    """The number without spaces and dashes (contract 16), "" when Kaizala told none."""
    return clip(Member, "mobile_number", re.sub(r"[^\d+]", "", person.mobile_number))


def by_key(people: Iterable[RemotePerson]) -> dict[str, RemotePerson]:
    """Each person once. Who has neither ID nor number cannot be told apart and is left out."""
    found = {key_of(person): person for person in people}
    if found.pop("", None):
        log.warning("sync: people without ID and number were left out")
    return found


def values_of(row_class: type[Person], person: RemotePerson) -> dict[str, Any]:
    """The mirror row's fields."""
    values: dict[str, Any] = {
        "mobile_number": number_of(person),
        "name": clip(row_class, "name", person.name),
        "profile_pic": person.profile_pic,
        "is_provisioned": person.is_provisioned,
    }
    if row_class is Member:
        values["role"] = person.role or Member.Role.MEMBER
    return values


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
    mirror = row_class.objects.filter(group_id=run.group_id, person_id__in=list(people))
    known = {row.person_id: row for row in mirror}
    changed = [row for key, row in known.items() if apply(row, values_of(row_class, people[key]), run.pk)]
    new = [
        row_class(
            group_id=run.group_id,
            person_id=key,
            first_seen_at=now,
            seen_run=run.pk,
            **values_of(row_class, person),
        )
        for key, person in people.items()
        if key not in known
    ]
    save(row_class, new, changed, (*FIELDS, "role") if row_class is Member else FIELDS)
    counted = tally.Tally(created=len(new), changed=len(changed))
    return counted, [row.pk for row in (*known.values(), *new)]


def close(row_class: type[Any], run: SyncRun, present: seen.Seen, now: datetime) -> int:
    """The list is complete: dates those who are not on it. Raises SyncError when they are too many."""
    here = row_class.objects.filter(group_id=run.group_id, gone_at__isnull=True)
    if here.count() <= len(present):
        return 0
    leavers = _leavers(here, run, present, now)
    before = here.filter(first_seen_at__lt=run.started_at or now)
    if len(leavers) > tally.FEW:
        tally.guard(run, len(leavers), before.count(), str(row_class._meta.verbose_name_plural))
    return date_gone(row_class, leavers, now, run.pk)


def _leavers(here: Any, run: SyncRun, present: seen.Seen, now: datetime) -> "array[int]":
    """Keys of those the run did not see. Who joined after it began is not among them."""
    found, last = array("q"), 0
    rows = here.filter(first_seen_at__lt=run.started_at or now).order_by("id").values_list("id", flat=True)
    while some := list(rows.filter(id__gt=last)[:WALK]):
        found.extend([key for key in some if key not in present])
        last = some[-1]
    return found


def present_count(row_class: type[Any], group_id: int) -> int:
    """People who are in the group now."""
    return int(row_class.objects.filter(group_id=group_id, gone_at__isnull=True).count())


def unprovisioned_count(group_id: int) -> int:
    """People in the group, members and subscribers, whose app is not registered (contract 5)."""
    where = {"group_id": group_id, "gone_at__isnull": True, "is_provisioned": False}
    return Member.objects.filter(**where).count() + Subscriber.objects.filter(**where).count()
