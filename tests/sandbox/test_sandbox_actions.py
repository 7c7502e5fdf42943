"""Contract 8 to 12: media, actions, responses, reactions."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest

from tests.sandbox.caller import Caller

SURVEY = {
    "actionType": "survey",
    "actionBody": {
        "title": "Harvest",
        "questions": [
            {"title": "Crop?", "type": "SingleOption", "options": [{"title": "Maize"}, {"title": "Rice"}]},
            {"title": "Pests?", "type": "MultiOption", "options": [{"title": "Worms"}, {"title": "Birds"}]},
            {"title": "Bags?", "type": "Numeric"},
            {"title": "Where?", "type": "Location"},
            {"title": "When?", "type": "Date"},
            {"title": "Photo", "type": "Image"},
            {"title": "Note", "type": "Text", "isInvisible": True},
        ],
    },
}
ANSWERS = [
    "Rice",
    ["Worms"],
    12,
    {"lt": 1.5, "lg": 2.5, "n": "X"},
    1500377471,
    "https://x.example/a.jpg",
    "n",
]


@pytest.fixture
def group(admin: Caller) -> str:
    return admin.group("India programme")


def test_a_survey_is_sent_answered_changed_and_read(admin: Caller, group: str) -> None:
    sent = admin.ok("POST", f"groups/{group}/actions", SURVEY)
    assert sorted(sent) == ["actionId", "referenceId"]
    path = f"groups/{group}/actions/{sent['actionId']}"
    body = {"actionType": "Survey", "actionBody": {"Answers": ANSWERS}}
    answered = admin.ok("POST", f"{path}/responses", body)
    assert admin.ok("POST", f"{path}/responses", body | answered) == answered
    found = admin.ok("GET", f"{path}/", params={"getDetails": "true"})
    assert (found["actionType"], found["actionDetails"]["responseCount"]) == ("Survey", 1)
    (response,) = found["actionDetails"]["responses"]
    assert response["responseId"] == answered["responseId"]
    assert [row["answer"] for row in response["responseWithQuestions"]] == [
        ["Rice"],
        ["Worms"],
        12.0,
        {"lt": 1.5, "lg": 2.5, "n": "X"},
        1500377471000,
        [{"mediaUrl": "https://x.example/a.jpg", "mediaFileName": "a.jpg"}],
        "n",
    ]
    listed = admin.ok("GET", f"groups/{group}/actions", params={"actionType": "survey"})
    assert listed["hasMore"] is False
    assert listed["actions"][0]["actionBody"]["responseCount"] == 1
    assert admin.sandbox.get("/sandbox/calls")["byOperation"]["post_survey_response"]["accepted"] == 2


@pytest.mark.parametrize(
    "answers",
    [
        ANSWERS[:-1],
        ["Wheat", *ANSWERS[1:]],
        ["Rice", "Worms", *ANSWERS[2:]],
        [*ANSWERS[:2], "many", *ANSWERS[3:]],
    ],
)
def test_answers_that_do_not_fit_are_refused(admin: Caller, group: str, answers: list[Any]) -> None:
    sent = admin.ok("POST", f"groups/{group}/actions", SURVEY)
    body = {"actionType": "Survey", "actionBody": {"answers": answers}}
    answer = admin.call("POST", f"groups/{group}/actions/{sent['actionId']}/responses", body)
    assert (answer.status_code, answer.json()["errorCode"]) == (400, "InvalidAnswers")


@pytest.mark.parametrize(
    ("action", "keys"),
    [
        ({"actionType": "Announcement", "actionBody": {"Title": "T", "Message": "M"}}, ["referenceId"]),
        ({"actiontype": "image", "actionBody": {"mediaResource": "abc"}}, ["referenceId"]),
        ({"actionType": "Job", "actionBody": {"title": "J", "assignedTo": ["+919801058756"]}}, None),
        ({"actionType": "Poll", "actionBody": {"question": "Q", "Choices": [{"title": "A"}]}}, None),
        (
            {"actionType": "LetsMeet", "actionBody": {"title": "M", "startingTime": "2026-12-01T10:00:00Z"}},
            None,
        ),
        (
            {"id": "com.example.app", "actionBody": {"title": "P", "properties": [{"name": "a", "type": 0}]}},
            None,
        ),
    ],
)
def test_every_kind_of_action_is_accepted(
    admin: Caller, group: str, action: dict[str, Any], keys: list[str] | None
) -> None:
    sent = admin.ok("POST", f"groups/{group}/actions", action)
    assert sorted(sent) == (keys or ["actionId", "referenceId"])
    assert admin.sandbox.get("/sandbox/ledger", messageId=sent["referenceId"])["rows"]


@pytest.mark.parametrize(
    "action",
    [
        {"actionType": "Survey", "id": "com.example.app", "actionBody": {}},
        {"actionBody": {"title": "x"}},
        {"actionType": "Survey", "actionBody": {"title": "x"}},
        {"actionType": "Poll", "actionBody": {"question": "x"}},
        {"actionType": "Job", "actionBody": {"title": "x"}},
        {"actionType": "Contact", "actionBody": {}},
    ],
)
def test_incomplete_actions_are_refused(admin: Caller, group: str, action: dict[str, Any]) -> None:
    assert admin.call("POST", f"groups/{group}/actions", action).status_code == 400


def test_actions_page_by_from_date(admin: Caller, group: str) -> None:
    poll = {"actionType": "Poll", "actionBody": {"question": "Q", "choices": [{"title": "A"}]}}
    sent = []
    for _ in range(3):
        sent.append(admin.ok("POST", f"groups/{group}/actions", poll)["referenceId"])
        admin.sandbox.post("/sandbox/clock", advanceSeconds=10)
    query: dict[str, Any] = {"actionType": "poll", "count": 2}
    page = admin.ok("GET", f"groups/{group}/actions", params=query)
    assert ([item["referenceId"] for item in page["actions"]], page["hasMore"]) == (sent[:2], True)
    last = page["actions"][-1]["sentAt"]
    start = int(time.mktime(time.strptime(last, "%Y-%m-%dT%H:%M:%SZ"))) - time.timezone + 1
    page = admin.ok("GET", f"groups/{group}/actions", params=query | {"fromDate": start})
    assert ([item["referenceId"] for item in page["actions"]], page["hasMore"]) == (sent[2:], False)


def test_properties_change_and_a_reminder_is_a_message(admin: Caller, group: str) -> None:
    action = {"id": "com.example.app", "actionBody": {"title": "P", "properties": []}}
    sent = admin.ok("POST", f"groups/{group}/actions", action)
    path = f"groups/{group}/actions/{sent['actionId']}"
    change = {
        "version": -1,
        "actionProperties": [{"propertyType": "Custom", "name": "s", "type": "Text", "value": "1"}],
    }
    admin.ok("PUT", f"{path}/properties", change)
    admin.ok("PUT", path, {"version": -1, "updateProperties": [{"name": "s", "type": "Text", "value": "2"}]})
    found = admin.ok("GET", path)["actionDetails"]
    assert found["properties"] == [{"name": "s", "type": "Text", "value": "2"}]
    reminded = admin.ok("POST", f"{path}/reminder", {})
    assert reminded["actionId"] == sent["actionId"]
    assert (
        admin.sandbox.get("/sandbox/ledger", messageId=reminded["referenceId"])["rows"][0]["kind"]
        == "Reminder"
    )


def test_an_action_cannot_name_a_file_that_is_not_kept_any_more(admin: Caller) -> None:
    url, headers = f"{admin.sandbox.url}/v1/media", {"accessToken": admin.token}
    given = {"files": ("a.jpg", b"x", "image/jpeg")}
    resource = admin.web.post(url, headers=headers, files=given, timeout=20).json()["mediaResource"]
    actions = [
        {"actionType": "Image", "actionBody": {"mediaResource": resource}},
        {"actionType": "Announcement", "actionBody": {"message": "x", "MediaResources": [resource]}},
        {
            "actionType": "Poll",
            "actionBody": {"question": "x", "choices": [{"title": "a", "image": resource}]},
        },
    ]
    path = f"groups/{admin.group('India programme')}/actions"
    assert [admin.call("POST", path, action).status_code for action in actions] == [200] * 3
    assert admin.sandbox.delete("/sandbox/media") == {"forgotten": 1}
    answers = [admin.call("POST", path, action) for action in actions]
    assert [(answer.status_code, answer.json()["errorCode"]) for answer in answers] == [
        (400, "InvalidMediaResource")
    ] * 3


def test_media_parts_need_their_type_and_make_one_resource(admin: Caller) -> None:
    url, headers = f"{admin.sandbox.url}/v1/media", {"accessToken": admin.token}
    two = [("1", ("a.jpg", b"A", "image/jpeg")), ("2", ("b ü.png", b"BB", "image/png"))]
    resource = admin.web.post(url, headers=headers, files=two, timeout=20).json()["mediaResource"]
    content = json.loads(base64.b64decode(resource))
    assert [(file["Name"], file["Size"]) for file in content["Files"]] == [("a.jpg", 1), ("b ü.png", 2)]
    stored = admin.web.get(content["Files"][1]["Url"], timeout=20)
    assert (stored.content, stored.headers["Content-Type"]) == (b"BB", "image/png")
    untyped = [("files", ("a.jpg", b"A"))]
    odd = [("files", ("a.jpg", b"A", "application/octet-stream"))]
    for files in (untyped, odd):
        answer = admin.web.post(url, headers=headers, files=files, timeout=20)
        assert (answer.status_code, answer.json()["errorCode"]) == (415, "UnsupportedMediaType")
    assert "mediaResource" in admin.ok("POST", "media/url", {"mediaUrl": "https://x.example/a.jpg"})


def test_people_like_and_comment(admin: Caller, group: str) -> None:
    sent = admin.ok("POST", f"groups/{group}/messages", {"message": "hi"})["referenceId"]
    path, like = (
        f"groups/{group}/reaction",
        {"referenceId": sent, "sourceGroupId": group, "reactionType": "like"},
    )
    first = admin.ok("POST", path, like)
    assert admin.ok("POST", path, like) == first
    assert admin.call("POST", path, like | {"reactionType": "Comment"}).status_code == 400
    admin.ok("POST", path, like | {"reactionType": "Comment", "comment": "good"})
    counts = {"referenceId": sent, "reactionsCountMap": {"like": 1, "comment": 1}}
    query = {"sourceGroupId": group}
    assert admin.ok("GET", f"{path}/{sent}/summary", params=query) == {"summary": [counts]}
    page = admin.ok("GET", f"{path}/summary", params=query)
    assert page["summary"] == [counts]
    assert admin.ok("GET", f"{path}/summary", params=query | {"cursor": page["cursor"]})["summary"] == []
    details = admin.ok("GET", f"{path}/{sent}", params=query | {"reactionType": "Like"})
    assert [item["reactionId"] for item in details["reactionDetails"]] == [first["reactionId"]]


def test_people_answer_by_themselves_and_a_share_of_them_only(admin: Caller) -> None:
    admin.ok("POST", f"groups/{admin.public}/actions", SURVEY | {"sendToAllSubscribers": True})
    admin.sandbox.post("/sandbox/answers", enabled=True, share=0.5, delaySeconds=20)
    admin.sandbox.post("/sandbox/clock", advanceSeconds=3600)
    found: dict[str, Any] = {}
    for _ in range(100):
        query = {"actionType": "survey"}
        found = admin.ok("GET", f"groups/{admin.public}/actions", params=query)["actions"][0]["actionBody"]
        if found["responseCount"] >= 80:
            break
        time.sleep(0.05)
    admin.sandbox.post("/sandbox/answers", enabled=False)
    assert 80 <= found["responseCount"] <= 150


def test_bots_the_profile_and_the_search_answer(admin: Caller, group: str) -> None:
    bot = admin.ok("POST", "bot", {"name": "Helper"})["botUserId"]
    assert [item["name"] for item in admin.ok("GET", "bot")["bots"]] == ["Helper"]
    admin.ok("POST", f"groups/{group}/bot", {"botUserId": bot})
    spoken = Caller(admin.sandbox)
    spoken.token = admin.ok("GET", f"bot/accessToken/{bot}")["accessToken"]
    spoken.ok("POST", f"groups/{group}/messages", {"message": "beep"})
    unknown = admin.call("GET", "bot/accessToken/none")
    assert (unknown.status_code, unknown.json()["errorCode"]) == (500, "Unknown")
    assert admin.ok("GET", "users/me")["name"] == "Meera Joshi"
    found = admin.ok("GET", "tenant/findGroupsByQuery", params={"query": "kenya", "pageSize": 5})
    assert [item["groupName"] for item in found["groups"]] == ["Kenya programme"]
