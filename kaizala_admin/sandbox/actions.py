"""Stored actions: found, shown in lists and in detail, and as data of events (contract 9, 10 and 15)."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from kaizala_admin.sandbox.attachments import files_of, first_url
from kaizala_admin.sandbox.clock import iso
from kaizala_admin.sandbox.store import Store

_ACTION = """SELECT a.id, a.guid, a.group_id, g.guid, a.message_id, m.guid, a.kind, a.package_id,
  a.title, a.body,
  a.sender_id, coalesce(u.number, ''), a.sent_at, a.due_at, a.properties, m.audience FROM actions a
  JOIN groups g ON g.id = a.group_id JOIN messages m ON m.id = a.message_id JOIN people u
    ON u.id = a.sender_id"""


class Action(NamedTuple):
    """One instance: ids by row and by GUID, times in seconds since 1970, the body as it was sent."""

    id: int
    guid: str
    group_id: int
    group_guid: str
    message_id: int
    reference_id: str
    kind: str
    package_id: str
    title: str
    body_text: str
    sender_id: int
    sender: str
    sent_at: float
    due_at: float | None
    properties_text: str
    audience: str

    @property
    def body(self) -> dict[str, Any]:
        """The action body, with canonical keys."""
        found: dict[str, Any] = json.loads(self.body_text)
        return found

    @property
    def due(self) -> str:
        """The due date as Kaizala writes it, empty for none."""
        return "" if self.due_at is None else iso(self.due_at)


def find_actions(store: Store, where: str, values: tuple[object, ...]) -> list[Action]:
    """Return actions by an SQL condition on `a` (actions), which may end with an order and a limit."""
    return [Action(*row) for row in store.all(f"{_ACTION} WHERE {where}", values)]


def responses_of(store: Store, action: Action) -> list[Any]:
    """Return the answers with who gave them.

    (guid, answers, location, at, updates, guid, number, name, picture).
    """
    sql = """SELECT r.guid, r.answers, r.location, r.at, r.updates, u.guid, coalesce(u.number, ''),
      coalesce(u.name, ''), coalesce(u.picture, '') FROM responses r JOIN people u ON u.id = r.person_id
      WHERE r.action_id = ? ORDER BY r.id"""
    return store.all(sql, (action.id,))


def count_responses(store: Store, action: Action) -> int:
    """Return how many answers there are."""
    return int(store.value("SELECT count(*) FROM responses WHERE action_id = ?", (action.id,)))


def listed(store: Store, action: Action) -> dict[str, Any]:
    """Return an item of operation 24."""
    return {
        "referenceId": action.reference_id,
        "actionType": action.kind,
        "sender": action.sender,
        "sentAt": iso(action.sent_at),
        "actionBody": _brief_body(store, action),
    }


def listed_package(action: Action) -> dict[str, Any]:
    """Return an item of the list by package id."""
    keys = ("title", "isSenderOnly", "isAnonymous", "acceptMultipleResponses", "questions")
    body = action.body
    shown = {"actionId": action.guid} | {key: body[key] for key in keys}
    return {"id": action.guid, "packageId": action.package_id, "actionBody": shown}


def _brief_body(store: Store, action: Action) -> dict[str, Any]:
    body, kind = action.body, action.kind
    if kind in ("Image", "Album"):
        return {"imageUrl": first_url(body["mediaResource"]), "caption": body["caption"]}
    if kind == "Poll":
        choices = [_shown_choice(choice) for choice in body["choices"]]
        shown = {"question": body["question"], "isSenderOnly": body["isSenderOnly"], "expiryDate": action.due}
        return {"actionId": action.guid, **shown, "choices": choices}
    if kind == "LetsMeet":
        return {"actionId": action.guid, **body}
    shown = {"actionId": action.guid, "title": action.title, "responseCount": count_responses(store, action)}
    if kind == "Job":
        return shown | {"assigneeCount": len(body["assignedTo"]), "isCompleted": is_completed(store, action)}
    return shown | {"expiryDate": action.due}


def _shown_choice(choice: dict[str, Any]) -> dict[str, Any]:
    image = choice.get("image")
    return {"title": choice["title"]} | ({"image": first_url(image)} if image else {})


def is_completed(store: Store, action: Action) -> bool:
    """Say whether every assignee of a job has completed it."""
    sql = """SELECT count(*) FROM responses WHERE action_id = ? AND json_extract(answers, '$.isCompleted')"""
    return int(store.value(sql, (action.id,))) >= len(action.body["assignedTo"])


def created_event(action: Action) -> tuple[str, dict[str, Any]]:
    """Return the event type and data that tell of a new action (contract 15)."""
    body, kind = action.body, action.kind
    if "mediaResource" in body:
        data = {"media": files_of(body["mediaResource"]), "actionType": kind, "caption": body["caption"]}
        return "AttachmentCreated", data
    if kind == "Announcement":
        media = [file for resource in body["mediaResources"] for file in files_of(str(resource))]
        named = [{"url": file["mediaUrl"], "fileName": file["mediaFileName"]} for file in media]
        return "Announcement", {"title": body["title"], "text": body["message"], "media": named}
    common = {"actionId": action.guid, "groupId": action.group_guid, "title": action.title}
    if kind == "Job":
        return "JobCreated", common | {"dueDate": action.due, "assignedTo": body["assignedTo"]}
    if kind in ("Poll", "LetsMeet"):
        return f"{kind}Created", common | body
    data = common | {"questions": body["questions"], "properties": body.get("properties", [])}
    if kind == "Survey":
        return "SurveyCreated", data
    return "ActionCreated", data | {"packageId": action.package_id, "actionPackageId": action.package_id}
