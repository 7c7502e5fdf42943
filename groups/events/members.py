"""MemberAdded, MemberRemoved, UserJoined: who is in a group (contract 15)."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from groups.models import Group, Member
from groups.sync import changed as counts
from groups.sync import returns
from groups.sync.diff import CHUNK
from groups.sync.people import LONGEST_NAME, key_of, number_of
from kaizala_admin.connectors import bulk
from kaizala_admin.kaizala import Person as RemotePerson
from kaizala_admin.webhooks.router import Received, on

from .known import groups_of, is_old, person_of

FIELDS = (
    "person_id",
    "mobile_number",
    "name",
    "profile_pic",
    "is_provisioned",
    "role",
    "gone_at",
    "event_at",
    "seen_run",
)
NEW = ("group", "first_seen_at", *FIELDS)
Key = tuple[int, str]  # the group's primary key, and the mirror's key of the person


@dataclass(frozen=True)
class Change:
    """The last word of a batch about one person in one group. `key` and `number` are the mirror's."""

    group: Group
    person: RemotePerson
    key: str
    number: str
    at: datetime
    joined: bool
    registered: bool  # told by UserJoined: the app is registered now


class Moved:
    """By how much the numbers that the groups' pages show have moved: members, and not registered ones."""

    def __init__(self) -> None:
        self.groups: dict[int, tuple[int, int]] = {}

    def add(self, group: int, members: int, unregistered: int) -> None:
        before = self.groups.get(group, (0, 0))
        self.groups[group] = (before[0] + members, before[1] + unregistered)

    def write(self) -> None:
        """A statement for each different move."""
        alike: dict[tuple[int, int], list[int]] = defaultdict(list)
        for group, move in self.groups.items():
            alike[move].append(group)
        for (members, unregistered), groups in alike.items():
            counts.count(
                groups,
                member_count=members,
                unprovisioned_count=unregistered,
                unprovisioned_members=unregistered,
            )


@on("MemberAdded", "MemberRemoved", "UserJoined")
def members_changed(events: Sequence[Received]) -> None:
    """Brings the members of mirrored groups up to date; groups that are not mirrored come with their sync."""
    changes = _last_words(events)
    if not changes:
        return
    known = _known(changes.values())
    new: list[Change] = []
    changed: list[Member] = []
    back: dict[date, dict[int, datetime]] = defaultdict(dict)
    moved = Moved()
    for key, change in changes.items():
        row = known.get(key) or known.get((change.group.pk, f"tel:{change.number}"))
        if row is None:
            if change.joined:
                new.append(change)
                moved.add(change.group.pk, 1, int(not change.registered))
        elif row.event_at is None or row.event_at <= change.at:
            if change.joined and row.gone_at is not None:
                back[timezone.localdate(change.at)][row.pk] = change.at
            moved.add(row.group_id, -_is_here(row), -_is_unregistered(row))
            _apply(row, change)
            moved.add(row.group_id, _is_here(row), _is_unregistered(row))
            changed.append(row)
    if new:
        bulk.insert(Member, NEW, map(_values, new))
    for since in back.values():
        returns.note(Member.objects.filter(pk__in=since), max(since.values()))
    Member.objects.bulk_update(changed, FIELDS, batch_size=CHUNK)
    moved.write()


def _last_words(events: Iterable[Received]) -> dict[Key, Change]:
    events = list(events)
    groups = groups_of(events)
    last: dict[Key, Change] = {}
    for event in events:
        group = groups.get((event.tenant_id, event.group_id))
        if group is None or is_old(event, group):
            continue
        person = person_of(event)
        if not (key := key_of(person)):
            continue
        before = last.get((group.pk, key))
        if before is None or before.at <= event.received_at:
            joined, registered = event.event_type != "MemberRemoved", event.event_type == "UserJoined"
            number, at = number_of(person), event.received_at
            last[group.pk, key] = Change(group, person, key, number, at, joined, registered)
    return last


def _known(changes: Iterable[Change]) -> dict[Key, Member]:
    """The mirror's rows of these people, by key, and by "tel:" and number where nothing else is told."""
    changes = list(changes)
    ids = {change.key for change in changes}
    numbers = {change.number for change in changes if change.number}
    there = Member.objects.filter(group__in={change.group.pk for change in changes})
    # Two statements, each by its index: an OR of both reads all members of these groups.
    rows = {row.pk: row for row in there.filter(person_id__in=ids)}
    rows |= {row.pk: row for row in there.filter(mobile_number__in=numbers)}
    found: dict[Key, Member] = {}
    for row in sorted(rows.values(), key=_gone_last):
        if row.mobile_number:
            found.setdefault((row.group_id, f"tel:{row.mobile_number}"), row)
        found[row.group_id, row.person_id] = row
    return found


def _gone_last(row: Member) -> tuple[float, int]:
    """Who is there comes first, then who left last."""
    return (-row.gone_at.timestamp() if row.gone_at else -math.inf, row.pk)


def _values(change: Change) -> tuple[Any, ...]:
    """A new row, in the order of NEW."""
    person, at = change.person, connection.ops.adapt_datetimefield_value(change.at)
    role = Member.Role.MEMBER.value if change.registered else person.role
    told = (change.key, change.number, person.name[:LONGEST_NAME], person.profile_pic)
    return (change.group.pk, at, *told, change.registered, role, None, at, 0)


def _apply(row: Member, change: Change) -> None:
    """What the event tells; what it leaves open stays as it was."""
    person = change.person
    told: dict[str, Any] = {
        "mobile_number": change.number,
        "name": person.name[:LONGEST_NAME],
        "profile_pic": person.profile_pic,
    }
    for field, value in told.items():
        if value:
            setattr(row, field, value)
    if change.joined and not change.registered:
        row.role = person.role
    row.is_provisioned = row.is_provisioned or change.registered
    if row.person_id.startswith("tel:") and person.person_id:
        row.person_id = change.key
    row.gone_at = None if change.joined else row.gone_at or change.at
    row.event_at, row.seen_run = change.at, 0


def _is_here(row: Member) -> int:
    return int(row.gone_at is None)


def _is_unregistered(row: Member) -> int:
    return int(row.gone_at is None and not row.is_provisioned)
