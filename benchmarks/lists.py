"""The list of subscribers: the first page, each filter, a search by number."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from benchmarks.ground import Ground, empty_tables, on_database
from benchmarks.measure import Line
from benchmarks.pages import analyse, compare
from groups.models import Group, Subscriber
from kaizala_admin.connectors import bulk
from kaizala_admin.connectors.models import Tenant

GROUPS = 8


def measure(ground: Ground) -> Iterator[Line]:
    """A quarter is gone, a fifth is not registered, one half follows the largest of eight groups.

    Every filter and search of part of a number or name fills a page in the small database too: a page of
    fifty rows is compared with a page of fifty.
    """
    size = ground.size
    ground.rest()
    few, many = str(connection.settings_dict["NAME"]), ground.second_database()
    for database, rows in ((few, size.few_rows), (many, size.many_rows)):
        with on_database(database):
            fill(rows)
            analyse()
    with on_database(few):
        pages = _pages()
    what = f"{size.few_rows:,} rows"
    yield from compare(few, many, pages, what, f"{size.many_rows:,} rows", size.is_full)


@transaction.atomic
def fill(rows: int) -> None:
    """An organisation of so many people, and no other."""
    empty_tables()
    settle(Tenant.objects.create(name="Many", default_region="IN"), rows)


def settle(tenant: Tenant, rows: int) -> None:
    """Eight groups and so many people, written in bulk."""
    now = timezone.now()
    groups = Group.objects.bulk_create(
        Group(
            tenant=tenant, group_id=f"g{n}", name=f"Group {n}", group_type="ConnectGroup", first_seen_at=now
        )
        for n in range(GROUPS)
    )
    bulk.insert(Subscriber, PERSON, (_person(groups, n, now) for n in range(rows)))


def _person(groups: list[Group], n: int, now: datetime) -> tuple[Any, ...]:
    return (
        groups[0 if n % 2 else n // 2 % GROUPS].pk, f"person-{n:08}", f"+9198{n * 7_919 % 100_000_000:08}",
        f"{_name(n)} {n}", "", n % 5 != 2, bulk.moment(now - timedelta(minutes=n)),
        bulk.moment(now) if n % 4 == 3 else None, 0,
    )  # fmt: skip


def _name(n: int) -> str:
    return next((name for every, name in RARE.items() if n % every == 1), NAMES[n % len(NAMES)])


PERSON = ("group", "person_id", "mobile_number", "name", "profile_pic", "is_provisioned", "first_seen_at",
          "gone_at", "seen_run")  # fmt: skip
NAMES = ("Asha", "Bilal", "Chitra", "Devi", "Esther", "Fatima", "Gopal", "Hari", "Ines", "João", "Kavya")
RARE = {1_009: "王小明", 2_003: "Иван Петров"}  # one in so many; primes that no group or filter follows


def _pages() -> dict[str, str]:
    """By what a person does."""
    path = reverse("admin:groups_subscriber_changelist")
    group = Group.objects.order_by("pk")[0].pk
    return {
        "first page": path,
        "filter: gone": f"{path}?presence=gone",
        "filter: present and gone": f"{path}?presence=all",
        "filter: registered": f"{path}?registered=yes",
        "filter: not registered": f"{path}?registered=no",
        "filter: a group": f"{path}?group__id__exact={group}",
        "filter: a group, not registered": f"{path}?group__id__exact={group}&registered=no",
        "filter: gone, not registered": f"{path}?presence=gone&registered=no",
        "search: a whole number": f"{path}?q=%2B919800007919",
        "search: the start of a number": f"{path}?q=9800",
        "search: a number as written": f"{path}?q=098000%2007919",
        "search: a part of a name": f"{path}?q=kavya",
    }
