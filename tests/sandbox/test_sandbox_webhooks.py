"""Contract 14 and 15: subscriptions and deliveries."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.sandbox.caller import Caller, Receiver

DAY = 86_400
EVENTS = ["TextMessageCreated", "SurveyCreated", "SurveyResponse", "MemberAdded", "GroupAdded"]


@pytest.fixture
def group(admin: Caller) -> str:
    return admin.group("India programme")


@pytest.fixture
def hook(admin: Caller, receiver: Receiver, group: str) -> str:
    return subscribe(admin, receiver, group)


def subscribe(admin: Caller, receiver: Receiver, group: str, **more: Any) -> str:
    body = {
        "objectId": group,
        "objectType": "group",
        "eventTypes": EVENTS,
        "callBackUrl": receiver.url,
        "callBackToken": "t0ken",
        "callBackContext": "ours",
        **more,
    }
    return str(admin.ok("POST", "webhook", body)["webhookId"])


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, "it did not happen within 10 seconds"
        time.sleep(0.02)


def active(admin: Caller, group: str) -> bool:
    query = {"objectId": group, "objectType": "Group"}
    return bool(admin.ok("GET", "webhook", params=query)["webhooks"][0]["active"])


def test_the_validation_token_is_the_only_parameter(receiver: Receiver, hook: str) -> None:
    (path,) = receiver.validations
    assert path.startswith("/hook?validationToken=")
    assert path.count("=") == 1


def test_a_callback_that_fails_the_validation_is_not_stored(
    admin: Caller, receiver: Receiver, group: str
) -> None:
    receiver.validates = False
    body = {"objectId": group, "objectType": "Group", "eventTypes": EVENTS, "callBackUrl": receiver.url}
    answer = admin.call("POST", "webhook", body)
    assert (answer.status_code, answer.json()["errorCode"]) == (400, "WebhookValidationFailed")
    insecure = admin.call("POST", "webhook", body | {"callBackUrl": "http://console.example/hook"})
    assert (insecure.status_code, insecure.json()["errorCode"]) == (400, "InvalidCallbackUrl")
    query = {"objectId": group, "objectType": "Group"}
    assert admin.ok("GET", "webhook", params=query) == {"webhooks": []}


def test_reading_names_the_fields_otherwise_than_writing(
    admin: Caller, receiver: Receiver, group: str, hook: str
) -> None:
    (found,) = admin.ok("GET", "webhook", params={"objectId": group, "objectType": "Group"})["webhooks"]
    assert found["validity"] - found["ts"] >= 2 * 365 * DAY * 1000 - 1000
    del found["validity"], found["ts"]
    assert found == {
        "id": hook,
        "objectId": group,
        "objectType": "Group",
        "events": EVENTS,
        "filters": [],
        "callbackUrl": receiver.url,
        "callbackToken": "t0ken",
        "callBackContext": "ours",
        "active": True,
    }
    assert admin.call("GET", "webhook", params={"objectId": group}).status_code == 400


def test_an_event_arrives_with_its_envelope_and_token(
    admin: Caller, receiver: Receiver, group: str, hook: str
) -> None:
    admin.ok("POST", f"groups/{group}/messages", {"message": "hello"})
    wait_for(lambda: len(receiver.events) == 1)
    event = receiver.events[0]
    assert receiver.headers[0]["kz-callback-token"] == "t0ken"
    assert (event.pop("eventId") != "", event.pop("fromUserId") != "") == (True, True)
    assert event == {
        "objectId": group,
        "objectType": "Group",
        "eventType": "TextMessageCreated",
        "data": {"text": "hello"},
        "context": "ours",
        "fromUser": admin.connector["refreshTokens"][0]["phone"],
        "fromUserName": "Meera Joshi",
        "fromUserProfilePic": "",
        "subscriptionId": hook,
    }


def test_a_response_event_carries_hidden_rows_and_its_own_id(
    admin: Caller, receiver: Receiver, group: str, hook: str
) -> None:
    questions = [{"title": "Crop?", "type": "SingleOption", "options": [{"title": "Rice"}]}]
    body = {"actionType": "Survey", "actionBody": {"title": "S", "questions": questions}}
    action = admin.ok("POST", f"groups/{group}/actions", body)["actionId"]
    place = {"latitude": 1.5, "longitude": 2.5, "name": "Here"}
    answer = {"actionType": "Survey", "actionBody": {"answers": ["Rice"], "responseLocation": place}}
    response = admin.ok("POST", f"groups/{group}/actions/{action}/responses", answer)["responseId"]
    wait_for(lambda: len(receiver.events) == 2)
    event = next(event for event in receiver.events if event["eventType"] == "SurveyResponse")
    rows = event["data"]["responseDetails"]["responseWithQuestions"]
    assert (event["eventId"], event["data"]["responseId"]) == (response, response)
    assert [(row["title"], row.get("isInvisible", False)) for row in rows] == [
        ("Crop?", False),
        ("Responder Location", True),
        ("ResponseTime", True),
        ("Responder Name", True),
    ]
    assert (rows[0]["answer"], rows[1]["answer"]) == (["Rice"], {"lt": 1.5, "lg": 2.5, "n": "Here"})
    assert abs(rows[2]["answer"] / 1000 - time.time()) < 60


def test_duplicates_are_sent_on_purpose(admin: Caller, receiver: Receiver, group: str, hook: str) -> None:
    asked = {"eventType": "TextMessageCreated", "objectId": group, "data": {"text": "x"}, "copies": 3}
    assert admin.sandbox.post("/sandbox/events", **asked) == {"queued": 3}
    wait_for(lambda: len(receiver.events) == 3)
    assert len({event["eventId"] for event in receiver.events}) == 1


def test_six_retries_over_two_days_then_the_webhook_is_off_until_it_is_woken(
    admin: Caller, receiver: Receiver, group: str, hook: str
) -> None:
    receiver.status = 500
    admin.ok("POST", f"groups/{group}/messages", {"message": "lost"})
    wait_for(lambda: len(receiver.events) == 1)
    waited = 0.0
    for retry in range(6):
        assert active(admin, group)
        pause = 2 * DAY / 63 * 2**retry + 1
        waited += pause
        time.sleep(0.1)
        admin.sandbox.post("/sandbox/clock", advanceSeconds=pause)
        wait_for(lambda expected=retry + 2: len(receiver.events) == expected)  # type: ignore[misc]
        admin.token = admin.sign_in().json()["accessToken"]
    assert abs(waited - 2 * DAY) < 60
    wait_for(lambda: not active(admin, group))
    admin.ok("POST", f"groups/{group}/messages", {"message": "not told"})
    receiver.status = 200
    admin.ok("PUT", f"webhook/{hook}", {"Active": "true"})
    admin.ok("POST", f"groups/{group}/messages", {"message": "told"})
    wait_for(lambda: receiver.events[-1]["data"] == {"text": "told"})
    assert len(receiver.events) == 8


def test_unsubscribing_ends_it_without_a_message_key(
    admin: Caller, receiver: Receiver, group: str, hook: str
) -> None:
    assert "message" not in admin.ok("DELETE", f"webhook/{hook}")
    assert admin.call("DELETE", f"webhook/{hook}").status_code == 404
    admin.ok("POST", f"groups/{group}/messages", {"message": "x"})
    assert admin.sandbox.post("/sandbox/events", eventType="TextMessageCreated", objectId=group) == {
        "queued": 0
    }
    assert receiver.events == []


def test_members_and_sub_groups_are_told(admin: Caller, receiver: Receiver, group: str, hook: str) -> None:
    admin.ok("PUT", f"groups/{group}/members", {"members": ["+919812345678"]})
    made = admin.ok("POST", f"groups/{group}/subGroups", {"groupName": "N", "welcomeMessage": "W"})
    wait_for(lambda: len(receiver.events) == 2)
    data = {event["eventType"]: event["data"] for event in receiver.events}
    assert (data["MemberAdded"]["member"], data["MemberAdded"]["type"]) == ("+919812345678", "Member")
    assert data["GroupAdded"] == {"groupId": made["groupId"], "groupName": "N", "groupType": "Group"}
