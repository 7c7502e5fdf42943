"""Operations 4 to 16 and the member's role: from the form to the service's own state and into the mirror.

One organisation for all of them: each test works with groups and people of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db.models import Count
from pytest_django.plugin import DjangoDbBlocker

from groups.changes.models import GroupChange
from groups.imports.models import ImportRow, ImportRun
from groups.models import Group, GroupLink, Member, Subscriber, SyncRun
from groups.person import person_url
from kaizala_admin.connectors.clients import client_for
from kaizala_admin.connectors.models import Grant
from tests.flows.house import House
from tests.flows.staff import Staff
from tests.messaging import files

pytestmark = pytest.mark.flow
WAITING = ["queued", "sending"]


@dataclass
class Desk:
    """Staff before a console that knows the whole organisation; `client` asks the service itself."""

    house: House
    staff: Staff
    grant: Grant
    client: Any

    def settled(self) -> None:
        """Everything that was asked for is answered, and Kaizala refused nothing."""
        self.house.wait(lambda: not GroupChange.objects.filter(state__in=WAITING).exists())
        assert set(GroupChange.objects.values_list("state", flat=True)) == {"sent"}

    def make(self, name: str, group_type: str = "Group", **more: Any) -> Group:
        """A group by the form, for one test alone."""
        form = {"name": name, "welcome_message": "Hello", "group_type": group_type, "grant": self.grant.pk}
        self.staff.fill("/admin/groups/group/create/", **form, **more)
        self.settled()
        return Group.objects.get(name=name)

    def members(self, group: Group) -> dict[str, str]:
        """{number: role} at the service."""
        return {one.mobile_number: one.role for one in self.client.fetch_members(group.group_id)}

    def followers(self, group: Group) -> set[str]:
        """Numbers at the service."""
        return {one.mobile_number for one in self.client.fetch_subscribers(group.group_id).subscribers}

    def below(self, group: Group) -> set[str]:
        """IDs of sub-groups at the service."""
        return {one.group_id for one in self.client.fetch_subgroups(group.group_id).sub_groups}

    def click(self, path: str, action: str, **chosen: Any) -> None:
        """Presses a button of a page and says yes to its question."""
        self.staff.agree(self.staff.click(path, action, **chosen))

    def sync(self, path: str) -> None:
        """Presses a button of syncing and waits for all that it starts."""
        self.staff.press(path)
        self.synced()

    def synced(self) -> None:
        self.house.wait(lambda: not SyncRun.objects.filter(state__in=WAITING).exists())

    def upload(self, kind: str, sheet: str, group: Group | None = None, **more: Any) -> ImportRun:
        """By the form; checked, accepted and applied to the end."""
        about = {"group": group.group_id} if group else {}
        form = {"kind": kind, "region": "IN", "tenant": self.grant.connector.tenant_id, **about, **more}
        file = {"file": ("people.csv", sheet.encode())}
        self.staff.fill("/admin/groups/importrun/new/", files=file, **form)
        return self.finish(ImportRun.objects.latest("pk"))

    def finish(self, run: ImportRun) -> ImportRun:
        self.house.wait(lambda: ImportRun.objects.get(pk=run.pk).state == "checked")
        at = f"/admin/groups/importrun/{run.pk}/"
        self.click(at, f"{at}accept/")
        self.house.wait(lambda: ImportRun.objects.get(pk=run.pk).state == "finished")
        return run


@pytest.fixture(scope="module")
def organisation(running_house: House, django_db_blocker: DjangoDbBlocker) -> Iterator[Desk]:
    with django_db_blocker.unblock():
        running_house.clean()
        connector = running_house.connect()
        running_house.sync(connector)
        grant = connector.grants.select_related("connector__tenant").get()
        yield Desk(running_house, Staff(running_house), grant, client_for(grant))
        running_house.wait(lambda: not SyncRun.objects.filter(state__in=WAITING).exists())  # the last looks
        running_house.clean()


@pytest.fixture
def desk(db: None, organisation: Desk, django_db_blocker: DjangoDbBlocker) -> Iterator[Desk]:
    with django_db_blocker.unblock():
        yield organisation


def numbers(start: int, count: int = 3) -> list[str]:
    return [f"+9198123{index:05}" for index in range(start, start + count)]


def page(group: Group, rest: str) -> str:
    return f"/admin/groups/group/{group.pk}/{rest}/"


def tab(group: Group, name: str) -> str:
    return f"{page(group, 'change')}?tab={name}"


def test_4_a_group_and_a_public_group_are_created(desk: Desk) -> None:
    first = numbers(0)
    picture = {"picture": ("sun.png", files.picture("PNG"), "image/png")}
    group = desk.make("Top", numbers="\n".join(first), files=picture)
    public = desk.make("News", "ConnectGroup")
    there = {one.group_id: one for one in desk.client.fetch_groups(show_details=True, all_groups=True)}
    assert (there[group.group_id].name, there[group.group_id].group_type) == ("Top", "Group")
    assert there[public.group_id].group_type == "ConnectGroup"
    assert desk.client.fetch_group(group.group_id).image_url.startswith("http")
    assert set(first) <= set(desk.members(group))
    mirror = Member.objects.filter(group=group, gone_at=None).values_list("mobile_number", flat=True)
    assert set(first) <= set(mirror)


def test_5_and_6_a_group_that_was_made_elsewhere_is_read(desk: Desk) -> None:
    made = desk.client.create_group("Elsewhere", "Hello", members=numbers(10, 1)).group_id
    desk.sync(f"/admin/groups/group/sync/{desk.grant.connector_id}/")
    group = Group.objects.get(name="Elsewhere")
    assert (group.group_id, group.gone_at) == (made, None)
    assert group.welcome_message == desk.client.fetch_group(made).welcome_message == "Hello"


def test_7_and_9_a_sub_group_is_created_and_read_again(desk: Desk) -> None:
    top = desk.make("Seven")
    form = {"name": "Below seven", "welcome_message": "Hello", "add_caller": "on"}
    desk.staff.fill(page(top, "sub-groups/create"), **form)
    desk.settled()
    child = Group.objects.get(name="Below seven")
    assert desk.below(top) == {child.group_id}
    desk.client.remove_subgroup(top.group_id, child.group_id)
    desk.sync(page(top, "sync"))
    assert GroupLink.objects.filter(parent=top, gone_at=None).count() == len(desk.below(top)) == 0


def test_8_and_10_a_group_is_linked_and_unlinked(desk: Desk) -> None:
    parent, child = desk.make("Eight"), desk.make("Below eight")
    desk.staff.fill(page(parent, "sub-groups/link"), child=child.pk)
    desk.settled()
    assert desk.below(parent) == {child.group_id}
    assert GroupLink.objects.filter(parent=parent, child=child, gone_at=None).count() == 1
    desk.click(tab(parent, "sub_groups"), page(parent, "sub-groups/unlink"), child=child.pk)
    desk.settled()
    assert desk.below(parent) == set()
    assert GroupLink.objects.filter(parent=parent, child=child, gone_at=None).count() == 0


def test_11_12_and_13_members_come_are_read_and_leave(desk: Desk) -> None:
    group, (first, second, third) = desk.make("Eleven"), numbers(20)
    desk.staff.fill(page(group, "members/add"), numbers=f"{first}\n{second[3:]}")
    desk.settled()
    assert {first, second} <= set(desk.members(group))
    desk.client.add_members(group.group_id, [third])
    desk.sync(page(group, "sync"))
    rows = {row.mobile_number: row for row in Member.objects.filter(group=group, gone_at=None)}
    assert set(rows) == set(desk.members(group))
    leaving = [rows[first].pk, rows[third].pk]
    desk.click(tab(group, "members"), page(group, "members/remove"), member=leaving)
    desk.settled()
    assert set(desk.members(group)) == set(rows) - {first, third}
    here = Member.objects.filter(group=group, gone_at=None).values_list("mobile_number", flat=True)
    assert set(here) == set(rows) - {first, third}
    removed = GroupChange.objects.filter(group=group, kind="remove_member").earliest("pk")
    at = f"/admin/groups/groupchange/progress/?changes={removed.pk}"
    desk.staff.agree(desk.staff.follow(at, f"/{removed.pk}/undo/"))
    desk.settled()
    assert set(desk.members(group)) == set(rows) - {third}


def test_a_members_role_is_changed_and_changed_back(desk: Desk) -> None:
    (number,) = numbers(30, 1)
    group = desk.make("Roles", numbers=number)
    desk.sync(page(group, "sync"))
    member = Member.objects.get(group=group, mobile_number=number)
    for role in ("Admin", "Member"):
        desk.click(tab(group, "members"), page(group, "members/role"), member=member.pk, role=role)
        desk.settled()
        assert desk.members(group)[number] == Member.objects.get(pk=member.pk).role == role


def test_14_15_and_16_subscribers_come_are_read_and_leave(desk: Desk) -> None:
    public, (first, second, third) = desk.make("Fifteen", "ConnectGroup"), numbers(40)
    desk.staff.fill(page(public, "subscribers/add"), numbers=f"{first}, {second}")
    desk.settled()
    assert desk.followers(public) == {first, second}
    desk.client.add_subscribers(public.group_id, [third])
    desk.sync(page(public, "sync"))
    rows = Subscriber.objects.filter(group=public, gone_at=None).values_list("mobile_number", flat=True)
    assert set(rows) == desk.followers(public) == {first, second, third}
    desk.staff.fill(page(public, "subscribers/remove"), numbers=second)
    desk.settled()
    assert set(rows.all()) == desk.followers(public) == {first, third}


def test_a_person_leaves_all_groups_in_one_step(desk: Desk) -> None:
    (number,) = numbers(50, 1)
    groups = [desk.make(name, numbers=number) for name in ("One", "Two")]
    public = desk.make("Three", "ConnectGroup")
    desk.staff.fill(page(public, "subscribers/add"), numbers=number)
    desk.settled()
    desk.staff.agree(desk.staff.follow(person_url(number), "/remove/"))
    desk.settled()
    assert [number in desk.members(group) for group in groups] == [False, False]
    assert desk.followers(public) == set()
    assert Member.objects.filter(mobile_number=number, gone_at=None).count() == 0


def test_a_sheet_is_applied_row_by_row_and_taken_back(desk: Desk) -> None:
    group, new = desk.make("Sheet", numbers=numbers(60, 1)[0]), numbers(60, 130)
    before = set(desk.members(group))
    sheet = "Name,Phone\n" + "".join(f"x,{number}\n" for number in [*new, "12", new[1]])
    run = desk.upload("add", sheet, group)
    assert _states(run) == {"done": 129, "there": 1, "wrong": 1, "duplicate": 1}
    assert set(desk.members(group)) == before | set(new)
    at = f"/admin/groups/importrun/{run.pk}/"
    desk.staff.click(at, f"{at}undo/")
    back = desk.finish(ImportRun.objects.get(undoes=run))
    assert (_states(back), set(desk.members(group))) == ({"done": 129}, before)


def test_sheets_fill_link_equal_and_clean_several_groups(desk: Desk) -> None:
    top, below, news = desk.make("Alpha"), desk.make("Beta"), desk.make("Gamma", "ConnectGroup")
    before, (first, second, third) = set(desk.members(top)), numbers(300)
    people = f"Alpha,{first},admin\nAlpha,{second},\nGamma,{first},\nGamma,{third},subscriber\n"
    assert _states(desk.upload("many", f"Group,Phone,Role\n{people}")) == {"done": 4}
    assert desk.members(top)[first] == "Admin"
    assert desk.followers(news) == {first, third}
    assert _states(desk.upload("links", "Parent,Child\nAlpha,Beta\n")) == {"done": 1}
    assert desk.below(top) == {below.group_id}
    desk.synced()
    list_of_all = "\n".join(["Phone", *before, first, third])
    assert _states(desk.upload("equal", list_of_all, top))["done"] == 2
    assert set(desk.members(top)) == before | {first, third}
    desk.synced()
    leavers = f"Alpha,{first}\nAlpha,{third}\nGamma,{first}\nBeta,{first}\n"
    assert _states(desk.upload("leave", f"Group,Phone\n{leavers}")) == {"done": 3, "there": 1}
    assert (set(desk.members(top)), desk.followers(news)) == (before, {third})
    assert _states(desk.upload("unlink", "Parent,Child\nAlpha,Beta\n")) == {"done": 1}
    assert desk.below(top) == set()


def _states(run: ImportRun) -> dict[str, int]:
    rows = ImportRow.objects.filter(run=run).order_by().values_list("state")
    return dict(rows.annotate(Count("pk")))
