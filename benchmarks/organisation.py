"""An organisation's mirror written in bulk: a graph of groups, one large group, one large public group."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from benchmarks.ground import empty_tables
from benchmarks.lists import NAMES, PERSON
from groups.figures.days import add_up
from groups.figures.models import DailyTotal
from groups.models import Group, GroupLink, Member, Reach, Subscriber, SyncRun
from kaizala_admin.connectors import bulk
from kaizala_admin.connectors.models import Connector, Grant, Tenant

BELOW = 12  # groups under each group of the graph
SMALL = 20  # members of a common group, who are in no other
OTHERS = 50_000_000  # where their numbers begin; staff follow the public group, too
HISTORY = 60  # syncs of each large group
PAGEFUL = 60  # groups of each sort that need a look, at least
SUDDENLY = 5  # days ago
MEMBER = (*PERSON, "role", "event_at")


@transaction.atomic
def fill(*, groups: int, members: int, subscribers: int, days: int) -> None:
    """Every group hangs below "g0"; "staff" has the members, "public" the subscribers, the others twenty.

    A fifth is not registered, a quarter of the large groups' people is gone. Sixty groups and each tenth were
    not synced for a month, grew suddenly, and have no admin. Each group has a total on each of the `days`.
    """
    empty_tables()
    now = timezone.now()
    tenant = Tenant.objects.create(name="Many", default_region="IN")
    connector = Connector.objects.create(tenant=tenant, name="One", api_root="http://127.0.0.1:9/")
    grant = Grant.objects.create(connector=connector, name="All", kind="tenant")
    made = Group.objects.bulk_create(
        (_group(tenant, n, groups, members, subscribers, now) for n in range(groups)), batch_size=500
    )
    _hang(made, grant, now)
    bulk.insert(Member, MEMBER, _members(made, members, now))
    bulk.insert(Subscriber, PERSON, (_person(made[-1], n, now) for n in range(subscribers)))
    _syncs(made, connector, grant, now)
    bulk.insert(DailyTotal, TOTALS, _totals(made, days, now))
    add_up()


def _group(tenant: Tenant, n: int, of: int, members: int, subscribers: int, now: datetime) -> Group:
    staff, public = n == of - 2, n == of - 1
    return Group(
        tenant=tenant,
        group_id="staff" if staff else "public" if public else f"g{n}",
        name="All staff" if staff else "Everybody" if public else f"Village {n}",
        group_type="ConnectGroup" if public else "Group",
        welcome_message="Welcome",
        has_sub_groups=n * BELOW + 1 < of,
        member_count=members * 3 // 4 if staff else SMALL,
        subscriber_count=subscribers * 3 // 4 if public else 0,
        unprovisioned_count=members // 5 if staff else subscribers // 5 if public else SMALL // 5,
        synced_at=now - timedelta(days=30 if _needs_a_look(n) else 0, hours=1),
        first_seen_at=now - timedelta(days=400),
    )


def _needs_a_look(place: int) -> bool:
    return place < PAGEFUL or place % 10 == 3


def _hang(made: Sequence[Group], grant: Grant, now: datetime) -> None:
    GroupLink.objects.bulk_create(
        (
            GroupLink(parent=made[(n - 1) // BELOW], child=made[n], first_seen_at=now)
            for n in range(1, len(made))
        ),
        batch_size=500,
    )
    Reach.objects.bulk_create(
        (Reach(grant=grant, group=group, role="Admin", first_seen_at=now) for group in made), batch_size=500
    )


def _members(made: Sequence[Group], members: int, now: datetime) -> Iterator[tuple[Any, ...]]:
    for place, group in enumerate(made):
        large = group.group_id == "staff"
        for n in range(members if large else SMALL):
            role = "Admin" if n == 0 and not _needs_a_look(place) else "Member"
            gone = n % 4 == 3 and large
            yield (*_person(group, n if large else OTHERS + place * SMALL + n, now, gone=gone), role, None)


def _person(group: Group, n: int, now: datetime, *, gone: bool | None = None) -> tuple[Any, ...]:
    gone = n % 4 == 3 if gone is None else gone
    return (
        group.pk, f"person-{n:08}", f"+9198{n * 7_919 % 100_000_000:08}", f"{NAMES[n % len(NAMES)]} {n}", "",
        n % 5 != 2, bulk.moment(now - timedelta(minutes=n % 500_000)), bulk.moment(now) if gone else None, 0,
    )  # fmt: skip


def _syncs(made: Sequence[Group], connector: Connector, grant: Grant, now: datetime) -> None:
    many = [*made, *[made[-2]] * HISTORY, *[made[-1]] * HISTORY]
    SyncRun.objects.bulk_create(
        (
            SyncRun(
                kind="group", group=group, connector=connector, grant=grant, state="sent", settled_at=now,
                started_at=now, pages=3, expected_pages=3, seen=SMALL,
            )
            for group in many
        ),
        batch_size=500,
    )  # fmt: skip


TOTALS = ("group", "day", "members_joined", "members_left", "subscribers_joined", "subscribers_left")


def _totals(made: Sequence[Group], days: int, now: datetime) -> Iterator[tuple[Any, ...]]:
    today = timezone.localdate(now)
    for ago in range(2, days):  # the latest days are counted from the people
        day = (today - timedelta(days=ago)).isoformat()
        for place, group in enumerate(made):
            joined = 2 * SMALL if ago == SUDDENLY and _needs_a_look(place) else place % 3
            yield (group.pk, day, joined, place % 2, 0, 0)
