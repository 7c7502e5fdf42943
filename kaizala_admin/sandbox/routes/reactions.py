"""Reactions: likes and comments on a message (contract 12).

The cursor counts in .NET ticks and starts at 0.
"""

from __future__ import annotations

from typing import Any

from kaizala_admin.sandbox import access
from kaizala_admin.sandbox.clock import milliseconds
from kaizala_admin.sandbox.errors import bad_request, not_found
from kaizala_admin.sandbox.fields import Fields
from kaizala_admin.sandbox.ids import new_guid
from kaizala_admin.sandbox.world import Call

PAGE = 50
_EPOCH_TICKS = 621_355_968_000_000_000
_SUMMARY = """SELECT reference_id, sum(type = 'Like'), sum(type = 'Comment'), max(at) FROM reactions
  WHERE group_id = ?"""


def add_reaction(call: Call) -> dict[str, Any]:
    """Like or comment. Liking twice is one like."""
    group = _group(call, call.body.text("sourcegroupid"))
    reference_id = call.body.required("referenceid")
    if not call.store.one("SELECT 1 FROM messages WHERE guid = ? AND group_id = ?", (reference_id, group)):
        raise not_found("The message")
    kind = call.body.required("reactiontype").capitalize()
    if kind not in ("Like", "Comment"):
        raise bad_request("reactionType has to be Like or Comment.")
    comment = call.body.required("comment") if kind == "Comment" else ""
    return {"reactionId": _store(call, group, reference_id, kind, comment)}


def _store(call: Call, group: int, reference_id: str, kind: str, comment: str) -> str:
    who, now = call.grant.person_id, call.world.clock.now()
    sql = "SELECT guid FROM reactions WHERE reference_id = ? AND type = 'Like' AND person_id = ?"
    earlier = call.store.value(sql, (reference_id, who)) if kind == "Like" else None
    if earlier:
        return str(earlier)
    guid = new_guid()
    sql = """INSERT INTO reactions (guid, group_id, reference_id, person_id, type, comment, at)
      VALUES (?, ?, ?, ?, ?, ?, ?)"""
    call.store.run(sql, (guid, group, reference_id, who, kind, comment, now))
    return guid


def summary_of_message(call: Call) -> dict[str, Any]:
    """Return the counts of one message."""
    group = _group(call, call.query.get("sourcegroupid", ""))
    row = call.store.one(f"{_SUMMARY} AND reference_id = ?", (group, call.ids[1]))
    return {"summary": [_shown(call.ids[1], row[1] or 0, row[2] or 0)]}


def summary_of_group(call: Call) -> dict[str, Any]:
    """Return the counts of every message with reactions, a page at a time."""
    group = _group(call, call.query.get("sourcegroupid", ""))
    sql = f"{_SUMMARY} GROUP BY reference_id HAVING max(at) > ? ORDER BY max(at) LIMIT ?"
    rows = call.store.all(sql, (group, _seconds(call), PAGE))
    return {"cursor": _cursor(call, rows, 3), "summary": [_shown(*row[:3]) for row in rows]}


def reactions_of_message(call: Call) -> dict[str, Any]:
    """Return who reacted and when; no comment text and no name, as recorded."""
    group = _group(call, call.query.get("sourcegroupid", ""))
    kind = call.query.get("reactiontype", "like").capitalize()
    sql = """SELECT r.guid, u.guid, r.at FROM reactions r JOIN people u ON u.id = r.person_id
      WHERE r.group_id = ? AND r.reference_id = ? AND r.type = ? AND r.at > ? ORDER BY r.at LIMIT ?"""
    rows = call.store.all(sql, (group, call.ids[1], kind, _seconds(call), PAGE))
    details = [
        {"lastModifiedTime": milliseconds(at), "reactionId": guid, "userId": user} for guid, user, at in rows
    ]
    return {"cursor": _cursor(call, rows, 2), "reactionDetails": details}


def _group(call: Call, source: str) -> int:
    own = access.named_group(call)
    return access.named_group(call, source).id if source else own.id


def _shown(reference_id: str, likes: int, comments: int) -> dict[str, Any]:
    return {"referenceId": reference_id, "reactionsCountMap": {"like": likes, "comment": comments}}


def _seconds(call: Call) -> float:
    ticks = int(Fields(call.query).text("cursor", default="0") or 0)
    return (ticks - _EPOCH_TICKS) / 1e7 if ticks else 0.0


def _cursor(call: Call, rows: list[Any], at: int) -> int:
    if not rows:
        return int(call.query.get("cursor") or 0)
    return int(rows[-1][at] * 1e7) + _EPOCH_TICKS + 10
