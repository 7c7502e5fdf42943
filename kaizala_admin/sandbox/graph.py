"""The graph of groups: parents, children, and the counts over a whole hierarchy."""

# ruff: noqa: S608 - only this package's own words are joined into SQL, values are bound

from __future__ import annotations

from typing import Any

from kaizala_admin.sandbox.access import Group
from kaizala_admin.sandbox.store import FOREVER, MEMBER, Store

_BELOW = """WITH RECURSIVE below(id) AS (
  SELECT ? UNION SELECT l.child_id FROM links l JOIN below b ON l.parent_id = b.id)"""
_ABOVE = """WITH RECURSIVE above(id) AS (
  SELECT ? UNION SELECT l.parent_id FROM links l JOIN above a ON l.child_id = a.id)"""
_COUNTS = """SELECT count(*), count(DISTINCT p.person_id), count(DISTINCT CASE WHEN u.provisioned THEN NULL
  ELSE u.id END) FROM places p JOIN people u ON u.id = p.person_id WHERE p.kind = ? AND p.gone = ?
    AND p.group_id"""


def children(store: Store, group_id: int) -> list[int]:
    """Return the row ids of the sub-groups on the next level."""
    sql = "SELECT child_id FROM links WHERE parent_id = ? ORDER BY child_id"
    return [row[0] for row in store.all(sql, (group_id,))]


def parents(store: Store, group_id: int) -> list[int]:
    """Return the row ids of the groups on the level above."""
    sql = "SELECT parent_id FROM links WHERE child_id = ? ORDER BY parent_id"
    return [row[0] for row in store.all(sql, (group_id,))]


def below(store: Store, group_id: int) -> set[int]:
    """Return the group and every group under it."""
    return {row[0] for row in store.all(f"{_BELOW} SELECT id FROM below", (group_id,))}


def above(store: Store, group_id: int) -> set[int]:
    """Return the group and every group over it."""
    return {row[0] for row in store.all(f"{_ABOVE} SELECT id FROM above", (group_id,))}


def brief(store: Store, group: Group) -> dict[str, Any]:
    """Return what every listing of a group shows (contract 4)."""
    return {
        "groupName": group.name,
        "groupId": group.guid,
        "groupImageUrl": group.image,
        "hasSubGroups": bool(children(store, group.id)),
        "hasParentGroups": bool(parents(store, group.id)),
        "isMappedToTenant": bool(group.mapped),
        "groupType": group.type,
    }


def detailed(store: Store, group: Group, caller_role: str) -> dict[str, Any]:
    """Return a group with its counts; they count members, not subscribers.

    No role: the caller is not in it.
    """
    level = store.one(f"{_COUNTS} = ?", (MEMBER, FOREVER, group.id))
    whole = store.one(f"{_BELOW} {_COUNTS} IN below", (group.id, MEMBER, FOREVER))
    shown = brief(store, group) | {
        "welcomeMessage": group.welcome,
        "currentLevelSubGroupCount": len(children(store, group.id)),
        "currentLevelParentGroupCount": len(parents(store, group.id)),
        "userCount": whole[0],
        "uniqueUserCount": whole[1],
        "currentLevelUserCount": level[0],
        "currentLevelUnProvisionedUserCount": level[2],
        "unProvisionedUserCount": whole[2],
        "isDuplicate": False,
        "isEditable": caller_role == "Admin",
        "isDetailsReadable": True,
    }
    return shown | ({"callerRole": caller_role} if caller_role else {})
