"""Operations 26 to 28 and the update: subscriptions to events (contract 14).

Plain http is refused, as Kaizala did, except to loopback: there is where a console under test listens. The
names differ between writing (`eventTypes`, `callBackUrl`, `callBackToken`) and reading (`events`,
`callbackUrl`, `callbackToken`).
"""

# ruff: noqa: S608 - only this package's own words are joined into SQL, values are bound

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from kaizala_admin.sandbox import access, callbacks
from kaizala_admin.sandbox.clock import milliseconds
from kaizala_admin.sandbox.errors import bad_request, not_found
from kaizala_admin.sandbox.fields import Fields, as_flag
from kaizala_admin.sandbox.ids import new_guid
from kaizala_admin.sandbox.world import Call

TWO_YEARS = 2 * 365 * 86_400
TYPES = {"group": "Group", "action": "Action", "actionpackage": "ActionPackage"}
EVENTS = frozenset(
    [
        "TextMessageCreated",
        "AttachmentCreated",
        "Announcement",
        "JobCreated",
        "JobResponse",
        "SurveyCreated",
        "SurveyResponse",
        "ActionCreated",
        "ActionResponse",
        "MemberAdded",
        "MemberRemoved",
        "GroupAdded",
        "GroupRemoved",
        "PollCreated",
        "PollResponse",
        "LetsMeetCreated",
        "LetsMeetResponse",
        "UserJoined",
    ]
)
_BY_NAME = {name.lower(): name for name in EVENTS}
_COLUMNS = "guid, object_id, object_type, events, filters, url, token, context, created_at, validity, active"


async def subscribe_webhook(call: Call) -> dict[str, Any]:
    """Operation 27: the callback has to answer the validation before anything is stored."""
    body = call.body
    object_id, kind = body.required("objectid"), _type(body.required("objecttype"))
    _check_object(call, object_id, kind)
    return await _subscribe(call, object_id, kind, _events(body.items("eventtypes", "events")))


async def subscribe_event(call: Call) -> dict[str, Any]:
    """The workflow gateway's alias: the event stands in the path, and the object is a group."""
    object_id = call.body.required("objectid", "groupid")
    _check_object(call, object_id, "Group")
    return await _subscribe(call, object_id, "Group", _events([call.ids[0]]))


async def _subscribe(call: Call, object_id: str, kind: str, events: list[str]) -> dict[str, Any]:
    body, guid, now = call.body, new_guid(), call.world.clock.now()
    url = await _valid_url(body.required("callbackurl"))
    sql = f"INSERT INTO webhooks ({_COLUMNS}, connector_id) VALUES ({', '.join('?' * 12)})"
    filters = json.dumps(body.items("filters"))
    more = (body.text("callbacktoken"), body.text("callbackcontext"), now, _validity(body, now), 1)
    values = (guid, object_id, kind, json.dumps(events), filters, url, *more, call.grant.connector_id)
    call.store.forget()
    call.store.run(sql, values)
    return {"webhookId": guid}


def fetch_webhooks(call: Call) -> dict[str, Any]:
    """Operation 26: this connector's subscriptions of one object; both queries are required."""
    query = Fields(call.query)
    object_id, kind = query.required("objectid"), _type(query.required("objecttype"))
    sql = f"""SELECT {_COLUMNS} FROM webhooks WHERE object_id = ? AND object_type = ?
      AND connector_id = ? ORDER BY id"""
    rows = call.store.all(sql, (object_id, kind, call.grant.connector_id))
    return {"webhooks": [_shown(*row) for row in rows]}


async def update_webhook(call: Call) -> dict[str, Any]:
    """Change any of the fields; `Active` "true" (or true) wakes a disabled one.

    A new URL is validated again.
    """
    row_id, body = _webhook(call), call.body
    changes: dict[str, Any] = {}
    if body.get("callbackurl") is not None:
        changes["url"] = await _valid_url(body.required("callbackurl"))
    if body.get("eventtypes", "events") is not None:
        changes["events"] = json.dumps(_events(body.items("eventtypes", "events")))
    for name, column in (("callbacktoken", "token"), ("callbackcontext", "context")):
        if body.get(name) is not None:
            changes[column] = body.text(name)
    if body.get("validity") is not None:
        changes["validity"] = _validity(body, 0)
    if body.get("active") is not None:
        changes["active"] = int(as_flag(body.get("active")))
    for column, value in changes.items():
        call.store.run(f"UPDATE webhooks SET {column} = ? WHERE id = ?", (value, row_id))
    return {"result": True}


def unsubscribe_webhook(call: Call) -> dict[str, Any]:
    """Operation 28: what still waits for it is dropped."""
    row_id = _webhook(call)
    call.store.run("DELETE FROM callbacks WHERE webhook_id = ? AND state = 'waiting'", (row_id,))
    call.store.run("DELETE FROM webhooks WHERE id = ?", (row_id,))
    return {"result": True}


def _webhook(call: Call) -> int:
    sql = "SELECT id FROM webhooks WHERE guid = ? AND connector_id = ?"
    found = call.store.value(sql, (call.ids[0], call.grant.connector_id))
    if found is None:
        raise not_found("The webhook")
    return int(found)


def _type(given: str) -> str:
    if given.lower() not in TYPES:
        raise bad_request("objectType has to be Group, Action or ActionPackage.")
    return TYPES[given.lower()]


def _events(given: list[Any]) -> list[str]:
    unknown = [str(name) for name in given if str(name).lower() not in _BY_NAME]
    if unknown or not given:
        raise bad_request(f"eventTypes has to name known events: {', '.join(unknown) or 'none given'}.")
    return [_BY_NAME[str(name).lower()] for name in given]


def _check_object(call: Call, object_id: str, kind: str) -> None:
    if kind == "Group":
        access.named_group(call, object_id)
    elif kind == "Action" and not call.store.one("SELECT 1 FROM actions WHERE guid = ?", (object_id,)):
        raise not_found("The action")


async def _valid_url(url: str) -> str:
    parts = urlsplit(url)
    is_loopback = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback):
        raise bad_request("callBackUrl has to be an https address.", "InvalidCallbackUrl")
    if not await callbacks.answers_validation(url):
        raise bad_request("callBackUrl did not answer the validation.", "WebhookValidationFailed")
    return url


def _validity(body: Fields, now: float) -> float:
    given = body.whole("validity", int(now + TWO_YEARS))
    return given / 1000 if given > 1e11 else given


def _shown(
    guid: str,
    object_id: str,
    kind: str,
    events: str,
    filters: str,
    url: str,
    token: str,
    context: str,
    created_at: float,
    validity: float,
    active: int,
) -> dict[str, Any]:
    shown = {
        "id": guid,
        "objectId": object_id,
        "objectType": kind,
        "events": json.loads(events),
        "filters": json.loads(filters),
        "callbackUrl": url,
        "callbackToken": token,
        "ts": milliseconds(created_at),
        "validity": milliseconds(validity),
        "active": bool(active),
    }
    return shown | ({"callBackContext": context} if context else {})
