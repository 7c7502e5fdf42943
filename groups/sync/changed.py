"""What a change of ours did to the mirror, written the moment Kaizala has answered.

Kaizala tells no user IDs when it adds numbers. A person whom another group of the tenant knows gets that ID;
anybody else is kept as `tel:<number>` until a sync brings the ID (`sync.people` then adopts the row).
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import F
from django.db.models.functions import Coalesce, Greatest

from groups.models import Group, GroupLink, Member, Reach, Subscriber
from kaizala_admin.connectors.models import Grant
from kaizala_admin.kaizala import GroupInfo

from . import mirror, returns
from .diff import chunks, clip, date_gone

COUNTS: dict[type[Any], str] = {Member: "member_count", Subscriber: "subscriber_count"}
BY_US = 0  # `seen_run` of a row that no sync wrote


def told_at(row_class: type[Any], now: datetime) -> dict[str, datetime]:
    """A members' list that was fetched before this moment says nothing about it (`sync.people.since`)."""
    return {"event_at": now} if row_class is Member else {}


def present(row_class: type[Any], group_id: int | None, numbers: Sequence[str]) -> dict[str, datetime]:
    """Which of these numbers are in the group, and since when."""
    rows = row_class.objects.filter(group=group_id, mobile_number__in=numbers, gone_at__isnull=True)
    return dict(rows.values_list("mobile_number", Coalesce("back_at", "first_seen_at")))


def joined(row_class: type[Any], group: Group, numbers: Iterable[str], now: datetime) -> set[str]:
    """Puts these numbers into the group; returns those that were there before."""
    there: set[str] = set()
    for some in chunks(numbers):
        there |= _join_chunk(row_class, group, some, now)
    return there


def _join_chunk(row_class: type[Any], group: Group, numbers: Sequence[str], now: datetime) -> set[str]:
    rows = row_class.objects.filter(group=group, mobile_number__in=numbers).order_by("gone_at", "pk")
    known: dict[str, Any] = {}
    for row in rows.only("mobile_number", "gone_at", "is_provisioned"):
        if row.mobile_number not in known or row.gone_at is None:
            known[row.mobile_number] = row
    there = {number for number, row in known.items() if row.gone_at is None}
    back = [row for row in known.values() if row.gone_at is not None]
    returning = row_class.objects.filter(pk__in=[row.pk for row in back])
    returns.note(returning, now)
    returning.update(gone_at=None, seen_run=BY_US, **told_at(row_class, now))
    new = _new_people(row_class, group, [number for number in numbers if number not in known], now)
    row_class.objects.bulk_create(new, ignore_conflicts=True)
    _count(group, row_class, len(back) + len(new), sum(not who.is_provisioned for who in (*back, *new)))
    return there


def _new_people(row_class: type[Any], group: Group, numbers: Sequence[str], now: datetime) -> list[Any]:
    elsewhere = _known_elsewhere(group, numbers)
    fields = {"group": group, "first_seen_at": now, "seen_run": BY_US, **told_at(row_class, now)}
    return [
        row_class(mobile_number=number, **fields, **elsewhere.get(number, {"person_id": f"tel:{number}"}))
        for number in numbers
    ]


def _known_elsewhere(group: Group, numbers: Sequence[str]) -> dict[str, dict[str, Any]]:
    """ID, name and registration as another group of the tenant has them. At most two queries."""
    names = ("person_id", "name", "profile_pic", "is_provisioned")
    found: dict[str, dict[str, Any]] = {}
    for row_class in (Member, Subscriber):
        missing = [number for number in numbers if number not in found]
        if missing:
            rows = row_class._default_manager.filter(
                mobile_number__in=missing, gone_at__isnull=True, group__tenant=group.tenant_id
            ).exclude(person_id__startswith="tel:")
            for number, *values in rows.values_list("mobile_number", *names):
                found[number] = dict(zip(names, values, strict=True))
    return found


def count(groups: Collection[int], **more: int) -> None:
    """Moves these counts of the groups, none below zero: they may be older than the rows."""
    moved: dict[str, Any] = {name: Greatest(F(name) + by, 0) for name, by in more.items() if by}
    if moved:
        Group.objects.filter(pk__in=groups).update(**moved)


def _count(group: Group, row_class: type[Any], more: int, unregistered: int) -> None:
    """`unregistered` of these `more` people are not registered; below zero when they left."""
    moved = {COUNTS[row_class]: more, "unprovisioned_count": unregistered}
    if row_class is Member:
        moved["unprovisioned_members"] = unregistered
    count([group.pk], **moved)


def left(row_class: type[Any], group: Group, now: datetime, **who: Any) -> int:
    """Dates the people whom `who` (a filter) names as gone from the group; returns how many."""
    here = row_class.objects.filter(group=group, gone_at__isnull=True, **who)
    rows = dict(here.values_list("pk", "is_provisioned"))
    gone = date_gone(row_class, rows, now, BY_US, **told_at(row_class, now))
    _count(group, row_class, -gone, -sum(not provisioned for provisioned in rows.values()))
    return gone


def role(group: Group, person_id: str, wanted: str, now: datetime) -> int:
    """A present member's role; returns how many rows changed."""
    rows = Member.objects.filter(group=group, person_id=person_id, gone_at__isnull=True)
    return rows.exclude(role=wanted).update(role=wanted, seen_run=BY_US, event_at=now)


def linked(parent: Group, child: Group, now: datetime) -> bool:
    """False: the link was there before."""
    rows = GroupLink.objects.filter(parent=parent, child=child)
    known = rows.values_list("gone_at", flat=True).first()
    if not rows.exists():
        link = GroupLink(parent=parent, child=child, first_seen_at=now, seen_run=BY_US)
        GroupLink.objects.bulk_create([link], ignore_conflicts=True)
    elif known is None:
        return False
    rows.update(gone_at=None, seen_run=BY_US)
    Group.objects.filter(pk=parent.pk).update(has_sub_groups=True)
    return True


def unlinked(parent: Group, child: Group, now: datetime) -> int:
    """Dates the link; a child that nothing else leads to counts as gone (`sync.mirror`)."""
    rows = GroupLink.objects.filter(parent=parent, child=child, gone_at__isnull=True)
    gone = rows.update(gone_at=now, seen_run=BY_US)
    more = GroupLink.objects.filter(parent=parent, gone_at__isnull=True, child__gone_at__isnull=True)
    if not more.exists():
        Group.objects.filter(pk=parent.pk).update(has_sub_groups=False)
    mirror.date_lost([child.pk], now, BY_US)
    return gone


def made(grant: Grant, info: GroupInfo, now: datetime) -> Group:
    """A group that has just been created; the one that a sync brought meanwhile, when there is one."""
    values = mirror.values_of(info, None, whole=True)
    rows = Group.objects.filter(tenant_id=grant.connector.tenant_id, group_id=info.group_id)
    new = Group(
        tenant_id=grant.connector.tenant_id,
        group_id=clip(Group, "group_id", info.group_id),
        first_seen_at=now,
        seen_run=BY_US,
        **values,
    )
    if not rows.exists():
        Group.objects.bulk_create([new], ignore_conflicts=True)
    group = rows.get()
    if info.caller_role or grant.kind == Grant.Kind.TENANT:
        _reach(grant, group, info.caller_role, now)
    return group


def _reach(grant: Grant, group: Group, caller_role: str, now: datetime) -> None:
    """The maker reaches what it made: a user as its admin, a tenant's token in any case (contract 3.2)."""
    known = Reach.objects.filter(grant=grant, group=group)
    if not known.update(role=caller_role, gone_at=None, seen_run=BY_US):
        reach = Reach(grant=grant, group=group, role=caller_role, first_seen_at=now, seen_run=BY_US)
        Reach.objects.bulk_create([reach], ignore_conflicts=True)
