"""Every known variant of actions, responses, webhooks and reactions is read (contract 10 to 14)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kaizala_admin.kaizala import (
    KaizalaClient,
    ReactionSummary,
    ReceivedAnswer,
    ReceivedResponse,
)

from .recorder import Recorder, Reply

PHONE = "+919876543212"
SENT_AT = datetime(2017, 12, 1, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "when",
    [
        {"sentAt": "2017-12-01T10:30:00Z"},
        {"sentAt": "2017-12-01T16:00:00+05:30"},
        {"sentAt": "2017-12-01T10:30:00"},
        {"creationTime": 1512124200},
        {"creationTime": 1512124200000},
        {"creationTime": "1512124200"},
    ],
)
def test_a_list_of_actions_is_read_with_either_time(
    server: Recorder, client: KaizalaClient, when: Any
) -> None:
    body = {"actionId": "a", "title": "Dig", "assigneeCount": 2}
    raw = {"referenceId": "r", "actionType": "job", "sender": PHONE, "actionBody": body, **when}
    server.answer(Reply(body={"actions": [raw], "hasMore": True}))
    page = client.fetch_actions("g", "Job", from_date=SENT_AT)
    (item,) = page.actions
    assert (item.reference_id, item.action_id, item.action_type) == ("r", "a", "Job")
    assert (item.sender, item.sent_at, item.title) == (PHONE, SENT_AT, "Dig")
    assert (item.body, page.has_more) == (body, True)
    assert server.seen[0].path == "/v1/groups/g/actions?actionType=Job&fromDate=1512124200&count=30"


def test_a_time_that_is_none_is_left_out(server: Recorder, client: KaizalaClient) -> None:
    server.answer(Reply(body={"actions": [{"sentAt": "yesterday", "creationTime": 10**30}]}))
    page = client.fetch_actions("g", "Job")
    assert (page.actions[0].sent_at, page.has_more) == (None, False)


ROW = {"title": "Crop", "type": "SingleOption", "options": [{"title": "Rice"}], "answer": ["Rice"]}
HIDDEN = {"title": "ResponseTime", "type": "DateTime", "answer": 1512124200000, "isInvisible": True}
ANSWERS = (
    ReceivedAnswer("Crop", "SingleOption", ("Rice",), ["Rice"], False),
    ReceivedAnswer("ResponseTime", "DateTime", (), 1512124200000, True),
)
WHO = {"responseId": "x", "responder": PHONE, "responderName": "Asha", "responderId": "p"}
QUESTIONS = [
    {"title": "Crop", "type": "SingleOption", "options": [{"title": "Rice"}]},
    {"title": "ResponseTime", "type": "DateTime", "isInvisible": True},
]


@pytest.mark.parametrize(
    "responses",
    [
        {"responses": [{**WHO, "sentAt": "2017-12-01T10:30:00Z", "responseWithQuestions": [ROW, HIDDEN]}]},
        {"responseDetails": [{**WHO, "sentAt": 1512124200, "responseWithQuestions": [ROW, HIDDEN]}]},
        {
            "Responses": [
                {**WHO, "sentAt": 1512124200, "responseDetails": {"responseWithQuestions": [ROW, HIDDEN]}}
            ]
        },
        {
            "questions": QUESTIONS,
            "responses": [{**WHO, "sentAt": 1512124200, "Answers": [["Rice"], 1512124200000]}],
        },
    ],
)
def test_answers_are_read_by_title_or_by_position(
    server: Recorder, client: KaizalaClient, responses: Any
) -> None:
    details = {"actionId": "a", "title": "Rain", **responses}
    server.answer(Reply(body={"actionType": "survey", "sender": PHONE, "actionDetails": details}))
    found = client.fetch_action("g", "a")
    assert (found.action_id, found.action_type, found.title, found.sender) == ("a", "Survey", "Rain", PHONE)
    assert found.responses == (ReceivedResponse("x", PHONE, "p", "Asha", "", SENT_AT, None, ANSWERS),)
    assert server.seen[0].path == "/v1/groups/g/actions/a?getDetails=true"


def test_responses_to_a_job_say_whether_it_is_done(server: Recorder, client: KaizalaClient) -> None:
    raw = [{"assignee": PHONE, "assigneeName": "Asha", "assigneeProfilePic": "u", "isCompleted": True}]
    server.answer(Reply(body={"actionType": "Job", "actionDetails": {"responses": raw, "status": False}}))
    found = client.fetch_action("g", "a")
    assert found.responses == (ReceivedResponse("", PHONE, "", "Asha", "u", None, True, ()),)
    assert found.details == {"responses": raw, "status": False}


def test_one_bare_answer_is_read(server: Recorder, client: KaizalaClient) -> None:
    details = {"question": "Tea?", "responses": [{"responder": PHONE, "answer": "Yes"}]}
    server.answer(Reply(body={"actionType": "Poll", "actionDetails": details}))
    (response,) = client.fetch_action("g", "a").responses
    assert response.answers == (ReceivedAnswer("", "", (), "Yes", False),)


def test_the_documentations_sample_of_an_action_is_read(server: Recorder, client: KaizalaClient) -> None:
    items = [{"actionBody": {"actionId": "x"}}, {"actionBody": {"actionId": "a", "question": "Tea?"}}]
    server.answer(Reply(body={"actions": items}))
    found = client.fetch_action("g", "a", details=False)
    assert (found.action_id, found.action_type, found.title) == ("a", "", "Tea?")


@pytest.mark.parametrize("name", ["events", "eventTypes"])
def test_webhooks_are_read_in_either_spelling(server: Recorder, client: KaizalaClient, name: str) -> None:
    raw = {
        "id": "w",
        "objectId": "g",
        "objectType": "Group",
        name: ["MemberAdded"],
        "callBackUrl": "https://example.org/h",
        "callbackToken": "t",
        "ts": 1512124200000,
        "validity": 1512124200000,
        "active": "false",
    }
    server.answer(Reply(body={"webhooks": [raw]}))
    (hook,) = client.fetch_webhooks("g", "Group")
    assert (hook.webhook_id, hook.object_id, hook.object_type) == ("w", "g", "Group")
    assert (hook.event_types, hook.active) == (("MemberAdded",), False)
    assert (hook.callback_url, hook.callback_token) == ("https://example.org/h", "t")
    assert (hook.created_at, hook.validity) == (SENT_AT, SENT_AT)
    assert "example.org" not in repr(hook)


@pytest.mark.parametrize("cursor", [b"636674054802000001", b'"636674054802000001"', b"636674054802000001.0"])
def test_a_cursor_of_reactions_loses_no_digit(server: Recorder, client: KaizalaClient, cursor: bytes) -> None:
    reaction = b'{"lastModifiedTime": 1512124200000, "reactionId": "x", "userId": "p"}'
    server.answer(Reply(body=b'{"cursor": ' + cursor + b', "reactionDetails": [' + reaction + b"]}"))
    page = client.fetch_reactions("g", "r", "Like")
    assert page.cursor == "636674054802000001"
    assert page.reactions[0].last_modified == SENT_AT
    assert server.seen[0].path == "/v1/groups/g/reaction/r?sourceGroupId=g&reactionType=Like&cursor=0"


def test_reactions_are_summed_up(server: Recorder, client: KaizalaClient) -> None:
    summary = [{"referenceId": "r", "reactionsCountMap": {"like": 3, "Comment": 1}}, {"referenceId": "s"}]
    server.answer(Reply(body={"summary": summary}))
    page = client.fetch_reaction_summary("g", "r", source_group_id="parent")
    assert page.summaries == (ReactionSummary("r", 3, 1), ReactionSummary("s", 0, 0))
    client.fetch_reaction_summary("g", cursor=636674054802000001)
    assert [seen.path for seen in server.seen] == [
        "/v1/groups/g/reaction/r/summary?sourceGroupId=parent",
        "/v1/groups/g/reaction/summary?sourceGroupId=g&cursor=636674054802000001",
    ]
