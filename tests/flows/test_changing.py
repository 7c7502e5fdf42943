"""From the form to the sandbox's state and back into the mirror, through real processes."""

from __future__ import annotations

import re
from typing import Any

import pytest
import requests

from groups.changes.models import GroupChange
from groups.imports.models import ImportRow, ImportRun
from groups.models import Group, GroupLink, Member, Subscriber
from kaizala_admin.connectors.clients import client_for
from kaizala_admin.connectors.models import Connector
from tests.flows.house import PASSWORD, House

pytestmark = pytest.mark.flow

NEW = [f"+9198123000{index:02}" for index in range(5)]
DONE = {"sent"}


class Staff:
    """An administrator in a browser without pictures."""

    def __init__(self, house: House) -> None:
        house.administrator()
        self.web, self.root = requests.Session(), house.web_url
        self.web.trust_env = False
        self.post("/admin/login/", username="admin", password=PASSWORD)

    def post(self, path: str, files: Any = None, **form: Any) -> requests.Response:
        shown = self.web.get(f"{self.root}{path}", timeout=30)
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', shown.text)
        cookie = token.group(1) if token else self.web.cookies.get("csrftoken", "")
        answer = self.web.post(
            f"{self.root}{path}",
            data={**form, "csrfmiddlewaretoken": cookie},
            files=files,
            headers={"Referer": f"{self.root}/admin/"},
            timeout=30,
        )
        assert answer.status_code == 200, (path, answer.status_code)
        return answer


def settled(house: House) -> None:
    house.wait(lambda: not GroupChange.objects.filter(state__in=["queued", "sending"]).exists())
    assert set(GroupChange.objects.values_list("state", flat=True)) == DONE


def mine(group_type: str) -> list[Group]:
    return list(Group.objects.filter(group_type=group_type, reaches__role="Admin").order_by("pk"))


def test_every_change_goes_from_its_form_to_the_service_and_into_the_mirror(
    house: House, synced: Connector
) -> None:
    staff, client = Staff(house), client_for(synced.grants.select_related("connector__tenant")[0])
    group, other, public = mine("Group")[0], mine("Group")[-1], mine("ConnectGroup")[0]
    at, follow = f"/admin/groups/group/{group.pk}", f"/admin/groups/group/{public.pk}"
    grant = synced.grants.get()
    member = group.members.filter(gone_at=None, role="Member").order_by("pk")[0]
    leaver = group.members.filter(gone_at=None, role="Member").order_by("pk")[1]
    linked = GroupLink.objects.filter(parent=group, child=other, gone_at=None).exists()
    new = {"welcome_message": "Hello", "confirmed": "yes"}
    staff.post("/admin/groups/group/create/", name="Top", group_type="Group", grant=grant.pk, **new)
    staff.post("/admin/groups/group/create/", name="News", group_type="ConnectGroup", grant=grant.pk, **new)
    staff.post(f"{at}/sub-groups/create/", name="Below", add_caller="on", **new)
    staff.post(f"{at}/members/add/", numbers="\n".join(NEW))
    staff.post(f"{at}/members/role/", member=member.pk, role="Admin", confirmed="yes")
    staff.post(f"{at}/members/remove/", member=leaver.pk, confirmed="yes")
    staff.post(f"{follow}/subscribers/add/", numbers="\n".join(NEW))
    settled(house)
    staff.post(f"{follow}/subscribers/remove/", numbers=NEW[0])
    below = Group.objects.get(name="Below")
    staff.post(f"{at}/sub-groups/unlink/", child=below.pk, confirmed="yes")
    settled(house)
    staff.post(f"{at}/sub-groups/link/", child=below.pk)
    settled(house)
    there = {one.mobile_number: one.role for one in client.fetch_members(group.group_id)}
    assert set(NEW) <= set(there)
    assert (there[member.mobile_number], leaver.mobile_number in there) == ("Admin", False)
    names = {one.name: one.group_type for one in client.fetch_groups(show_details=True, all_groups=True)}
    assert (names["Top"], names["News"]) == ("Group", "ConnectGroup")
    assert below.group_id in {one.group_id for one in client.fetch_subgroups(group.group_id).sub_groups}
    here = Member.objects.filter(group=group, gone_at=None)
    house.wait(lambda: not here.filter(person_id__startswith="tel:").exists())
    assert set(here.exclude(mobile_number="").values_list("mobile_number", flat=True)) == set(there) - {""}
    follows = Subscriber.objects.filter(group=public, gone_at=None, mobile_number__in=NEW)
    assert set(follows.values_list("mobile_number", flat=True)) == set(NEW[1:])
    assert GroupLink.objects.filter(parent=group, child=below, gone_at=None).exists()
    assert linked == GroupLink.objects.filter(parent=group, child=other, gone_at=None).exists()


def test_a_sheet_goes_from_the_form_to_the_service_row_by_row(house: House, synced: Connector) -> None:
    staff, client = Staff(house), client_for(synced.grants.select_related("connector__tenant")[0])
    group = mine("Group")[0]
    numbers = [f"+9198124{index:05}" for index in range(230)]
    sheet = "Name,Phone\n" + "".join(f"x,{number}\n" for number in [*numbers, "12", numbers[0]])
    form = {"kind": "add", "group": group.group_id, "region": "IN", "tenant": group.tenant_id}
    staff.post("/admin/groups/importrun/new/", files={"file": ("people.csv", sheet.encode())}, **form)
    run = ImportRun.objects.get()
    house.wait(lambda: ImportRun.objects.get().state == "checked")
    staff.post(f"/admin/groups/importrun/{run.pk}/accept/", confirmed="yes")
    house.wait(lambda: ImportRun.objects.get().state == "finished")
    counts = {
        state: ImportRow.objects.filter(state=state).count() for state in ("done", "wrong", "duplicate")
    }
    assert counts == {"done": 230, "wrong": 1, "duplicate": 1}
    there = [one.mobile_number for one in client.fetch_members(group.group_id)]
    assert len(there) == len(set(there))
    assert set(numbers) <= set(there)
