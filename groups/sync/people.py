"""Members and subscribers: writes a page, and at the end of a list dates those who left."""

import logging
import re
from array import array
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from groups.models import Member, Person, SyncRun
from kaizala_admin.connectors import bulk
from kaizala_admin.kaizala import Person as RemotePerson

from . import returns, seen, tally
from .diff import chunks, date_gone

log = logging.getLogger(__name__)

LONGEST_ID, LONGEST_NUMBER, LONGEST_NAME = 80, 20, 300  # the mirror's columns
_NO_DIGIT = re.compile(r"[^\d+]")
FIELDS = ("mobile_number", "name", "profile_pic", "is_provisioned")
TOGETHER = 25_000  # people compared and written at a time
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
) -> tuple[tally.Tally, dict[str, int]]:
    """Writes new and changed people, in bulk; returns what happened and all primary keys, by `key_of`."""
    total, keys = tally.Tally(), dict[str, int]()
    for some in chunks(people.items(), TOGETHER):
        told = {key: values_of(row_class, person) for key, person in some}
        keys.update(_write_chunk(row_class, run, told, now, total))
    total.seen = len(keys)
    return total, keys


def _write_chunk(
    row_class: type[Any], run: SyncRun, told: dict[str, tuple[Any, ...]], now: datetime, total: tally.Tally
) -> dict[str, int]:
    keys, changed, told_since = dict[str, int](), list[tuple[Any, ...]](), since(row_class, run)
    back = list[str]()
    for person_id, key, gone_at, *values in _known(row_class, run, told):
        keys[person_id] = key
        wanted = told.pop(person_id)
        if (gone_at is not None or tuple(values) != wanted) and key not in told_since:
            changed.append((*wanted, None, run.pk, key))
            if gone_at is not None:
                back.append(person_id)
    if back:
        returns.note(_those(row_class, run, back), now)
    total.changed += len(changed)
    fields = fields_of(row_class)
    bulk.update_values(row_class, (*fields, "gone_at", "seen_run"), changed)
    keys.update(_adopt(row_class, run, told, now))
    keys.update(_insert(row_class, run, told, now, total))
    return keys


def _known(row_class: type[Any], run: SyncRun, ids: Iterable[str]) -> list[tuple[Any, ...]]:
    """(user ID, primary key, gone at, *fields) of those whom the mirror has: bare values, many at once."""
    rows = _those(row_class, run, ids).values_list("person_id", "pk", "gone_at", *fields_of(row_class))
    return bulk.tuples(rows)


def _those(row_class: type[Any], run: SyncRun, ids: Iterable[str]) -> QuerySet[Any]:
    """The mirror's rows of these user IDs in the run's group."""
    found: QuerySet[Any] = row_class.objects.filter(group_id=run.group_id, person_id__in=bulk.any_of(ids))
    return found


def _insert(
    row_class: type[Any], run: SyncRun, new: dict[str, tuple[Any, ...]], now: datetime, total: tally.Tally
) -> dict[str, int]:
    total.created += len(new)
    new = dict(sorted(new.items(), key=_by_number))
    keys = dict(zip(new, bulk.next_keys(row_class, len(new)), strict=True)) if new else {}
    common = {"group": run.group_id, "first_seen_at": bulk.moment(now), "gone_at": None, "seen_run": run.pk}
    if row_class is Member:
        common["event_at"] = None
    fields, same = ("id", "person_id", *fields_of(row_class), *common), tuple(common.values())
    bulk.insert(row_class, fields, ((keys[who], who, *values, *same) for who, values in new.items()))
    return keys


def _by_number(one: tuple[str, tuple[Any, ...]]) -> str:
    """Two indexes are in the order of numbers, and one in that of IDs (ADR 10)."""
    return str(one[1][0])


def _adopt(
    row_class: type[Any], run: SyncRun, told: dict[str, tuple[Any, ...]], now: datetime
) -> dict[str, int]:
    """Rows that we wrote ourselves when a number was added get their user ID; taken out of `told`."""
    if not told or not _has_numbers_alone(row_class, run):
        return {}
    ours = {f"tel:{values[0]}": who for who, values in told.items() if values[0]}
    wanted = [name for name, who in ours.items() if name != who]
    mirror = list(_those(row_class, run, wanted).values_list("person_id", "pk", "gone_at"))
    if back := [name for name, _key, gone_at in mirror if gone_at is not None]:
        returns.note(_those(row_class, run, back), now)
    keys = {ours[name]: key for name, key, _gone_at in mirror}
    rows = [(*told.pop(who), None, run.pk, who, key) for who, key in keys.items()]
    bulk.update_values(row_class, (*fields_of(row_class), "gone_at", "seen_run", "person_id"), rows)
    return keys


def _has_numbers_alone(row_class: type[Any], run: SyncRun) -> bool:
    """Whether the group may have such rows: one look at an index instead of one for each of its people.

    The range holds every `tel:` in the order of any language, and may hold others.
    """
    here = row_class.objects.filter(group_id=run.group_id)
    return bool(here.filter(person_id__gte="tel", person_id__lt="tem").exists())


def close(row_class: type[Any], run: SyncRun, present: seen.Seen, now: datetime) -> int:
    """The list is complete: dates those who are not on it. Raises SyncError when they are too many."""
    here = row_class.objects.filter(group_id=run.group_id, gone_at__isnull=True)
    everybody = here.count()
    if everybody <= len(present):
        return 0
    begun = run.started_at or now
    before = here.filter(first_seen_at__lt=begun).exclude(back_at__gte=begun)
    leavers = _leavers(row_class, before, run, present)
    if leavers:
        what = str(row_class._meta.verbose_name_plural)
        tally.guard(run, len(leavers), before.count(), what, everybody - len(leavers))
    return date_gone(row_class, leavers, now, run.pk)


def since(row_class: type[Any], run: SyncRun) -> set[int]:
    """Members of whom an event told after the run began: it knows better than a page read meanwhile."""
    if row_class is not Member or run.started_at is None:
        return set()
    rows = Member.objects.filter(group__sync_runs=run, event_at__gte=run.started_at)
    return set(rows.values_list("pk", flat=True))


def _leavers(row_class: type[Any], before: QuerySet[Any], run: SyncRun, present: seen.Seen) -> "array[int]":
    """Keys of those the run did not see, of all who were there when it began."""
    found, last, told_since = array("q"), 0, since(row_class, run)
    rows = before.order_by("id").values_list("id", flat=True)
    while some := list(rows.filter(id__gt=last)[:WALK]):
        found.extend([key for key in some if key not in present and key not in told_since])
        last = some[-1]
    return found


def present_count(row_class: type[Any], group_id: int) -> int:
    """People who are in the group now."""
    return int(row_class.objects.filter(group_id=group_id, gone_at__isnull=True).count())


def unprovisioned_count(row_class: type[Any], group_id: int) -> int:
    """Those of them whose app is not registered (contract 5)."""
    here = row_class.objects.filter(group_id=group_id, gone_at__isnull=True)
    return int(here.filter(is_provisioned=False).count())
