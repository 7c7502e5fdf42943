"""Groups (contract 4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from .reading import first_text, listed, lowered, needed_list, needed_text, text, truth, unreadable, whole

# A tree deeper than this is not read further down: no organisation is, but an answer could be.
MAX_DEPTH = 50


@dataclass(frozen=True)
class GroupInfo:
    """A group as far as the answer described it; None where it said nothing.

    `user_count` is of the whole hierarchy, `current_level_user_count` of this group alone.
    `is_duplicate`: it is listed elsewhere in the same tree, with its sub-groups there.
    """

    group_id: str
    name: str = ""
    group_type: str = "Group"
    image_url: str = ""
    welcome_message: str = ""
    caller_role: str = ""
    has_sub_groups: bool | None = None
    has_parent_groups: bool | None = None
    user_count: int | None = None
    current_level_user_count: int | None = None
    unprovisioned_user_count: int | None = None
    is_mapped_to_tenant: bool | None = None
    is_duplicate: bool = False
    sub_groups: tuple[GroupInfo, ...] = ()


@dataclass(frozen=True)
class CreatedGroup:
    """`members_added` is None when the answer does not say."""

    group_id: str
    name: str
    members_added: bool | None
    added_as_sub_group: bool


_TYPES = {"group": "Group", "connectgroup": "ConnectGroup"}
_ROLES = {"admin": "Admin", "member": "Member"}


def read_group(raw: object) -> GroupInfo:
    """One group without its sub-groups."""
    record = lowered(raw)
    return GroupInfo(
        group_id=first_text(record, "groupid", "id"),
        name=first_text(record, "groupname", "name"),
        group_type=_TYPES.get(text(record.get("grouptype")).lower(), "Group"),
        image_url=text(record.get("groupimageurl")),
        welcome_message=text(record.get("welcomemessage")),
        caller_role=_ROLES.get(text(record.get("callerrole")).lower(), ""),
        has_sub_groups=truth(record.get("hassubgroups")),
        has_parent_groups=truth(record.get("hasparentgroups")),
        user_count=whole(record.get("usercount")),
        current_level_user_count=whole(record.get("currentlevelusercount")),
        unprovisioned_user_count=whole(record.get("unprovisionedusercount")),
        is_mapped_to_tenant=truth(record.get("ismappedtotenant")),
        is_duplicate=truth(record.get("isduplicate")) is True,
    )


def read_groups(body: Mapping[str, Any]) -> tuple[GroupInfo, ...]:
    found = [read_group(raw) for raw in needed_list(body, "groups")]
    return tuple([group for group in found if group.group_id])


def read_one_group(body: Mapping[str, Any], group_id: str) -> GroupInfo:
    """A bare group, or a wrapper around it (contract OP 6)."""
    candidates = [read_group(raw) for raw in listed(body.get("groups"))] or [read_group(body)]
    found = next((group for group in candidates if group.group_id == group_id), candidates[0])
    if not found.group_id:
        raise unreadable("groupId")
    return found


def read_created_group(body: Mapping[str, Any], name: str) -> CreatedGroup:
    return CreatedGroup(
        group_id=needed_text(body, "groupid"),
        name=first_text(body, "groupname", "name") or name,
        members_added=truth(body.get("membersadded")),
        added_as_sub_group=truth(body.get("isaddedassubgroup")) is True,
    )


class _TreeReader:
    """Reads a graph that is written as a tree: finite, each group's sub-groups once, no way back up."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._expanded: set[str] = set()

    def node(self, raw: object, above: frozenset[str]) -> GroupInfo:
        group = read_group(raw)
        again = group.group_id in self._seen
        self._seen.add(group.group_id)
        children = self._children(raw, group.group_id, above)
        return replace(group, is_duplicate=group.is_duplicate or again, sub_groups=children)

    def _children(self, raw: object, group_id: str, above: frozenset[str]) -> tuple[GroupInfo, ...]:
        below = listed(lowered(raw).get("subgroups"))
        if not below or group_id in self._expanded or len(above) >= MAX_DEPTH:
            return ()
        self._expanded.add(group_id)
        return self.nodes(below, above | {group_id})

    def nodes(self, raws: list[Any], above: frozenset[str]) -> tuple[GroupInfo, ...]:
        once = {first_text(lowered(raw), "groupid", "id"): raw for raw in reversed(raws)}
        ordered = {name: once[name] for name in reversed(once)}
        return tuple([self.node(raw, above) for name, raw in ordered.items() if name and name not in above])


def read_tree(body: Mapping[str, Any], group_id: str) -> GroupInfo:
    """The group with its sub-groups nested: from a bare group, a wrapper, or a list of the sub-groups.

    A sub-group that would lead back to a group above it is left out (contract OP 9).
    """
    reader = _TreeReader()
    if "groups" not in body:
        if not (first_text(body, "groupid", "id") or "subgroups" in body):
            raise unreadable("groupId")
        return reader.node({"groupId": group_id, **body}, frozenset())
    wrapped = needed_list(body, "groups")
    root = next((raw for raw in wrapped if first_text(lowered(raw), "groupid", "id") == group_id), None)
    return reader.node(root or {"groupId": group_id, "subGroups": wrapped}, frozenset())
