"""Which group a call names, and whether its caller may (contract 3.2: the reach of each kind of token)."""

from __future__ import annotations

from typing import NamedTuple

from kaizala_admin.sandbox.errors import bad_request, forbidden, not_found
from kaizala_admin.sandbox.store import FOREVER, MEMBER, Store
from kaizala_admin.sandbox.tokens import Grant
from kaizala_admin.sandbox.world import Call

PUBLIC = "ConnectGroup"
_GROUP = "SELECT id, guid, tenant_id, name, type, welcome, image, mapped FROM groups"


class Group(NamedTuple):
    """A group's own row."""

    id: int
    guid: str
    tenant_id: int
    name: str
    type: str
    welcome: str
    image: str
    mapped: int

    @property
    def is_public(self) -> bool:
        """Whether it is a managed public group."""
        return self.type == PUBLIC


def find_group(store: Store, guid: str) -> Group | None:
    """Return the group with this id, or None."""
    found: Group | None = store.kept.get(guid)
    if found is None:
        row = store.one(f"{_GROUP} WHERE guid = ?", (guid,))
        if row is None:
            return None
        found = Group(*row)
        store.keep(guid, found)
    return found


def group_by_row(store: Store, row_id: int) -> Group:
    """Return the group with this row id."""
    return Group(*store.one(f"{_GROUP} WHERE id = ?", (row_id,)))


def all_groups(store: Store, where: str, values: tuple[object, ...]) -> list[Group]:
    """Return groups by an SQL condition on `groups`, in the order in which they were made."""
    return [Group(*row) for row in store.all(f"{_GROUP} WHERE {where} ORDER BY id", values)]


def role(store: Store, grant: Grant, group_id: int) -> str:
    """Return "Admin", "Member" or "" for what the caller is in a group.

    A group token is its group's admin.
    """
    if grant.kind == "group":
        return "Admin" if grant.group_id == group_id else ""
    key = ("role", grant.person_id, group_id)
    found: str | None = store.kept.get(key)
    if found is None:
        found = _role(store, grant.person_id, group_id)
        store.keep(key, found)
    return found


def _role(store: Store, person_id: int, group_id: int) -> str:
    sql = "SELECT admin FROM places WHERE group_id = ? AND kind = ? AND person_id = ? AND gone = ?"
    found = store.one(sql, (group_id, MEMBER, person_id, FOREVER))
    if found is not None:
        return "Admin" if found[0] else "Member"
    is_bot = store.one("SELECT 1 FROM group_bots WHERE group_id = ? AND bot_id = ?", (group_id, person_id))
    return "Member" if is_bot else ""


def named_group(call: Call, guid: str = "") -> Group:
    """Return the group that a call names: 404 when there is none, 403 when the token does not reach it."""
    found = find_group(call.store, guid or call.ids[0])
    if found is None or found.tenant_id != call.grant.tenant_id:
        raise not_found("The group")
    grant = call.grant
    if grant.kind == "tenant" or role(call.store, grant, found.id):
        return found
    raise forbidden("The token does not reach this group.")


def need_admin(call: Call, group: Group) -> None:
    """Refuse with 403 unless the caller is an admin of the group."""
    if role(call.store, call.grant, group.id) != "Admin":
        raise forbidden("Only an admin of the group can do this.")


def need_member(call: Call, group: Group) -> None:
    """Refuse with 403 unless the caller is in the group."""
    if not role(call.store, call.grant, group.id):
        raise forbidden("Only people in the group can do this.")


def need_public(group: Group) -> None:
    """Refuse with 400 unless the group is a ConnectGroup."""
    if not group.is_public:
        raise bad_request("Only a ConnectGroup has subscribers.", "InvalidGroupType")
