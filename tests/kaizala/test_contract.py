"""Every method against the real sandbox process, and what went over the wire: tokens, groups, people."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kaizala_admin.kaizala import (
    ExpiredToken,
    GroupInfo,
    KaizalaError,
    Refused,
)

from .world import NEWCOMER, SECOND, World


def test_generate_pin_and_get_refresh_token(world: World) -> None:
    client = world.new_client("")
    client.generate_pin(phone := world.user_phone)
    app = world.connector["applicationId"]
    body = {"mobileNumber": phone, "applicationId": app}
    assert world.last() == ("generate_pin", "POST", "/v1/generatePin", body)
    pin = world.sandbox.get("/sandbox/pins")[0]["pin"]
    login = client.get_refresh_token(phone, pin)
    secret = world.connector["applicationSecret"]
    operation, method, path, sent = world.last()
    assert (operation, method, path) == ("get_refresh_token", "POST", "/v1/loginWithPinAndApplicationId")
    assert sent == {**body, "applicationSecret": secret, "pin": pin}
    assert login.refresh_token
    assert login.expires_at is not None
    assert timedelta(days=364) < login.expires_at - datetime.now(UTC) < timedelta(days=366)
    assert client.fetch_groups() != ()


def test_a_wrong_pin_is_refused_in_words(world: World) -> None:
    client = world.new_client("")
    client.generate_pin(phone := world.user_phone)
    right = world.sandbox.get("/sandbox/pins")[0]["pin"]
    wrong = f"{(int(right) + 1) % 10 ** len(right):0{len(right)}}"
    with pytest.raises(KaizalaError) as caught:
        client.get_refresh_token(phone, wrong)
    assert isinstance(caught.value, Refused | ExpiredToken)
    assert caught.value.message.startswith("Kaizala said no: ")
    assert wrong not in caught.value.message


def test_generate_access_token(world: World) -> None:
    access = world.new_client(world.refresh_token).generate_access_token()
    assert world.last() == ("generate_access_token", "GET", "/v1/accessToken", None)
    assert access.endpoint_url == world.sandbox.url
    assert timedelta(hours=23) < access.expires_at - datetime.now(UTC) <= timedelta(hours=24, minutes=1)
    assert access.scope


def test_fetch_groups(world: World) -> None:
    found = world.client.fetch_groups(show_details=True, all_groups=True)
    assert world.last() == ("fetch_groups", "GET", "/v1/groups?showDetail=true&fetchAllGroups=true", None)
    seeded = world.sandbox.get("/sandbox/state")["groups"]
    names = {item.group_id: (item.name, item.group_type) for item in found}
    assert names == {item["groupId"]: (item["name"], item["groupType"]) for item in seeded}
    assert all(item.user_count is not None for item in found)


def test_fetch_group(world: World, group: str) -> None:
    found = world.client.fetch_group(group)
    assert world.last() == ("fetch_group", "GET", f"/v1/groups/{group}", None)
    assert (found.group_id, found.name, found.group_type) == (group, "Contract", "Group")


def test_create_group(world: World) -> None:
    made = world.client.create_group("News", "Hello", [NEWCOMER], "ConnectGroup")
    body = {"name": "News", "welcomeMessage": "Hello", "members": [NEWCOMER], "groupType": "ConnectGroup"}
    assert world.last() == ("create_group", "POST", "/v1/groups", body)
    assert (made.name, made.members_added) == ("News", True)
    assert world.client.fetch_group(made.group_id).group_type == "ConnectGroup"


def test_sub_groups_are_made_linked_listed_and_unlinked(world: World) -> None:
    client = world.client
    top = client.create_group("Top", "Hello").group_id
    made = client.create_subgroup(top, "Below", "Hello", [SECOND], add_caller=False)
    operation, method, path, body = world.last()
    assert (operation, method, path) == ("create_subgroup", "POST", f"/v1/groups/{top}/subGroups")
    assert body == {
        "name": "Below",
        "groupName": "Below",
        "welcomeMessage": "Hello",
        "members": [SECOND],
        "addUserToGroup": False,
    }
    other = client.create_group("Other", "Hello").group_id
    client.add_subgroups(top, [other])
    assert world.last() == ("add_subgroups", "PUT", f"/v1/groups/{top}/subGroups", {"subGroups": [other]})
    between = client.create_subgroup(top, "Between", "Hello").group_id
    client.add_subgroups(between, [other])
    tree = client.fetch_subgroups(top, all_groups=True)
    assert world.last() == ("fetch_subgroups", "GET", f"/v1/groups/{top}/subGroups?fetchAllGroups=true", None)
    assert (tree.group_id, tree.name) == (top, "Top")
    assert {item.group_id for item in tree.sub_groups} == {made.group_id, between, other}
    assert sorted(_names(tree)) == ["Below", "Between", "Other", "Other"]
    client.remove_subgroup(top, other)
    assert world.last() == ("remove_subgroup", "DELETE", f"/v1/groups/{top}/subGroups/{other}", None)
    left = {item.group_id for item in client.fetch_subgroups(top).sub_groups}
    assert left == {made.group_id, between}


def _names(tree: GroupInfo) -> list[str]:
    return [name for item in tree.sub_groups for name in (item.name, *_names(item))]


def test_members_are_added_listed_promoted_and_removed(world: World) -> None:
    client, phone = world.client, "+919800000003"
    group = client.create_group("People", "Hello").group_id
    client.add_members(group, [phone])
    path = f"/v1/groups/{group}/members"
    assert world.last() == ("add_members", "PUT", path, {"members": [phone]})
    (person,) = [item for item in client.fetch_members(group) if item.mobile_number == phone]
    assert world.last() == ("fetch_members", "GET", path, None)
    assert (person.role, person.is_provisioned) == ("Member", False)
    client.set_member_role(group, person.person_id, "Admin")
    assert world.last() == ("set_member_role", "PUT", f"{path}/{person.person_id}", {"role": "Admin"})
    (person,) = [item for item in client.fetch_members(group) if item.mobile_number == phone]
    assert person.role == "Admin"
    client.remove_member(group, person.person_id)
    assert world.last() == ("remove_member", "DELETE", f"{path}/{person.person_id}", None)
    assert phone not in [item.mobile_number for item in client.fetch_members(group)]


def test_subscribers_are_listed_page_by_page(world: World) -> None:
    client, seen, cursor = world.client, list[str](), None
    while True:
        page = client.fetch_subscribers(world.public, cursor, 20)
        sent = {"count": 20} if cursor is None else {"count": 20, "cursor": cursor}
        assert world.last() == ("fetch_subscribers", "POST", f"/v1/groups/{world.public}/subscribers", sent)
        seen += [person.person_id for person in page.subscribers]
        if page.cursor is None:
            break
        assert len(page.subscribers) == 20
        cursor = page.cursor
    (count,) = [
        item["subscribers"]
        for item in world.sandbox.get("/sandbox/state")["publicGroups"]
        if item["groupId"] == world.public
    ]
    assert len(seen) == len(set(seen)) == count


def test_subscribers_are_added_and_removed(world: World) -> None:
    client, public = world.client, world.public
    results = client.add_subscribers(public, [NEWCOMER, SECOND])
    path = f"/v1/groups/{public}/subscribers"
    body = {"subscribers": [NEWCOMER, SECOND]}
    assert world.last() == ("add_subscribers", "PUT", f"{path}/add", body)
    assert {number: result.done for number, result in results.items()} == {NEWCOMER: True, SECOND: True}
    results = client.remove_subscribers(public, [NEWCOMER, SECOND])
    assert world.last() == ("remove_subscribers", "PUT", f"{path}/remove", body)
    assert {number: result.done for number, result in results.items()} == {NEWCOMER: True, SECOND: True}
