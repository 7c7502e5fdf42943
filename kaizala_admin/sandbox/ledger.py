"""What each phone received, worked out from messages and places (see schema.sql).

Reads only; safe in a thread.
"""

# ruff: noqa: S608 - only this package's own words are joined into SQL, values are bound

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from kaizala_admin.sandbox.clock import iso

# Everybody who received the message :id, once each.
PEOPLE_OF = {
    "named": "SELECT person_id FROM named WHERE message_id = :id",
    "subscribers": """SELECT person_id FROM places WHERE group_id = :group AND kind = 1
      AND joined < :id AND gone >= :id""",
    "group": """SELECT person_id FROM places WHERE group_id = :group AND kind = 0 AND joined < :id
      AND gone >= :id
      UNION SELECT person_id FROM places WHERE group_id = :group AND kind = 1 AND joined < :id
        AND gone >= :id""",
}
_MESSAGES = """SELECT m.id, m.guid, m.group_id, g.guid, m.text, m.kind, m.audience, m.sent_at, m.reached
  FROM messages m JOIN groups g ON g.id = m.group_id"""
MOST = 10_000


def filters(query: dict[str, str]) -> tuple[str, list[Any]]:
    """Return the SQL condition and values of the ledger's filters."""
    columns = {
        "messageid": "m.guid = ?",
        "groupid": "g.guid = ?",
        "text": "m.text = ?",
        "since": "m.sent_at >= ?",
    }
    wanted = [(sql, query[name]) for name, sql in columns.items() if query.get(name)]
    values = [float(value) if "sent_at" in sql else value for sql, value in wanted]
    return " AND ".join(["1", *(sql for sql, _ in wanted)]), values


def rows(db: sqlite3.Connection, query: dict[str, str]) -> dict[str, Any]:
    """Return a page of deliveries `{rows, cursor}`; the cursor is absent on the last page."""
    where, values = filters(query)
    limit = min(MOST, max(1, int(query.get("limit") or 1000)))
    message_id, person_id = _position(query.get("cursor", ""))
    found: list[dict[str, Any]] = []
    for message in db.execute(
        f"{_MESSAGES} WHERE {where} AND m.id >= ? ORDER BY m.id", [*values, message_id]
    ):
        after = person_id if message[0] == message_id else 0
        page = _people(db, message, after, limit - len(found))
        found += [_shown(message, person) for person in page]
        if len(found) >= limit:
            return {"rows": found, "cursor": f"{message[0]}.{page[-1][0] if page else after}"}
    return {"rows": found}


def _position(cursor: str) -> tuple[int, int]:
    message_id, _, person_id = cursor.partition(".")
    return int(message_id or 0), int(person_id or 0)


def _people(db: sqlite3.Connection, message: Sequence[Any], after: int, limit: int) -> list[Any]:
    sql = f"""SELECT u.id, u.guid, u.number FROM people u WHERE u.id > :after
      AND u.id IN ({PEOPLE_OF[message[6]]})
      ORDER BY u.id LIMIT :limit"""
    values = {"id": message[0], "group": message[2], "after": after, "limit": limit}
    return db.execute(sql, values).fetchall()


def _shown(message: Sequence[Any], person: Sequence[Any]) -> dict[str, Any]:
    return {
        "referenceId": message[1],
        "groupId": message[3],
        "text": message[4],
        "kind": message[5],
        "mobileNumber": person[2] or "",
        "personId": person[1],
        "at": iso(message[7]),
    }


def summary(db: sqlite3.Connection, query: dict[str, str]) -> dict[str, Any]:
    """Return how many copies the phones got: `{messages, phones, deliveries, copiesMax, duplicates}`."""
    where, values = filters(query)
    messages = db.execute(f"{_MESSAGES} WHERE {where} ORDER BY m.id", values).fetchall()
    return _counted(db, messages)


def summary_by_text(db: sqlite3.Connection, query: dict[str, str]) -> list[dict[str, Any]]:
    """Return one summary for each distinct text, in the order of their first message."""
    where, values = filters(query)
    texts: dict[str, list[Any]] = {}
    for message in db.execute(f"{_MESSAGES} WHERE {where} ORDER BY m.id", values):
        texts.setdefault(message[4], []).append(message)
    return [{"text": text, **_counted(db, messages)} for text, messages in texts.items()]


def _counted(db: sqlite3.Connection, messages: list[Any]) -> dict[str, Any]:
    db.execute("CREATE TEMP TABLE IF NOT EXISTS copies (person_id INTEGER PRIMARY KEY, n INTEGER NOT NULL)")
    db.execute("DELETE FROM temp.copies")
    for message in messages:
        db.execute(
            f"""INSERT INTO temp.copies SELECT person_id, 1 FROM ({PEOPLE_OF[message[6]]}) WHERE 1
              ON CONFLICT (person_id) DO UPDATE SET n = n + 1""",
            {"id": message[0], "group": message[2]},
        )
    phones, deliveries, most = db.execute(
        "SELECT count(*), coalesce(sum(n), 0), coalesce(max(n), 0) FROM temp.copies"
    ).fetchone()
    twice = db.execute(
        """SELECT coalesce(u.number, ''), c.n FROM temp.copies c JOIN people u ON u.id = c.person_id
          WHERE c.n > 1 ORDER BY c.n DESC, u.id LIMIT 100"""
    ).fetchall()
    return {
        "messages": len(messages),
        "phones": phones,
        "deliveries": deliveries,
        "copiesMax": most,
        "duplicates": [{"mobileNumber": number, "copies": copies} for number, copies in twice],
    }


def count_deliveries(db: sqlite3.Connection) -> int:
    """Return all deliveries ever. What a message reached never changes, so it is counted once and kept."""
    for message in db.execute(f"{_MESSAGES} WHERE m.reached IS NULL").fetchall():
        sql = f"UPDATE messages SET reached = (SELECT count(*) FROM ({PEOPLE_OF[message[6]]})) WHERE id = :id"
        db.execute(sql, {"id": message[0], "group": message[2]})
    return int(db.execute("SELECT coalesce(sum(reached), 0) FROM messages").fetchone()[0])
