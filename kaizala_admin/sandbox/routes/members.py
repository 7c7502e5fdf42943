"""Operations 11 to 13 and the role call: members of a group (contract 5)."""

from __future__ import annotations

from typing import Any

from kaizala_admin.sandbox import access, people
from kaizala_admin.sandbox.access import Group
from kaizala_admin.sandbox.errors import bad_request, not_found
from kaizala_admin.sandbox.fields import is_number
from kaizala_admin.sandbox.hooks import emit
from kaizala_admin.sandbox.store import FOREVER, MEMBER
from kaizala_admin.sandbox.world import Call

DONE = {"result": "true"}
_LIST = """SELECT u.guid, u.number, u.name, u.picture, u.provisioned, p.admin FROM places p
  JOIN people u ON u.id = p.person_id WHERE p.group_id = ? AND p.kind = ? AND p.gone = ?
    ORDER BY p.person_id"""


def fetch_members(call: Call) -> dict[str, Any]:
    """Operation 12: every member in one reply, however many."""
    group = access.named_group(call)
    rows = call.store.all(_LIST, (group.id, MEMBER, FOREVER))
    return {"members": [people.shown_member(*row) for row in rows]}


def add_members(call: Call) -> dict[str, Any]:
    """Operation 11: add numbers as Member. A number that cannot be one fails the whole call (our choice)."""
    group = access.named_group(call)
    access.need_admin(call, group)
    numbers = call.body.numbers("members")
    if not numbers or not all(map(is_number, numbers)):
        raise bad_request("members has to be a list of mobile numbers.", "InvalidMobileNumber")
    with call.store.transaction():
        for person_id in people.find_or_invite(call.store, numbers):
            if people.join(call.store, group.id, MEMBER, person_id):
                _tell(call, group, "MemberAdded", person_id, "Member")
    return DONE


def remove_member(call: Call) -> dict[str, Any]:
    """Operation 13: by the person's id, not number."""
    group = access.named_group(call)
    access.need_admin(call, group)
    person_id, admin = _member(call, group)
    with call.store.transaction():
        people.leave(call.store, group.id, MEMBER, person_id)
        _tell(call, group, "MemberRemoved", person_id, "Admin" if admin else "Member")
    return DONE


def set_member_role(call: Call) -> dict[str, Any]:
    """Promote or demote a member (contract 5, extra)."""
    group = access.named_group(call)
    access.need_admin(call, group)
    person_id, _ = _member(call, group)
    wanted = call.body.required("role").lower()
    if wanted not in ("admin", "member"):
        raise bad_request("role has to be Admin or Member.")
    sql = "UPDATE places SET admin = ? WHERE group_id = ? AND kind = ? AND person_id = ? AND gone = ?"
    call.store.forget()
    call.store.run(sql, (int(wanted == "admin"), group.id, MEMBER, person_id, FOREVER))
    return DONE


def _member(call: Call, group: Group) -> tuple[int, int]:
    sql = """SELECT p.person_id, p.admin FROM places p JOIN people u ON u.id = p.person_id
      WHERE u.guid = ? AND p.group_id = ? AND p.kind = ? AND p.gone = ?"""
    found = call.store.one(sql, (call.ids[1], group.id, MEMBER, FOREVER))
    if found is None:
        raise not_found("The member")
    return int(found[0]), int(found[1])


def _tell(call: Call, group: Group, event: str, person_id: int, kind: str) -> None:
    sql = "SELECT guid, number, name, picture FROM people WHERE id = ?"
    guid, number, name, picture = call.store.one(sql, (person_id,))
    data = {
        "member": number or "",
        "memberId": guid,
        "memberName": name or "",
        "memberProfilePic": picture or "",
        "type": kind,
    }
    emit(call.world, event, group.guid, data, call.grant.person_id)
