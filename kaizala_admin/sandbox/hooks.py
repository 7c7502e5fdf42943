"""Events for the webhooks.

Each becomes a row to deliver for every active subscription that wants it (contract 15).
"""

from __future__ import annotations

import json
from typing import Any

from kaizala_admin.sandbox.ids import new_guid
from kaizala_admin.sandbox.store import Store
from kaizala_admin.sandbox.world import World

_WANTING = """SELECT id, guid, object_id, object_type, context, events FROM webhooks
  WHERE object_id = ? AND active AND validity > ?"""


def emit(
    world: World,
    event: str,
    object_id: str,
    data: dict[str, Any],
    sender_id: int,
    *,
    event_id: str = "",
    copies: int = 1,
) -> int:
    """Queue an event for the subscriptions of an object, `copies` times each; return how many were queued."""
    if not _is_watched(world.store, object_id):
        return 0
    now = world.clock.now()
    hooks = [row for row in world.store.all(_WANTING, (object_id, now)) if _wants(row[5], event)]
    if not hooks:
        return 0
    sender = _sender(world.store, sender_id)
    event_id = event_id or new_guid()
    for hook_id, guid, subscribed, kind, context, _ in hooks:
        body = {
            "objectId": subscribed,
            "objectType": kind,
            "eventType": event,
            "eventId": event_id,
            "data": data,
            "context": context or "",
            **sender,
            "subscriptionId": guid,
        }
        _queue(world, hook_id, body, copies, now)
    return len(hooks) * copies


def _is_watched(store: Store, object_id: str) -> bool:
    key = ("watched", object_id)
    found: bool | None = store.kept.get(key)
    if found is None:
        found = store.one("SELECT 1 FROM webhooks WHERE object_id = ?", (object_id,)) is not None
        store.keep(key, found)
    return found


def _wants(events: str, event: str) -> bool:
    return event.lower() in (name.lower() for name in json.loads(events))


def _sender(store: Store, person_id: int) -> dict[str, str]:
    found = store.one("SELECT guid, number, name, picture FROM people WHERE id = ?", (person_id,))
    guid, number, name, picture = found or ("", "", "", "")
    return {
        "fromUser": number or "",
        "fromUserId": guid,
        "fromUserName": name or "",
        "fromUserProfilePic": picture or "",
    }


def _queue(world: World, hook_id: int, body: dict[str, Any], copies: int, now: float) -> None:
    text = json.dumps(body, ensure_ascii=False)
    sql = "INSERT INTO callbacks (webhook_id, body, due_at, created_at) VALUES (?, ?, ?, ?)"
    world.store.many(sql, [(hook_id, text, now, now)] * copies)
    world.wake_callbacks()
