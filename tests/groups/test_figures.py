"""Adoption and growth: people counted once, days counted right, groups that need a look."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains

from groups.figures import branches, counting, days, heads, reading, unregistered
from groups.figures.models import FIELDS, DailyTotal, Headcount, TenantTotal
from groups.models import Group, GroupLink, Member, Subscriber, SyncRun
from groups.sync import changed
from groups.views import figures
from kaizala_admin.connectors.models import Grant, Lease, Tenant
from kaizala_admin.exports import BadParameters

from .test_pages import signed_in

pytestmark = pytest.mark.django_db
NOW = timezone.now()
LONG_AGO = NOW - timedelta(days=20)


def make(grant: Grant, name: str, synced: Any = NOW, first_sync: Any = LONG_AGO, **more: Any) -> Group:
    """A group whose first sync was done at `first_sync`."""
    group = Group.objects.create(
        tenant=grant.connector.tenant,
        group_id=name,
        name=name,
        group_type="ConnectGroup",
        first_seen_at=LONG_AGO,
        synced_at=synced,
        **more,
    )
    if first_sync:
        SyncRun.objects.create(
            kind="group", group=group, grant=grant, connector=grant.connector, state="sent",
            settled_at=first_sync,
        )  # fmt: skip
    return group


def person(
    model: Any, group: Group, number: int, days_ago: float = 30, left: float | None = None, **more: Any
) -> Any:
    return model.objects.create(
        group=group,
        person_id=f"p{number}",
        mobile_number=f"+9198000000{number:02}",
        name=f"P{number}",
        first_seen_at=NOW - timedelta(days=days_ago),
        gone_at=None if left is None else NOW - timedelta(days=left),
        **more,
    )


@pytest.fixture
def tree(grant: Grant) -> dict[str, Group]:
    """top > (left, right) > bottom: bottom has two parents. P1 is in all of them, registered in one."""
    found = {name: make(grant, name) for name in ("top", "left", "right", "bottom", "apart")}
    for parent, child in [("top", "left"), ("top", "right"), ("left", "bottom"), ("right", "bottom")]:
        GroupLink.objects.create(parent=found[parent], child=found[child], first_seen_at=NOW)
    for name in ("top", "left", "right"):
        person(Member, found[name], 1)
    person(Subscriber, found["bottom"], 1, is_provisioned=True)
    person(Member, found["bottom"], 2)
    person(Subscriber, found["bottom"], 3, left=1)
    person(Member, found["apart"], 4)
    return found


def test_a_person_in_many_groups_of_a_branch_counts_once(tree: dict[str, Group]) -> None:
    assert heads.count_heads() == 4  # three branches and the tenant
    found = {one.group.name if one.group else "all": one for one in Headcount.objects.select_related("group")}
    assert {name: (one.groups, one.people, one.registered) for name, one in found.items()} == {
        "all": (5, 3, 1),
        "top": (4, 2, 1),
        "left": (2, 2, 1),
        "right": (2, 2, 1),
    }


def test_the_sub_groups_tab_says_how_many_people_there_are_each_counted_once(
    tree: dict[str, Group],
) -> None:
    heads.count_heads()
    address = reverse("admin:groups_group_change", args=[tree["top"].pk])
    page = signed_in("Viewer").get(f"{address}?tab=sub_groups")
    counted = page.context["counted"]
    assert (counted.people, counted.unregistered) == (2, 1)
    assertContains(page, "People, each counted once", count=1)


def test_only_branches_that_were_synced_since_are_counted_again(tree: dict[str, Group]) -> None:
    heads.count_heads()
    assert heads.count_heads() == 0
    Group.objects.filter(pk=tree["right"].pk).update(synced_at=timezone.now() + timedelta(minutes=1))
    assert heads.count_heads() == 3  # right, top, everybody
    GroupLink.objects.filter(parent=tree["left"]).delete()
    heads.count_heads()
    assert not Headcount.objects.filter(group=tree["left"]).exists()


def test_a_ring_of_groups_is_counted_like_any_branch(tree: dict[str, Group]) -> None:
    GroupLink.objects.create(parent=tree["bottom"], child=tree["top"], first_seen_at=NOW)
    assert heads.branch_of(tree["left"]) == {tree[name].pk for name in ("top", "left", "right", "bottom")}


def test_who_joined_and_left_is_counted_by_day_but_not_whom_the_first_sync_found(grant: Grant) -> None:
    group, never = make(grant, "a"), make(grant, "never", first_sync=None)
    person(Member, group, 1, days_ago=25)  # before the first sync
    person(Member, group, 2, days_ago=3)
    person(Member, group, 3, days_ago=3, left=1)
    person(Subscriber, group, 4, days_ago=0)
    person(Subscriber, never, 5, days_ago=3)
    days.count_days()
    today = timezone.localdate()
    day = {row.day: row for row in DailyTotal.objects.filter(group=group)}
    assert {row.group_id for row in DailyTotal.objects.all()} == {group.pk}
    assert sorted(day) == sorted({timezone.localdate(NOW - timedelta(days=ago)) for ago in (3, 1, 0)})
    assert [day[timezone.localdate(NOW - timedelta(days=ago))].members_joined for ago in (3, 1)] == [2, 0]
    assert day[timezone.localdate(NOW - timedelta(days=1))].members_left == 1
    found = reading.growth(30)
    assert (found.days[-1], len(found.days)) == (today, 30)
    assert [found.total(name) for name in FIELDS] == [2, 1, 1, 0]
    assert reading.growth(30, never).is_empty


def test_whom_the_last_page_of_the_first_sync_brought_did_not_join(grant: Grant) -> None:
    """The sync's end is dated by the database, to the millisecond or the start of its transaction."""
    group = make(grant, "new", first_sync=NOW - timedelta(days=3))
    person(Member, group, 1, days_ago=3 - 0.001 / 86_400)
    person(Member, group, 2, days_ago=3 - 20 / 86_400)
    assert days.count_days() == 0
    person(Member, group, 3, days_ago=2.9)
    days.count_days()
    assert DailyTotal.objects.get().members_joined == 1


def test_counting_again_changes_the_latest_days_only(grant: Grant) -> None:
    group = make(grant, "a", first_sync=NOW - timedelta(days=400))
    old = person(Member, group, 1, days_ago=10)
    person(Member, group, 2, days_ago=0)
    days.count_days()
    old.delete()
    person(Member, group, 3, days_ago=0)
    days.count_days()
    assert [row.members_joined for row in DailyTotal.objects.order_by("day")] == [1, 2]


def test_whoever_comes_back_joins_again_and_had_left(grant: Grant) -> None:
    """Ten were removed on a day that is not counted anew, and one left yesterday."""
    group = make(grant, "a", member_count=0)
    ago = {days: timezone.localdate(NOW - timedelta(days=days)) for days in (5, 1, 0)}
    for number in range(10):
        person(Member, group, number, left=5)
    DailyTotal.objects.create(group=group, day=ago[5], members_left=10)
    person(Member, group, 11, left=1)
    days.count_days()
    changed.joined(Member, group, [f"+9198000000{number:02}" for number in (*range(10), 11)], NOW)
    days.count_days()
    days.count_days()
    found = reading.growth(30, group)
    moves = {day: (came, went) for day, came, went in zip(
        found.days, found.series["members_joined"], found.series["members_left"], strict=True
    ) if came or went}  # fmt: skip
    assert moves == {ago[5]: (0, 10), ago[1]: (0, 1), ago[0]: (11, 0)}
    assert reading.sudden() == []
    assert {row.since for row in Member.objects.filter(group=group)} == {NOW}


def test_a_tenants_totals_are_the_sums_of_its_groups_and_older_days_stay(grant: Grant) -> None:
    first, second = make(grant, "a"), make(grant, "b")
    other = make(grant, "c")
    other.tenant = Tenant.objects.create(name="Other")
    other.save()
    old = timezone.localdate() - timedelta(days=9)
    TenantTotal.objects.create(tenant=first.tenant, day=old, members_left=7)
    DailyTotal.objects.create(group=first, day=timezone.localdate() - timedelta(days=1))
    for group in (first, second, other):
        person(Member, group, group.pk, days_ago=0)
        person(Subscriber, group, group.pk, days_ago=0, left=0)
    days.count_days()
    days.count_days()
    rows = TenantTotal.objects.order_by("day", "tenant_id").values_list("tenant__name", "day", *FIELDS)
    today = timezone.localdate()
    assert list(rows) == [
        (first.tenant.name, old, 0, 7, 0, 0),
        (first.tenant.name, today, 2, 0, 2, 2),
        ("Other", today, 1, 0, 1, 1),
    ]
    assert [reading.growth(30).total(name) for name in FIELDS] == [3, 7, 3, 3]


def test_the_clock_counts_when_something_happened_and_one_process_at_a_time(tree: dict[str, Group]) -> None:
    assert counting.count() is True
    assert counting.count() is False
    Group.objects.update(synced_at=timezone.now() + timedelta(minutes=1))
    Lease.objects.filter(pk=counting.NAME).update(owner="rival", expires_at=NOW + timedelta(hours=1))
    assert counting.count() is False
    Lease.objects.filter(pk=counting.NAME).update(owner="", expires_at=None)
    assert counting.count() is True


def test_who_is_not_registered_is_exported_once_with_all_groups(
    tree: dict[str, Group], monkeypatch: pytest.MonkeyPatch
) -> None:
    branch = {"branch": tree["top"].pk}
    person(Member, tree["left"], 2)
    expected = [("P2", "+919800000002", "bottom, left")]
    for size in (5_000, 4):
        monkeypatch.setattr(unregistered, "SIZE", size)
        assert [row[:3] for row in unregistered.rows(branch)] == expected
        assert [row[1][-1] for row in unregistered.rows({})] == ["2", "4"]
    assert (unregistered.count(branch), unregistered.count({})) == (1, 2)
    with pytest.raises(BadParameters):
        list(unregistered.rows({"branch": 10**9}))


def test_groups_that_need_a_look_are_found(grant: Grant) -> None:
    fine = make(grant, "fine", member_count=50)
    person(Member, fine, 1, role="Admin")
    make(grant, "no admin", member_count=7)
    make(grant, "never synced", synced=None)
    make(grant, "long ago", synced=NOW - timedelta(days=8))
    today = timezone.localdate()
    for name, size, joined, left in [("grew", 125, 25, 0), ("shrank", 60, 0, 40), ("large", 900, 25, 0)]:
        group = make(grant, name, subscriber_count=size)
        DailyTotal.objects.create(group=group, day=today, subscribers_joined=joined, subscribers_left=left)
    assert [(one.group.name, one.signed, one.before, one.per_cent) for one in reading.sudden()] == [
        ("shrank", "-40", 100, -40),
        ("grew", "+25", 100, 25),
    ]
    assert [group.name for group in reading.without_admin()] == ["no admin"]
    assert [group.name for group in reading.unsynced()] == ["never synced", "long ago"]


PAGES = ("groups_figures", "groups_figures_growth", "groups_figures_attention")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_costs_the_same_for_many_groups_as_for_few(grant: Grant, name: str) -> None:
    client, counts = signed_in("Viewer"), []
    for some in (range(2), range(2, 7)):
        for number in some:
            group = make(grant, f"g{number}", member_count=9, unprovisioned_count=1, synced=None)
            parent = make(grant, f"parent {number}")
            GroupLink.objects.create(parent=parent, child=group, first_seen_at=NOW)
            today = timezone.localdate()
            DailyTotal.objects.create(group=group, day=today, members_joined=25, subscribers_left=1)
        heads.count_heads()
        client.get(reverse(f"admin:{name}"))
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse(f"admin:{name}")).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_pages_say_so_when_there_is_nothing_yet(grant: Grant) -> None:
    client = signed_in("Viewer")
    words = ["Nothing has been counted yet", "Nobody joined or left", "No group needs a look"]
    for name, expected in zip(PAGES, words, strict=True):
        assert expected in client.get(reverse(f"admin:{name}")).content.decode()


def test_numbers_lead_to_the_people_behind_them(tree: dict[str, Group]) -> None:
    """A public group has members too, and no list holds both: there are two numbers, each with its rows."""
    heads.count_heads()
    apart = tree["apart"]
    for number in (5, 6):
        person(Subscriber, apart, number)
    person(Subscriber, apart, 7, is_provisioned=True)
    person(Subscriber, apart, 8, left=1)
    counts = {"unprovisioned_count": 3, "unprovisioned_members": 1, "member_count": 1, "subscriber_count": 3}
    Group.objects.filter(pk=apart.pk).update(**counts)
    client = signed_in("Viewer")
    page = client.get(reverse("admin:groups_figures"))
    (_branch, url), *_rest = page.context["branches"]
    assert "1 row, as things are now." in client.get(url).content.decode()
    ((_group, share, parts),) = page.context["groups"]
    assert share == "25 %"
    overview = client.get(reverse("admin:groups_group_change", args=[apart.pk]))
    for shown in (parts, overview.context["unregistered"]):
        assert [(part.count, _rows_of(client, part.url)) for part in shown] == [(1, 1), (2, 2)]
    assertContains(overview, f'href="{reverse("admin:groups_figures_growth")}?group={apart.pk}"', count=1)


def _rows_of(client: Client, url: str) -> int:
    """How many rows the list at this address shows."""
    return int(client.get(url).context["cl"].result_count)


def test_every_branch_and_group_can_be_reached_and_taken_along(
    grant: Grant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "SHOWN", 2)
    for number in range(3):
        parent = make(grant, f"parent {number}", unprovisioned_count=1)
        child = make(grant, f"child {number}", member_count=7)
        GroupLink.objects.create(parent=parent, child=child, first_seen_at=NOW)
        DailyTotal.objects.create(group=parent, day=timezone.localdate(), members_joined=25 + number)
    heads.count_heads()
    client = signed_in("Viewer")
    address = reverse("admin:groups_figures")
    first = client.get(address)
    assertContains(first, "1 to 2 of 3", count=2)
    second = client.get(address, {"branches": 2, "groups": 2})
    shown = [*first.context["branches"], *second.context["branches"]]
    assert [one.group.name for one, _url in shown] == [f"parent {number}" for number in range(3)]
    assert [group.name for group, *_more in second.context["groups"]] == ["parent 2"]
    for title, url in first.context["files"]:
        expected = {"All branches as a file": "3 rows", "All groups as a file": "6 rows"}[title]
        assertContains(client.get(url), f"{expected}, as things are now.")
    assert [row[1] for row in branches.rows({})] == [f"parent {number}" for number in range(3)]
    look = reverse("admin:groups_figures_attention")
    assertContains(client.get(look), "1 to 2 of 3", count=2)  # without admin; grew suddenly
    assert [one.net for one in client.get(look, {"grew": 2}).context["grew"]] == [25]


@pytest.mark.parametrize("query", ["days=31", "group=0", "group=x"])
def test_an_address_that_names_nothing_is_not_found(db: None, query: str) -> None:
    client: Client = signed_in("Viewer")
    assert client.get(f"{reverse('admin:groups_figures_growth')}?{query}").status_code == 404


def test_a_year_is_shown_a_week_at_a_time_and_adds_up(grant: Grant) -> None:
    group = make(grant, "a")
    for ago in (0, 100, 300):
        day = timezone.localdate() - timedelta(days=ago)
        DailyTotal.objects.create(group=group, day=day, members_joined=2)
    days.add_up()
    shown = signed_in("Viewer").get(f"{reverse('admin:groups_figures_growth')}?days=365").context
    assert (len(shown["labels"]), sum(shown["series"][0][1])) == (53, 6)
