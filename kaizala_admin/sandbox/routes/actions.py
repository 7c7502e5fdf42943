"""Operations 22 to 25 and the extras on one action: create, list, read, remind, change properties."""

from __future__ import annotations

import json
from typing import Any

from kaizala_admin.sandbox import access, actions, posting, responding
from kaizala_admin.sandbox.access import Group
from kaizala_admin.sandbox.actions import Action
from kaizala_admin.sandbox.attachments import escaped, need_known
from kaizala_admin.sandbox.cards import HOUR, Card, read_card
from kaizala_admin.sandbox.clock import iso
from kaizala_admin.sandbox.errors import bad_request, not_found
from kaizala_admin.sandbox.fields import Fields, as_flag
from kaizala_admin.sandbox.hooks import emit
from kaizala_admin.sandbox.ids import new_id
from kaizala_admin.sandbox.posting import Audience, Posted
from kaizala_admin.sandbox.world import Call

READABLE = frozenset(["image", "job", "survey", "photowithlocation", "letsmeet", "poll", "sharelocation"])
ONLY_REFERENCE = frozenset(["Image", "Album", "Audio", "Document", "Video", "Announcement"])
PAGE, MOST = 30, 100


def send_action(call: Call) -> dict[str, Any]:
    """Operations 25 and 22. Media and announcements answer with their referenceId alone."""
    group = access.named_group(call)
    card = read_card(call.body)
    need_known(call.world, card.body)
    audience = posting.audience_of(call, group)
    with call.store.transaction():
        posted = posting.store_message(call, group, audience, card.package_id or card.kind, card.title, None)
        action = _store(call, group, card, posted)
        event, data = actions.created_event(action)
        for object_id in filter(None, (group.guid, card.package_id)):
            emit(call.world, event, object_id, escaped(call.world, data), call.grant.person_id)
    more = {} if card.kind in ONLY_REFERENCE else {"actionId": action.guid}
    return posting.accepted(posted, audience, **more)


def _store(call: Call, group: Group, card: Card, posted: Posted) -> Action:
    store, now = call.store, call.world.clock.now()
    due = now + card.hours * HOUR if card.hours else None
    sql = """INSERT INTO actions (guid, group_id, message_id, kind, package_id, title, body, sender_id,
      sent_at, due_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
    body = json.dumps(card.body, ensure_ascii=False)
    who = call.grant.person_id
    values = (new_id(), group.id, posted.id, card.kind, card.package_id, card.title, body, who, now, due)
    row_id = store.run(sql, values).lastrowid or 0
    store.run("UPDATE messages SET action_id = ? WHERE id = ?", (row_id, posted.id))
    if card.kind not in ONLY_REFERENCE:
        first = now + call.world.options.delay
        store.run("INSERT INTO answering (action_id, next_at) VALUES (?, ?)", (row_id, first))
    return actions.find_actions(store, "a.id = ?", (row_id,))[0]


def fetch_actions(call: Call) -> dict[str, Any]:
    """Operation 24, oldest first, so that `fromDate` (epoch, seconds or ms) can page.

    Or a list by package `Id`.
    """
    group = access.named_group(call)
    package_id = call.query.get("id", "")
    if package_id:
        found = actions.find_actions(
            call.store, "a.group_id = ? AND a.package_id = ? ORDER BY a.id", (group.id, package_id)
        )
        return {"actions": [actions.listed_package(action) for action in found]}
    kind = call.query.get("actiontype", "").lower()
    if kind not in READABLE:
        raise bad_request(f"actionType has to be one of {', '.join(sorted(READABLE))}.", "InvalidActionType")
    query = Fields(call.query)
    count = min(MOST, max(1, query.whole("count", PAGE)))
    start = query.whole("fromdate", 0)
    where = "a.group_id = ? AND lower(a.kind) = ? AND a.sent_at >= ? ORDER BY a.sent_at, a.id LIMIT ?"
    since = start / 1000 if start > 1e11 else start
    found = actions.find_actions(call.store, where, (group.id, kind, since, count + 1))
    return {
        "actions": [actions.listed(call.store, item) for item in found[:count]],
        "hasMore": len(found) > count,
    }


def fetch_action(call: Call) -> dict[str, Any]:
    """Operation 23: details at the top level, every response with `getDetails=true` (shape.

    Contract 10, inferred).
    """
    action = named_action(call)
    shown = {"actionDetails": _details(call, action), "sender": action.sender, "sentAt": iso(action.sent_at)}
    return ({"actionType": action.kind} if not action.package_id else {}) | shown


def _details(call: Call, action: Action) -> dict[str, Any]:
    body, store = action.body, call.store
    shown = {
        "actionId": action.guid,
        "title": action.title,
        "responseCount": actions.count_responses(store, action),
    }
    if action.kind == "Job":
        completed = actions.is_completed(store, action)
        shown |= {"dueDate": action.due, "status": completed, "assigneeCount": len(body["assignedTo"])}
    else:
        shown |= body | {"expiryDate": action.due}
    if action.package_id:
        shown["properties"] = json.loads(action.properties_text) or body.get("properties", [])
    if as_flag(call.query.get("getdetails")):
        shown["responses"] = [_response(action, *row) for row in actions.responses_of(store, action)]
    return shown


def _response(
    action: Action, guid: str, answers: str, location: str | None, at: float, updates: int, *person: Any
) -> dict[str, Any]:
    given = json.loads(answers)
    if action.kind == "Job":
        return responding.job_response(person, given)
    shown = {"responseId": guid, "sentAt": iso(at), "isUpdateResponse": updates > 0}
    shown |= responding.responder(person, bool(action.body.get("isAnonymous")))
    if location:
        shown["responseLocation"] = json.loads(location)
    if "questions" in action.body:
        return shown | {"responseWithQuestions": responding.answered_questions(action, given)}
    return shown | {"answer": given}


def send_reminder(call: Call) -> dict[str, Any]:
    """Remind of an action (contract 9): like a message, so an empty list means the whole group."""
    group, action = access.named_group(call), named_action(call)
    audience: Audience = posting.audience_of(call, group)
    with call.store.transaction():
        posted = posting.store_message(call, group, audience, "Reminder", action.title, action.reference_id)
    return posting.accepted(posted, audience, actionId=action.guid)


def update_properties(call: Call) -> dict[str, Any]:
    """Change custom properties by name (contract 9; both recorded spellings). `version` -1 means any."""
    access.need_member(call, access.named_group(call))
    action = named_action(call)
    known = {
        item["name"]: item for item in json.loads(action.properties_text) or action.body.get("properties", [])
    }
    for item in map(Fields, call.body.items("actionproperties", "updateproperties")):
        name = item.required("name")
        known[name] = {"name": name, "type": item.get("type"), "value": item.get("value")}
    sql = "UPDATE actions SET properties = ?, version = version + 1 WHERE id = ?"
    call.store.run(sql, (json.dumps(list(known.values()), ensure_ascii=False), action.id))
    return {"result": True}


def named_action(call: Call) -> Action:
    """Return the action that a call names in its group; 404 when there is none."""
    group = access.named_group(call)
    found = actions.find_actions(call.store, "a.guid = ? AND a.group_id = ?", (call.ids[1], group.id))
    if not found:
        raise not_found("The action")
    return found[0]
