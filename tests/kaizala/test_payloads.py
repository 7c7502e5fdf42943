"""What is sent, in the documented form, and the contract's limits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from kaizala_admin.kaizala import (
    Action,
    ActionProperty,
    ActionResponse,
    Announcement,
    CustomAction,
    InvalidInput,
    Job,
    JobResponse,
    KaizalaError,
    LetsMeet,
    Media,
    Place,
    Poll,
    PollChoice,
    Question,
    Response,
    Survey,
    SurveyResponse,
    TextMessage,
    WebhookSubscription,
)
from kaizala_admin.kaizala.payloads.webhook import webhook_changes_body

NINE = datetime(2026, 12, 1, 9, tzinfo=timezone(timedelta(hours=5, minutes=30)))
PHONE = "+919876543212"
HOOK = "https://example.org/hook"


@pytest.mark.parametrize(
    ("action", "envelope"),
    [
        (
            Announcement("Title", "Text"),
            {"actionType": "Announcement", "actionBody": {"title": "Title", "message": "Text"}},
        ),
        (
            Announcement("Title", "Text", ("bWVkaWE=",)),
            {
                "actionType": "Announcement",
                "actionBody": {"title": "Title", "message": "Text", "MediaResources": ["bWVkaWE="]},
            },
        ),
        (
            Poll("Tea?", (PollChoice("Yes"), PollChoice("No", "aW1n")), 48),
            {
                "actionType": "Poll",
                "actionBody": {
                    "question": "Tea?",
                    "choices": [{"title": "Yes"}, {"title": "No", "image": "aW1n"}],
                    "expiryInHours": 48,
                },
            },
        ),
        (
            Job("Dig", (PHONE, PHONE)),
            {"actionType": "Job", "actionBody": {"title": "Dig", "assignedTo": [PHONE], "dueDate": 24}},
        ),
        (
            LetsMeet("Talk", NINE, 45, Place(18.5, 73.9, "Pune"), "All"),
            {
                "actionType": "LetsMeet",
                "actionBody": {
                    "title": "Talk",
                    "startingTime": "2026-12-01T03:30:00Z",
                    "DurationInMins": 45,
                    "duration": 45,
                    "isSenderOnly": False,
                    "place": {"latitude": 18.5, "longitude": 73.9, "name": "Pune"},
                    "agenda": "All",
                },
            },
        ),
        (
            Media("Image", "bWVkaWE=", "Field"),
            {"actionType": "Image", "actionBody": {"mediaResource": "bWVkaWE=", "caption": "Field"}},
        ),
        (
            Survey(
                "Rain",
                (Question("How much?", "Numeric"), Question("Crop", "SingleOption", ("Rice", "Maize"), True)),
                visibility="2",
                description="Weekly",
                cover_image="aW1n",
            ),
            {
                "actionType": "Survey",
                "actionBody": {
                    "title": "Rain",
                    "dueDate": 24,
                    "isAnonymous": False,
                    "isSenderOnly": False,
                    "acceptMultipleResponses": False,
                    "questions": [
                        {"title": "How much?", "type": "Numeric", "isInvisible": False},
                        {
                            "title": "Crop",
                            "type": "SingleOption",
                            "isInvisible": True,
                            "options": [{"title": "Rice"}, {"title": "Maize"}],
                        },
                    ],
                    "Visibility": "2",
                    "Description": "Weekly",
                    "CoverImage": "aW1n",
                },
            },
        ),
        (
            CustomAction("com.example.app", "Visit", 24),
            {"id": "com.example.app", "actionBody": {"title": "Visit", "validity": 24}},
        ),
        (
            CustomAction(
                "com.example.app", properties=(ActionProperty("n", 1.5, "Numeric"),), is_anonymous=False
            ),
            {
                "id": "com.example.app",
                "actionBody": {
                    "isAnonymous": False,
                    "properties": [{"name": "n", "type": "Numeric", "value": 1.5}],
                },
            },
        ),
    ],
)
def test_an_action_is_written_as_documented(action: Action, envelope: dict[str, Any]) -> None:
    assert action.envelope() == envelope


@pytest.mark.parametrize(
    ("response", "envelope"),
    [
        (JobResponse(True), {"actionType": "Job", "actionBody": {"isCompleted": True}}),
        (
            SurveyResponse(
                ("a", 2.5, ["x", "y"], datetime(2017, 7, 18, 11, 24, 31, tzinfo=UTC), Place(1, 2, "n"), None),
                response_id="r-1",
                response_name="Asha",
                response_location=Place(3, 4),
            ),
            {
                "actionType": "Survey",
                "responseId": "r-1",
                "actionBody": {
                    "answers": ["a", 2.5, ["x", "y"], 1500377071, {"lt": 1, "lg": 2, "n": "n"}, None],
                    "responseName": "Asha",
                    "responseLocation": {"latitude": 3, "longitude": 4, "name": ""},
                },
            },
        ),
        (
            ActionResponse("com.example.app", ("a",)),
            {"id": "com.example.app", "actionBody": {"answers": ["a"]}},
        ),
    ],
)
def test_a_response_is_written_as_documented(response: Response, envelope: dict[str, Any]) -> None:
    assert response.envelope() == envelope


def test_a_message_may_reply_to_another() -> None:
    assert TextMessage("x").body() == {"message": "x"}
    assert TextMessage("x", "r-1").body() == {"message": "x", "replyToReferenceId": "r-1"}


def test_a_subscription_is_written_as_documented() -> None:
    until = datetime(2028, 1, 1, tzinfo=UTC)
    full = WebhookSubscription("g@1", "Group", ("MemberAdded",), HOOK, "tok", "ctx", until)
    assert full.body() == {
        "objectId": "g@1",
        "objectType": "Group",
        "eventTypes": ["MemberAdded"],
        "callBackUrl": HOOK,
        "callBackToken": "tok",
        "callBackContext": "ctx",
        "validity": 1830297600000,
    }
    assert sorted(WebhookSubscription("g", "Group", ("X",), "http://127.0.0.1:8000/h").body()) == [
        "callBackUrl",
        "eventTypes",
        "objectId",
        "objectType",
    ]


def test_a_change_of_a_subscription_holds_only_what_changes() -> None:
    assert webhook_changes_body({"active": True}) == {"Active": "true"}
    assert webhook_changes_body({"callback_url": HOOK, "event_types": ("A",)}) == {
        "callBackUrl": HOOK,
        "eventTypes": ["A"],
    }


def test_a_message_may_have_4000_characters() -> None:
    assert TextMessage("ж" * 4000).body() == {"message": "ж" * 4000}


QUESTIONS = (Question("Q"),)


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: TextMessage(""), "message"),
        (lambda: TextMessage(" \n\t"), "message"),
        (lambda: TextMessage("x" * 4001), "message"),
        (lambda: TextMessage("\ud83d"), "message"),
        (lambda: Announcement("", "x"), "title"),
        (lambda: Announcement("x", ""), "message"),
        (lambda: Announcement("x", "x" * 4001), "message"),
        (lambda: Announcement("x", "x", ("",)), "media_resources"),
        (lambda: Poll("", (PollChoice("a"),)), "question"),
        (lambda: Poll("q", ()), "choices"),
        (lambda: PollChoice(" "), "choices"),
        (lambda: Poll("q", (PollChoice("a"),), 0), "expiry_in_hours"),
        (lambda: Job("", (PHONE,)), "title"),
        (lambda: Job("t", ()), "assigned_to"),
        (lambda: Job("t", ("12345",)), "assigned_to"),
        (lambda: Job("t", (PHONE,), 0), "due_in_hours"),
        (lambda: LetsMeet("", NINE), "title"),
        (lambda: LetsMeet("t", NINE.replace(tzinfo=None)), "starting_time"),
        (lambda: LetsMeet("t", NINE, 0), "duration_in_minutes"),
        (lambda: Place(91, 0), "latitude"),
        (lambda: Place(0, float("nan")), "longitude"),
        (lambda: Media("Text", "x"), "media_type"),
        (lambda: Media("Image", ""), "media_resource"),
        (lambda: Survey("", QUESTIONS), "title"),
        (lambda: Survey("t", ()), "questions"),
        (lambda: Survey("t", QUESTIONS, 0), "due_in_hours"),
        (lambda: Survey("t", QUESTIONS, visibility="4"), "visibility"),
        (lambda: Question(""), "questions"),
        (lambda: Question("q", "Colour"), "questions"),
        (lambda: Question("q", "SingleOption"), "options"),
        (lambda: Question("q", "MultiOption", ("a", "")), "options"),
        (lambda: CustomAction(""), "package_id"),
        (lambda: CustomAction("p", validity=0), "validity"),
        (lambda: CustomAction("p", due_in_hours=-1), "due_in_hours"),
        (lambda: ActionProperty("", 1), "properties"),
        (lambda: ActionProperty("n", 1, "Colour"), "properties"),
        (lambda: SurveyResponse((True,)), "answers"),
        (lambda: SurveyResponse((float("inf"),)), "answers"),
        (lambda: SurveyResponse((NINE.replace(tzinfo=None),)), "answers"),
        (lambda: ActionResponse("", ()), "package_id"),
        (lambda: WebhookSubscription("", "Group", ("A",), HOOK), "object_id"),
        (lambda: WebhookSubscription("g", "Tenant", ("A",), HOOK), "object_type"),
        (lambda: WebhookSubscription("g", "Group", (), HOOK), "event_types"),
        (lambda: WebhookSubscription("g", "Group", ("A",), "http://example.org/"), "callback_url"),
        (lambda: WebhookSubscription("g", "Group", ("A",), "example.org"), "callback_url"),
        (lambda: WebhookSubscription("g", "Group", ("A",), "https://[bad"), "callback_url"),
        (lambda: WebhookSubscription("g", "Group", ("A",), HOOK, "two words"), "callback_token"),
        (lambda: webhook_changes_body({}), "changes"),
        (lambda: webhook_changes_body({"colour": 1}), "colour"),  # type: ignore[typeddict-unknown-key]
    ],
)
def test_a_broken_limit_is_named_by_its_field(make: Callable[[], object], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        make()
    assert caught.value.field == field
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, KaizalaError)
    assert caught.value.message
