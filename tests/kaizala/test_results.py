"""Every known variant of an answer is read (contract 4 to 14)."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from kaizala_admin.kaizala import (
    CreatedGroup,
    FailedRecipient,
    GroupInfo,
    KaizalaClient,
    Person,
    Refused,
    Sent,
    SubscriberPage,
    SubscriberResult,
    UnknownOutcome,
)

from .recorder import Recorder, Reply

PHONE, OTHER = "+919876543212", "+254701058756"


def test_a_group_is_read_from_the_documented_sample(server: Recorder, client: KaizalaClient) -> None:
    raw = {
        "groupName": "Field",
        "groupId": "g@1",
        "groupImageUrl": "https://cdn/x",
        "hasSubGroups": True,
        "hasParentGroups": False,
        "callerRole": "Admin",
        "userCount": 12,
        "currentLevelUserCount": 5,
        "unProvisionedUserCount": 2,
        "isMappedToTenant": True,
        "groupType": "ConnectGroup",
        "isDuplicate": False,
        "welcomeMessage": "Hi",
    }
    server.answer(Reply(body={"groups": [raw, {"GroupId": "h", "GROUPNAME": None, "groupImageURL": "u"}]}))
    assert client.fetch_groups(show_details=True) == (
        GroupInfo(
            "g@1", "Field", "ConnectGroup", "https://cdn/x", "Hi", "Admin", True, False, 12, 5, 2, True
        ),
        GroupInfo("h", image_url="u"),
    )
    assert server.seen[0].path == "/v1/groups?showDetail=true&fetchAllGroups=false"


@pytest.mark.parametrize(
    "body",
    [
        {"groupId": "g", "groupName": "N", "groupType": "connectGroup", "userCount": "7"},
        {"groups": [{"groupId": "g", "groupName": "N", "groupType": "connectgroup", "userCount": 7}]},
        {"Groups": [{"groupId": "x"}, {"id": "g", "name": "N", "groupType": "ConnectGroup", "userCount": 7}]},
    ],
)
def test_one_group_is_read_bare_or_wrapped(server: Recorder, client: KaizalaClient, body: Any) -> None:
    server.answer(Reply(body=body))
    assert client.fetch_group("g") == GroupInfo("g", "N", "ConnectGroup", user_count=7)


@pytest.mark.parametrize("body", [{"groups": []}, {}, {"groups": [{}]}])
def test_no_group_in_the_answer_cannot_be_read(server: Recorder, client: KaizalaClient, body: Any) -> None:
    server.answer(Reply(body=body))
    with pytest.raises(UnknownOutcome):
        client.fetch_group("g")


TREE = GroupInfo("g", "Root", sub_groups=(GroupInfo("a", sub_groups=(GroupInfo("b"),)), GroupInfo("c")))
NESTED = [{"groupId": "a", "subGroups": [{"groupId": "b"}]}, {"groupId": "c", "subGroups": []}]


@pytest.mark.parametrize(
    "body",
    [
        {"groupId": "g", "groupName": "Root", "subGroups": NESTED},
        {"groups": [{"groupId": "g", "groupName": "Root", "subGroups": NESTED}]},
        {"groupName": "Root", "SubGroups": NESTED},
    ],
)
def test_a_tree_is_read_bare_or_wrapped(server: Recorder, client: KaizalaClient, body: Any) -> None:
    server.answer(Reply(body=body))
    assert client.fetch_subgroups("g", all_groups=True) == TREE


def test_a_list_of_sub_groups_is_hung_under_the_group_asked_for(
    server: Recorder, client: KaizalaClient
) -> None:
    server.answer(Reply(body={"groups": NESTED}))
    assert client.fetch_subgroups("g") == GroupInfo("g", sub_groups=TREE.sub_groups)


def test_a_group_without_sub_groups_is_read(server: Recorder, client: KaizalaClient) -> None:
    server.answer(Reply(body={"groups": []}))
    assert client.fetch_subgroups("g") == GroupInfo("g")


def test_a_shared_sub_group_is_listed_under_each_parent_but_opened_once(
    server: Recorder, client: KaizalaClient
) -> None:
    shared = {"groupId": "s", "subGroups": [{"groupId": "t"}]}
    parents = [
        {"groupId": "a", "subGroups": [{"groupId": "s", "isDuplicate": True}]},
        {"groupId": "b", "subGroups": [shared, shared]},
        {"groupId": "c", "subGroups": [shared]},
    ]
    server.answer(Reply(body={"groupId": "g", "subGroups": parents}))
    again = GroupInfo("s", is_duplicate=True)
    opened = GroupInfo("s", is_duplicate=True, sub_groups=(GroupInfo("t"),))
    assert client.fetch_subgroups("g").sub_groups == (
        GroupInfo("a", sub_groups=(again,)),
        GroupInfo("b", sub_groups=(opened,)),
        GroupInfo("c", sub_groups=(again,)),
    )


def test_a_way_back_up_is_left_out(server: Recorder, client: KaizalaClient) -> None:
    circle = {
        "groupId": "a",
        "subGroups": [{"groupId": "g", "subGroups": [{"groupId": "a"}]}, {"groupId": "a"}],
    }
    server.answer(Reply(body={"groupId": "g", "subGroups": [circle, {"groupId": "g"}]}))
    assert client.fetch_subgroups("g") == GroupInfo("g", sub_groups=(GroupInfo("a"),))


def test_a_bottomless_tree_is_read_down_to_a_depth(server: Recorder, client: KaizalaClient) -> None:
    tree: dict[str, Any] = {"groupId": "g300"}
    for number in range(299, -1, -1):
        tree = {"groupId": f"g{number}", "subGroups": [tree]}
    server.answer(Reply(body=tree))
    found, depth = client.fetch_subgroups("g0"), 0
    while found.sub_groups:
        (found,), depth = found.sub_groups, depth + 1
    assert depth == 50


@pytest.mark.parametrize(
    ("body", "created"),
    [
        ({"groupId": "n", "groupName": "N", "membersAdded": True}, CreatedGroup("n", "N", True, False)),
        (
            {"groupId": "n", "groupName": "N", "membersAdded": "false", "isAddedAsSubGroup": True},
            CreatedGroup("n", "N", False, True),
        ),
        ({"groupId": "n"}, CreatedGroup("n", "Asked", None, False)),
    ],
)
def test_a_new_group_is_read(
    server: Recorder, client: KaizalaClient, body: Any, created: CreatedGroup
) -> None:
    server.answer(Reply(body=body))
    assert client.create_group("Asked", "Welcome") == created


def test_members_are_read_with_what_may_be_missing(server: Recorder, client: KaizalaClient) -> None:
    full = {"id": "p@1", "role": "Admin", "mobileNumber": PHONE, "isProvisioned": True, "name": "Asha"}
    poor = {"id": "q", "role": "member", "isProvisioned": False, "name": None, "profilePic": ""}
    server.answer(Reply(body={"members": [{**full, "profilePic": "https://cdn/p"}, poor]}))
    assert client.fetch_members("g") == (
        Person("p@1", PHONE, "Asha", "https://cdn/p", True, "Admin"),
        Person("q", "", "", "", False, "Member"),
    )


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("Asha\0Rao", "Asha\ufffdRao"),
        ("Asha \ud83d", "Asha \ufffd"),  # cut in the middle of an emoji
        ("Asha \ud83d\ude00\n", "Asha 😀\n"),
        ("आशा राव", "आशा राव"),
    ],
)
def test_a_name_holds_nothing_that_no_database_takes(
    server: Recorder, client: KaizalaClient, told: str, name: str
) -> None:
    server.answer(Reply(body={"members": [{"id": "m", "name": told, "mobileNumber": PHONE}]}))
    assert [person.name for person in client.fetch_members("g")] == [name]


@pytest.mark.parametrize(
    ("cursor", "read"), [("abc", "abc"), (12, "12"), (636674054802000001, "636674054802000001"), ("", None)]
)
def test_a_page_of_subscribers_has_its_cursor(
    server: Recorder, client: KaizalaClient, cursor: object, read: str | None
) -> None:
    server.answer(Reply(body={"subscribers": [{"id": "p", "mobileNumber": PHONE}], "cursor": cursor}))
    page = client.fetch_subscribers("g", "before", 20)
    assert page == SubscriberPage((Person("p", PHONE, "", "", True, ""),), read)
    assert (server.seen[0].method, server.seen[0].json) == ("POST", {"count": 20, "cursor": "before"})


def test_the_last_page_has_no_cursor(server: Recorder, client: KaizalaClient) -> None:
    server.answer(Reply(body={"subscribers": []}))
    assert client.fetch_subscribers("g") == SubscriberPage((), None)
    assert server.seen[0].json == {"count": 50}


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ({PHONE: {"isAdded": True}}, SubscriberResult(True, "")),
        ({PHONE: {"IsAdded": "true"}}, SubscriberResult(True, "")),
        ({PHONE: {"isAdded": False, "reason": "No such number"}}, SubscriberResult(False, "No such number")),
        ({PHONE: {"isAdded": False, "whatever": "Because"}}, SubscriberResult(False, "Because")),
        ({PHONE: True}, SubscriberResult(True, "")),
        ({PHONE: "Not found"}, SubscriberResult(False, "Not found")),
        ("true", SubscriberResult(True, "")),
        (False, SubscriberResult(False, "Kaizala said no.")),
        ({}, SubscriberResult(False, "Kaizala's answer does not mention this number.")),
    ],
)
def test_the_result_of_a_number_is_read(
    server: Recorder, client: KaizalaClient, result: object, expected: SubscriberResult
) -> None:
    server.answer(Reply(body={"result": result}))
    assert client.add_subscribers("g", [PHONE]) == {PHONE: expected}


def test_removed_subscribers_are_read_one_by_one(server: Recorder, client: KaizalaClient) -> None:
    server.answer(Reply(body={"result": {PHONE: {"isRemoved": True}, OTHER: {"isRemoved": False}}}))
    assert client.remove_subscribers("g", [PHONE, OTHER]) == {
        PHONE: SubscriberResult(True, ""),
        OTHER: SubscriberResult(False, ""),
    }


@pytest.mark.parametrize("body", [{"result": "true"}, {"result": True}, {"Result": "True"}, {}, b"", b"true"])
def test_a_change_of_members_worked(server: Recorder, client: KaizalaClient, body: Any) -> None:
    server.answer(Reply(body=body))
    client.add_members("g", [PHONE])
    client.remove_member("g", "p@1")
    client.set_member_role("g", "p@1", "Admin")
    assert [seen.method for seen in server.seen] == ["PUT", "DELETE", "PUT"]


@pytest.mark.parametrize("body", [{"result": "false"}, {"result": False}, {"message": "No"}, b"false"])
def test_a_change_of_members_did_not_work(server: Recorder, client: KaizalaClient, body: Any) -> None:
    server.answer(Reply(body=body))
    with pytest.raises(Refused) as caught:
        client.add_members("g", [PHONE])
    assert caught.value.code == "NotDone"


def test_a_web_page_is_no_success_of_a_change(server: Recorder, client: KaizalaClient) -> None:
    server.answer(Reply(body=b"<html>Sign in</html>"))
    with pytest.raises(UnknownOutcome):
        client.unsubscribe_webhook("w")


def test_people_whom_a_message_did_not_reach_are_named(server: Recorder, client: KaizalaClient) -> None:
    failed = {"subscriber": PHONE, "subscriberId": "p", "errorReason": "Left", "errorCode": "NotSubscriber"}
    server.answer(Reply(body={"referenceId": "r", "actionId": "a", "failedResult": [failed, OTHER]}))
    assert client.send_message_to_subscribers("g", "x", [PHONE, OTHER]) == Sent(
        "r", "a", (FailedRecipient(PHONE, "p", "Left", "NotSubscriber"), FailedRecipient(OTHER, "", "", ""))
    )


def test_what_has_no_id_is_left_out(server: Recorder, client: KaizalaClient) -> None:
    people = [{"name": "Nobody"}, {"mobileNumber": PHONE}]
    server.answer(Reply(body={"groups": [{"groupName": "x"}], "members": people, "subscribers": people}))
    assert client.fetch_groups() == ()
    assert [person.mobile_number for person in client.fetch_members("g")] == [PHONE]
    assert [person.mobile_number for person in client.fetch_subscribers("g").subscribers] == [PHONE]


@pytest.mark.parametrize("body", [{"groups": 1}, {"groups": {}}, {"other": []}])
def test_a_list_that_is_none_cannot_be_read(server: Recorder, client: KaizalaClient, body: Any) -> None:
    server.answer(Reply(body=body))
    with pytest.raises(UnknownOutcome):
        client.fetch_groups()


@pytest.mark.parametrize("junk", [None, 1, "x", [], [[]], {"a": 1}])
def test_junk_inside_a_list_breaks_nothing(server: Recorder, client: KaizalaClient, junk: Any) -> None:
    names = ("groups", "members", "subscribers", "actions", "webhooks", "summary", "reactionDetails")
    body = {name: [junk] for name in names}
    server.answer(Reply(body={**body, "actionDetails": {"responses": [junk], "questions": [junk]}}))
    calls = (
        client.fetch_groups,
        lambda: client.fetch_members("g"),
        lambda: client.fetch_subscribers("g"),
        lambda: client.fetch_actions("g", "Job"),
        lambda: client.fetch_action("g", "a"),
        lambda: client.fetch_subgroups("g"),
        lambda: client.fetch_webhooks("g", "Group"),
        lambda: client.fetch_reaction_summary("g"),
        lambda: client.fetch_reactions("g", "r"),
    )
    for call in calls:
        with suppress(UnknownOutcome):
            call()
