"""Bodies as the contract has them (15), one for each kind of event, real quirks included."""

from typing import Any

ROW = {"title": "Enough rain?", "type": "SingleOption", "options": [{"title": "Yes"}, {"title": "No"}]}
HIDDEN = {"title": "ResponseTime", "type": "DateTime", "options": [], "answer": 1_700_000_000_000}
PLACE = {"title": "Where?", "type": "Location", "options": [], "answer": {"lt": 18.5, "lg": 73.8}}
ANSWERS = [{**ROW, "answer": ["Yes"]}, PLACE, {**HIDDEN, "isInvisible": True}]
RESPONDER = {"responder": "+919876543210", "responderName": "Asha Rao", "responderId": "p-1"}


def ids(number: int) -> dict[str, Any]:
    """Of one action in our group."""
    return {"actionId": f"action-{number}@1", "groupId": "group-1"}


DATA: dict[str, dict[str, Any]] = {
    "TextMessageCreated": {"text": "The rain comes on Friday"},
    "AttachmentCreated": {
        "media": [{"mediaUrl": "https://cdn.example.org/a?se=2290&amp;sig=x", "mediaFileName": "a.jpg"}],
        "actionType": "Image",
        "caption": "Our field",
    },
    "Announcement": {"title": "Market", "text": "Open on Sunday", "media": [{"url": "u", "fileName": "f"}]},
    "JobCreated": {**ids(1), "title": "Count", "dueDate": "2026-12-01T10:00:00Z", "assignedTo": ["+911"]},
    "JobResponse": {
        **ids(1),
        "responseId": "r-1",
        "responseDetails": {
            "response": {"assignee": "+919876543210", "assigneeName": "Asha", "isCompleted": True}
        },
    },
    "SurveyCreated": {**ids(2), "title": "Harvest", "questions": [ROW], "properties": []},
    "SurveyResponse": {
        **ids(2),
        **RESPONDER,
        "responseId": "r-2",
        "isUpdateResponse": False,
        "isAnonymous": False,
        "responseDetails": {"responseWithQuestions": ANSWERS},
    },
    "ActionCreated": {**ids(3), "title": "Visit", "questions": [ROW], "actionPackageId": "com.example.visit"},
    "ActionResponse": {
        **ids(3),
        **RESPONDER,
        "actionPackageId": "com.example.visit",
        "packageId": "com.example.visit",
        "responseId": "r-3",
        "isUpdateResponse": False,
        "responseDetails": {"responseWithQuestions": ANSWERS},
    },
    "MemberAdded": {"member": "+919811100001", "memberName": "Ravi", "type": "Member", "memberId": "p-2"},
    "MemberRemoved": {"member": "+919811100002", "memberName": "Mina", "type": "Admin", "memberId": "p-3"},
    "GroupAdded": {"groupId": "group-2", "groupName": "North East", "groupType": "Group"},
    "GroupRemoved": {"groupId": "group-3"},
    "PollCreated": {**ids(4), "question": "When?", "choices": [{"title": "Mon"}], "isSenderOnly": False},
    "PollResponse": {**ids(4), **RESPONDER, "responseId": "r-4", "responseDetails": {"choice": "Mon"}},
    "LetsMeetCreated": {**ids(5), "title": "Meet", "startingTime": "2026-12-01T10:00:00Z"},
    "LetsMeetResponse": {**ids(5), **RESPONDER, "responseId": "r-5", "responseDetails": {"answer": "Yes"}},
    "UserJoined": {"member": "+919811100003", "memberId": "p-4"},
}


def envelope(event_type: str, event_id: str = "e-1", **more: Any) -> dict[str, Any]:
    """One delivery. `more` are changes of the envelope."""
    return {
        "objectId": "group-1",
        "objectType": "Group",
        "eventType": event_type,
        "eventId": event_id,
        "data": DATA[event_type],
        "context": "",
        "fromUser": "+919876543210",
        "fromUserId": "p-1",
        "fromUserName": "Asha Rao",
        "fromUserProfilePic": "",
        "subscriptionId": "remote-1",
        **more,
    }
