"""People by number, their places in groups, and how the API shows them."""

# ruff: noqa: S608 - only this package's own words are joined into SQL, values are bound

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from kaizala_admin.sandbox.ids import new_id
from kaizala_admin.sandbox.store import FOREVER, MEMBER, Store

_CARD_KEYS = ("id", "mobileNumber", "name", "profilePic")
_encode = json.JSONEncoder(ensure_ascii=False).encode


def find_people(store: Store, numbers: Iterable[str]) -> dict[str, int]:
    """Return the row ids of those numbers that belong to somebody."""
    found = {}
    for number in numbers:
        person = store.value("SELECT id FROM people WHERE number = ?", (number,))
        if person is not None:
            found[number] = int(person)
    return found


def find_or_invite(store: Store, numbers: Iterable[str]) -> list[int]:
    """Return the people with these numbers; a new number becomes somebody who has not installed the app."""
    found = []
    for number in numbers:
        person = store.value("SELECT id FROM people WHERE number = ?", (number,))
        found.append(int(person) if person is not None else invite(store, number))
    return found


def invite(store: Store, number: str) -> int:
    """Make an unprovisioned person."""
    guid = new_id()
    sql = "INSERT INTO people (guid, number, name, picture, provisioned, card) VALUES (?, ?, '', '', 0, ?)"
    return int(store.run(sql, (guid, number, card(guid, number, "", "", 0))).lastrowid or 0)


def card(guid: str, number: str | None, name: str | None, picture: str | None, provisioned: int) -> str:
    """Return a person as JSON, as operation 14 lists subscribers."""
    texts = (guid, number or "", name or "", picture or "")
    words = ",".join(f'"{key}":{_encode(text)}' for key, text in zip(_CARD_KEYS, texts, strict=True))
    return f'{{{words},"isProvisioned":{"true" if provisioned else "false"}}}'


def has_place(store: Store, group_id: int, kind: int, person_id: int) -> bool:
    """Say whether somebody is in the group now, as a member (0) or subscriber (1)."""
    sql = "SELECT 1 FROM places WHERE group_id = ? AND kind = ? AND person_id = ? AND gone = ?"
    return store.one(sql, (group_id, kind, person_id, FOREVER)) is not None


def join(store: Store, group_id: int, kind: int, person_id: int, admin: bool = False) -> bool:
    """Give somebody a place from the next message on; False when they have it already."""
    sql = (
        "INSERT OR IGNORE INTO places (group_id, kind, person_id, gone, joined, admin) "
        "VALUES (?, ?, ?, ?, ?, ?)"
    )
    values = (group_id, kind, person_id, FOREVER, store.last_message(), int(admin))
    store.forget()
    return store.run(sql, values).rowcount == 1


def leave(store: Store, group_id: int, kind: int, person_id: int) -> bool:
    """End somebody's place after the newest message; False when they have none."""
    last = store.last_message()
    store.forget()
    key = (group_id, kind, person_id, FOREVER)
    where = "WHERE group_id = ? AND kind = ? AND person_id = ? AND gone = ?"
    if store.run(f"DELETE FROM places {where} AND joined >= ?", (*key, last)).rowcount:
        return True
    return store.run(f"UPDATE places SET gone = ? {where}", (last, *key)).rowcount == 1


def shown_member(
    guid: str, number: str | None, name: str | None, picture: str | None, provisioned: int, admin: int
) -> dict[str, Any]:
    """Return a member as operation 12 lists it: number, name and picture may be absent (contract 5)."""
    shown: dict[str, Any] = {
        "id": guid,
        "role": "Admin" if admin else "Member",
        "isProvisioned": bool(provisioned),
    }
    if number is not None:
        shown["mobileNumber"] = number
    if name is not None:
        shown["name"] = name
    if picture is not None:
        shown["profilePic"] = picture
    return shown


def count_places(store: Store, group_id: int, kind: int = MEMBER) -> int:
    """Return how many people are in the group now."""
    sql = "SELECT count(*) FROM places WHERE group_id = ? AND kind = ? AND gone = ?"
    return int(store.value(sql, (group_id, kind, FOREVER)))
