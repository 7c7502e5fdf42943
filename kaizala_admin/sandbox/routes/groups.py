"""Operations 4 to 10: groups and their graph (contract 4).

With a user's or tenant's token the direct groups are those that the user is in; `fetchAllGroups` adds what is
above and below them, and with a tenant's token every group of the organisation. A group token sees its group
alone.
"""

from __future__ import annotations

from typing import Any

from kaizala_admin.sandbox import access, graph, people
from kaizala_admin.sandbox.access import PUBLIC, Group
from kaizala_admin.sandbox.errors import bad_request, forbidden, not_found
from kaizala_admin.sandbox.fields import as_flag, is_number
from kaizala_admin.sandbox.hooks import emit
from kaizala_admin.sandbox.ids import new_id
from kaizala_admin.sandbox.store import FOREVER, MEMBER
from kaizala_admin.sandbox.world import Call


def fetch_groups(call: Call) -> dict[str, Any]:
    """Operation 5. Returns `{groups: [...]}`, brief or with details."""
    with_details = as_flag(call.query.get("showdetails") or call.query.get("showdetail"))
    groups = _reached(call, as_flag(call.query.get("fetchallgroups")))
    if not with_details:
        return {"groups": [graph.brief(call.store, group) for group in groups]}
    return {"groups": [_detailed(call, group) for group in groups]}


def fetch_group(call: Call) -> dict[str, Any]:
    """Operation 6, in the documented wrapper."""
    return {"groups": [_detailed(call, access.named_group(call))]}


def create_group(call: Call) -> dict[str, Any]:
    """Operation 4. With a group token the new group becomes a sub-group (contract 3.2)."""
    name, welcome, members, kind = _wanted(call)
    if kind == PUBLIC and call.grant.kind != "tenant":
        raise forbidden("A ConnectGroup can only be created with a tenant-level token.")
    parent = access.group_by_row(call.store, call.grant.group_id) if call.grant.kind == "group" else None
    group = _create(call, name, welcome, members, kind, True, parent)
    shown = {"groupId": group.guid, "groupName": group.name, "membersAdded": True}
    return shown | ({"isAddedAsSubGroup": True} if parent else {})


def create_subgroup(call: Call) -> dict[str, Any]:
    """Operation 7. `addUserToGroup: false` leaves the caller out."""
    parent = access.named_group(call)
    access.need_admin(call, parent)
    name, welcome, members, kind = _wanted(call)
    if kind == PUBLIC and call.grant.kind != "tenant":
        raise forbidden("A ConnectGroup can only be created with a tenant-level token.")
    with_caller = call.body.flag("addusertogroup", default=True)
    group = _create(call, name, welcome, members, kind, with_caller, parent)
    return {"groupId": group.guid, "groupName": group.name, "membersAdded": True, "isAddedAsSubGroup": True}


def add_subgroups(call: Call) -> dict[str, Any]:
    """Operation 8: link existing groups. All or none; a circle is refused."""
    parent = access.named_group(call)
    access.need_admin(call, parent)
    guids = [str(guid) for guid in call.body.items("subgroups")]
    if not guids:
        raise bad_request("subGroups is required.")
    subgroups = [access.named_group(call, guid) for guid in guids]
    if graph.above(call.store, parent.id) & {group.id for group in subgroups}:
        raise bad_request("A group cannot be under itself.", "CircularHierarchy")
    for group in subgroups:
        access.need_admin(call, group)
    with call.store.transaction():
        for group in subgroups:
            _link(call, parent, group)
    return {"result": True}


def remove_subgroup(call: Call) -> dict[str, Any]:
    """Operation 10: unlink, which keeps the group."""
    parent = access.named_group(call)
    access.need_admin(call, parent)
    child = access.find_group(call.store, call.ids[1])
    sql = "DELETE FROM links WHERE parent_id = ? AND child_id = ?"
    if child is None or not call.store.run(sql, (parent.id, child.id)).rowcount:
        raise not_found("The sub-group")
    emit(call.world, "GroupRemoved", parent.guid, {"groupId": child.guid}, call.grant.person_id)
    return {"result": True}


def fetch_subgroups(call: Call) -> dict[str, Any]:
    """Operation 9: the group itself, unwrapped, with its sub-groups; the whole tree with `fetchAllGroups`.

    A group met for the second time is marked `isDuplicate` and not opened again.
    """
    top = access.named_group(call)
    return _tree(call, top, as_flag(call.query.get("fetchallgroups")), {top.id}, 0)


def _tree(call: Call, group: Group, deep: bool, seen: set[int], level: int) -> dict[str, Any]:
    shown = graph.brief(call.store, group) | {"welcomeMessage": group.welcome}
    if level == 0 or deep:
        shown["subGroups"] = [
            _branch(call, child, deep, seen, level) for child in graph.children(call.store, group.id)
        ]
    return shown


def _branch(call: Call, child_id: int, deep: bool, seen: set[int], level: int) -> dict[str, Any]:
    child = access.group_by_row(call.store, child_id)
    if child_id in seen:
        return graph.brief(call.store, child) | {"welcomeMessage": child.welcome, "isDuplicate": True}
    seen.add(child_id)
    return _tree(call, child, deep, seen, level + 1) | {"isDuplicate": False}


def _detailed(call: Call, group: Group) -> dict[str, Any]:
    return graph.detailed(call.store, group, access.role(call.store, call.grant, group.id))


def _reached(call: Call, everything: bool) -> list[Group]:
    grant, store = call.grant, call.store
    if grant.kind == "group":
        return access.all_groups(store, "id = ?", (grant.group_id,))
    if everything and grant.kind == "tenant":
        return access.all_groups(store, "tenant_id = ?", (grant.tenant_id,))
    own = (
        "id IN (SELECT group_id FROM places WHERE person_id = ? AND kind = ? AND gone = ?) AND tenant_id = ?"
    )
    direct = access.all_groups(store, own, (grant.person_id, MEMBER, FOREVER, grant.tenant_id))
    if not everything:
        return direct
    wanted: set[int] = set()
    for group in direct:
        wanted |= graph.above(store, group.id) | graph.below(store, group.id)
    return [access.group_by_row(store, group_id) for group_id in sorted(wanted)]


def _wanted(call: Call) -> tuple[str, str, list[str], str]:
    body = call.body
    name = body.required("name", "groupname")
    welcome = body.required("welcomemessage")
    members = body.numbers("members")
    wrong = [number for number in members if not is_number(number)]
    if wrong:
        raise bad_request(f"These mobile numbers are not valid: {', '.join(wrong)}", "InvalidMobileNumber")
    kinds = {"": "Group", "group": "Group", "connectgroup": PUBLIC}
    kind = kinds.get(body.text("grouptype").lower())
    if kind is None:
        raise bad_request("groupType has to be Group or ConnectGroup.")
    return name, welcome, members, kind


def _create(
    call: Call,
    name: str,
    welcome: str,
    members: list[str],
    kind: str,
    with_caller: bool,
    parent: Group | None,
) -> Group:
    store, image = call.store, call.body.text("groupimageurl", "groupphoto")
    sql = "INSERT INTO groups (guid, tenant_id, name, type, welcome, image) VALUES (?, ?, ?, ?, ?, ?)"
    with store.transaction():
        row_id = store.run(sql, (new_id(), call.grant.tenant_id, name, kind, welcome, image)).lastrowid or 0
        if with_caller:
            people.join(store, row_id, MEMBER, call.grant.person_id, admin=True)
        for person_id in people.find_or_invite(store, members):
            people.join(store, row_id, MEMBER, person_id)
        group = access.group_by_row(store, row_id)
        if parent is not None:
            _link(call, parent, group)
    return group


def _link(call: Call, parent: Group, child: Group) -> None:
    sql = "INSERT OR IGNORE INTO links VALUES (?, ?)"
    if call.store.run(sql, (parent.id, child.id)).rowcount:
        data = {"groupId": child.guid, "groupName": child.name, "groupType": child.type}
        emit(call.world, "GroupAdded", parent.guid, data, call.grant.person_id)
