"""Pages of groups: 2,000 groups, 300,000 members, 1,000,000 subscribers, a year of figures, against few."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.urls import reverse

from benchmarks import members
from benchmarks.ground import Ground, on_database
from benchmarks.measure import Line
from benchmarks.organisation import fill
from benchmarks.pages import analyse, compare
from groups.figures import counting
from groups.figures.days import count_days
from groups.figures.heads import count_heads
from groups.models import Group, Member, Subscriber
from groups.person import person_url

GROUPS, DAYS = 2_000, 365
FEW_GROUPS = 650  # as many branches as a page shows
SMALLEST = 130, 8  # groups and days of the small size


@dataclass(frozen=True)
class Asked:
    """The two big groups and their largest keys, by which a page in the middle is asked for."""

    staff: Group
    public: Group
    member: Member
    subscriber: Subscriber


def measure(ground: Ground) -> Iterator[Line]:
    """Both databases fill a page of every list, so that fifty rows are compared with fifty."""
    size, full = ground.size, ground.size.is_full
    few_groups, many_groups, days = (FEW_GROUPS, GROUPS, DAYS) if full else (SMALLEST[0], *SMALLEST)
    ground.rest()
    few, many = str(connection.settings_dict["NAME"]), ground.second_database()
    counted = {}
    for database, groups, rows in (
        (few, few_groups, size.few_rows),
        (many, many_groups, size.many_rows),
    ):
        with on_database(database):
            fill(groups=groups, members=rows * 3 // 10, subscribers=rows, days=days)
            analyse()
            counted[database] = _count()
    with on_database(few):
        here = _pages(_asked())
    with on_database(many):
        there = _pages(_asked())
    assert here.keys() == there.keys()
    what = f"{size.few_rows:,} people"
    yield from compare(few, many, here, what, f"{size.many_rows:,} people", full, of_large=there)
    for name, seconds in counted[many].items():
        before = counted[few][name]
        yield Line(f"in the background: {name}", f"{seconds:,.1f} s", f"{before:,.1f} s", "")
    most = members.MOST if full else size.many_rows
    with on_database(few):
        yield from members.whole_lists(most // 10, most)


def _count() -> dict[str, float]:
    """Seconds of what the clock counts after a sync; the pages read what it wrote."""
    found = {}
    for name, does in (
        ("days, first time", count_days),
        ("days, again", count_days),
        ("people", count_heads),
    ):
        begun = time.perf_counter()
        does()
        found[name] = time.perf_counter() - begun
    counting.count()
    return found


def _asked() -> Asked:
    staff, public = Group.objects.get(group_id="staff"), Group.objects.get(group_id="public")
    inside = Member.objects.filter(group=staff, gone_at=None).order_by("pk")
    followers = Subscriber.objects.filter(group=public, gone_at=None).order_by("pk")
    return Asked(staff, public, _middle(inside), _middle(followers))


def _middle(rows: QuerySet[Any]) -> Any:
    return rows[rows.count() // 4]


def _pages(asked: Asked) -> dict[str, str]:
    """By what a person does."""
    groups = reverse("admin:groups_group_changelist")
    staff, public = (
        reverse("admin:groups_group_change", args=[group.pk]) for group in (asked.staff, asked.public)
    )
    top = reverse("admin:groups_group_change", args=[Group.objects.get(group_id="g0").pk])
    growth = reverse("admin:groups_figures_growth")
    number = asked.subscriber.mobile_number.replace("+", "%2B")
    return {
        "list of groups": groups,
        "groups: a part of the name": f"{groups}?q=village",
        "groups: not synced for a week": f"{groups}?stale=7",
        "groups: public ones": f"{groups}?type=ConnectGroup",
        "tree": reverse("admin:groups_group_tree"),
        "adoption": reverse("admin:groups_figures"),
        "growth, 30 days": growth,
        "growth, a year": f"{growth}?days=365",
        "growth of one group, a year": f"{growth}?days=365&group={asked.public.pk}",
        "groups that need a look": reverse("admin:groups_figures_attention"),
        "a group: overview": staff,
        "a group: members": f"{staff}?tab=members",
        "a group: members, further on": f"{staff}?tab=members&after={asked.member.pk}",
        "a group: a part of a member's name": f"{staff}?tab=members&q=kavya",
        "a group: changes": f"{staff}?tab=changes",
        "a group: sync history": f"{staff}?tab=history",
        "a public group: overview": public,
        "a public group: subscribers": f"{public}?tab=subscribers",
        "a public group: subscribers, further on": f"{public}?tab=subscribers&after={asked.subscriber.pk}",
        "a public group: a part of a name": f"{public}?tab=subscribers&q=kavya",
        "a public group: a number": f"{public}?tab=subscribers&q={number}",
        "sub-groups of the topmost group": f"{top}?tab=sub_groups",
        "linking a group": reverse("admin:groups_group_link", args=[asked.staff.pk]),
        "uploading a sheet": f"{reverse('admin:groups_importrun_new')}?group={asked.staff.pk}",
        "list of members": reverse("admin:groups_member_changelist"),
        "a person": person_url(asked.member.mobile_number),
    }
