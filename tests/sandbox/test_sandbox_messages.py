"""Contract 7: who receives a message, told by the ledger."""

from __future__ import annotations

from typing import Any

from tests.sandbox.caller import Caller


def summary(admin: Caller, text: str) -> tuple[Any, ...]:
    found = admin.sandbox.get("/sandbox/ledger/summary", text=text)
    return found["messages"], found["phones"], found["deliveries"], found["copiesMax"]


def members(admin: Caller, group: str) -> int:
    return len(admin.ok("GET", f"groups/{group}/members")["members"])


def test_a_message_to_a_group_reaches_each_member_of_that_level_once(admin: Caller) -> None:
    group = admin.group("India programme")
    sent = admin.ok("POST", f"groups/{group}/messages", {"message": "to all"})
    assert list(sent) == ["referenceId"]
    count = members(admin, group)
    assert summary(admin, "to all") == (1, count, count, 1)


def test_named_subscribers_alone_get_it_and_the_others_come_back_as_failed(admin: Caller) -> None:
    first, second = admin.numbers(2)
    body = {"message": "few", "subscribers": [first, second, first, "+919", "+14155550100"]}
    sent = admin.ok("POST", f"groups/{admin.public}/messages", body)
    assert [(item["subscriber"], item["errorCode"]) for item in sent["failedResult"]] == [
        ("+919", "InvalidMobileNumber"),
        ("+14155550100", "NotASubscriber"),
    ]
    rows = admin.sandbox.get("/sandbox/ledger", text="few")["rows"]
    assert [row["mobileNumber"] for row in rows] == [first, second]
    assert {row["referenceId"] for row in rows} == {sent["referenceId"]}


def test_an_empty_list_of_subscribers_posts_to_the_whole_group(admin: Caller) -> None:
    admin.ok("PUT", f"groups/{admin.public}/members", {"members": ["+919812345678"]})
    admin.ok("POST", f"groups/{admin.public}/messages", {"message": "oops", "subscribers": []})
    phones = {row["mobileNumber"] for row in admin.sandbox.get("/sandbox/ledger", text="oops")["rows"]}
    assert {"+919812345678", *admin.numbers(50)} <= phones
    assert len(phones) > admin.state["publicGroups"][0]["subscribers"]


def test_send_to_all_reaches_every_subscriber_once(admin: Caller) -> None:
    body = {"message": "news", "sendToAllSubscribers": "true"}
    admin.ok("POST", f"groups/{admin.public}/messages", body)
    subscribers = admin.state["publicGroups"][0]["subscribers"]
    assert summary(admin, "news") == (1, subscribers, subscribers, 1)


def test_the_summary_counts_copies_per_phone_over_several_messages(admin: Caller) -> None:
    first, second, third = admin.numbers(3)
    for numbers in ([first, second], [second, third], [second]):
        admin.ok("POST", f"groups/{admin.public}/messages", {"message": "copy", "subscribers": numbers})
    found = admin.sandbox.get("/sandbox/ledger/summary", text="copy")
    assert found == {
        "messages": 3,
        "phones": 3,
        "deliveries": 5,
        "copiesMax": 3,
        "duplicates": [{"mobileNumber": second, "copies": 3}],
    }


def test_who_joins_or_leaves_later_does_not_change_what_was_received(admin: Caller) -> None:
    group = admin.group("India programme")
    admin.ok("POST", f"groups/{group}/messages", {"message": "before"})
    before = members(admin, group)
    gone = admin.ok("GET", f"groups/{group}/members")["members"][-1]
    assert admin.ok("PUT", f"groups/{group}/members", {"members": ["+919812345678"]}) == {"result": "true"}
    assert admin.ok("DELETE", f"groups/{group}/members/{gone['id']}") == {"result": "true"}
    admin.ok("PUT", f"groups/{group}/members", {"members": ["+919812345679"]})
    admin.ok("POST", f"groups/{group}/messages", {"message": "after"})
    assert summary(admin, "before") == (1, before, before, 1)
    assert summary(admin, "after") == (1, before + 1, before + 1, 1)


def test_targeted_sends_need_a_connect_group_and_its_admin(admin: Caller, officer: Caller) -> None:
    numbers = admin.numbers(1)
    body = {"message": "x", "subscribers": numbers}
    group = admin.group("India programme")
    assert admin.call("POST", f"groups/{group}/messages", body).json()["errorCode"] == "InvalidGroupType"
    other = admin.group("Maji safi – water and hygiene")
    assert admin.call("POST", f"groups/{other}/messages", body).status_code == 403
    assert officer.call("POST", f"groups/{admin.public}/messages", body).status_code == 403
    assert summary(admin, "x") == (0, 0, 0, 0)


def test_4000_characters_pass_and_4001_do_not(admin: Caller) -> None:
    group = admin.group("India programme")
    admin.ok("POST", f"groups/{group}/messages", {"message": "x" * 4000})
    long = admin.call("POST", f"groups/{group}/messages", {"message": "x" * 4001})
    assert (long.status_code, long.json()["errorCode"]) == (400, "MessageTooLong")


def test_100_subscribers_pass_and_101_do_not(admin: Caller) -> None:
    page = admin.ok("POST", f"groups/{admin.public}/subscribers", {})
    more = admin.ok("POST", f"groups/{admin.public}/subscribers", {"cursor": page["cursor"]})
    numbers = [person["mobileNumber"] for person in page["subscribers"] + more["subscribers"]]
    path = f"groups/{admin.public}/messages"
    assert "failedResult" not in admin.ok("POST", path, {"message": "many", "subscribers": numbers})
    assert (
        admin.call("POST", path, {"message": "many", "subscribers": [*numbers, "+919812345678"]}).status_code
        == 400
    )
    assert summary(admin, "many") == (1, 100, 100, 1)


def test_the_ledger_pages_by_its_cursor(admin: Caller) -> None:
    admin.ok("POST", f"groups/{admin.public}/messages", {"message": "p", "sendToAllSubscribers": True})
    admin.ok("POST", f"groups/{admin.group('India programme')}/messages", {"message": "p"})
    whole = admin.sandbox.get("/sandbox/ledger", text="p")["rows"]
    paged, cursor = [], ""
    while cursor is not None:
        page = admin.sandbox.get("/sandbox/ledger", text="p", limit=70, cursor=cursor)
        paged += page["rows"]
        cursor = page.get("cursor")
    assert paged == whole
    assert len(whole) == summary(admin, "p")[2]
