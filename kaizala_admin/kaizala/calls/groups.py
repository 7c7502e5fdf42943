"""Groups and sub-groups: operations 4 to 10."""

from __future__ import annotations

from collections.abc import Iterable

from kaizala_admin.kaizala.errors import InvalidInput
from kaizala_admin.kaizala.limits import MAX_MEMBERS, require_choice, require_id, require_phones, require_text
from kaizala_admin.kaizala.results import CreatedGroup, GroupInfo
from kaizala_admin.kaizala.results.groups import read_created_group, read_groups, read_one_group, read_tree

from .base import Body, Caller, check_done, group_path, segment

GROUP_TYPES = ("Group", "ConnectGroup")


def _new_group(name: str, welcome_message: str, members: Iterable[str], image_url: str) -> Body:
    body: Body = {
        "name": require_text(name, "name"),
        "welcomeMessage": require_text(welcome_message, "welcome_message"),
    }
    if image_url:  # documented for sub-groups; the official client calls it GroupPhoto: send both
        body |= {"groupImageUrl": image_url, "groupPhoto": image_url}
    numbers = require_phones(members, "members", most=MAX_MEMBERS, least=0)
    return {**body, "members": list(numbers)} if numbers else body


class GroupCalls(Caller):
    def fetch_groups(self, show_details: bool = False, all_groups: bool = False) -> tuple[GroupInfo, ...]:
        """The groups the token reaches directly, or with their sub-groups and parents. No pages (OP 5)."""
        params = {"showDetail": show_details, "fetchAllGroups": all_groups}
        return read_groups(self._get("fetch_groups", "/v1/groups", params))

    def fetch_group(self, group_id: str) -> GroupInfo:
        """One group (OP 6)."""
        return read_one_group(self._get("fetch_group", group_path(group_id)), group_id)

    def create_group(
        self,
        name: str,
        welcome_message: str,
        members: Iterable[str] = (),
        group_type: str = "Group",
        *,
        image_url: str = "",
    ) -> CreatedGroup:
        """A new group with at most 100 members; with a group token it becomes a sub-group (OP 4)."""
        body = _new_group(name, welcome_message, members, image_url)
        body["groupType"] = require_choice(group_type, GROUP_TYPES, "group_type")
        return read_created_group(self._write("create_group", "POST", "/v1/groups", body), name)

    def create_subgroup(
        self,
        group_id: str,
        name: str,
        welcome_message: str,
        members: Iterable[str] = (),
        add_caller: bool = True,
        *,
        image_url: str = "",
    ) -> CreatedGroup:
        """A new group below another one (OP 7)."""
        path = f"{group_path(group_id)}/subGroups"
        # Swagger says name, the documentation page says groupName: send both.
        body = _new_group(name, welcome_message, members, image_url)
        body |= {"groupName": name, "addUserToGroup": add_caller}
        return read_created_group(self._write("create_subgroup", "POST", path, body), name)

    def add_subgroups(self, group_id: str, subgroup_ids: Iterable[str]) -> None:
        """Link groups that exist below another one (OP 8)."""
        if isinstance(subgroup_ids, str):
            raise InvalidInput("Give a list of groups, not one text.", field="subgroup_ids")
        ids = [require_id(item, "subgroup_ids") for item in subgroup_ids]
        if not ids:
            raise InvalidInput("Name at least one group.", field="subgroup_ids")
        path = f"{group_path(group_id)}/subGroups"
        check_done(self._write("add_subgroups", "PUT", path, {"subGroups": ids}, bare=True))

    def fetch_subgroups(self, group_id: str, all_groups: bool = False) -> GroupInfo:
        """The group with its sub-groups nested, one level or all of them (OP 9)."""
        path = f"{group_path(group_id)}/subGroups"
        return read_tree(self._get("fetch_subgroups", path, {"fetchAllGroups": all_groups}), group_id)

    def remove_subgroup(self, group_id: str, subgroup_id: str) -> None:
        """Unlink a sub-group; the group itself stays (OP 10)."""
        path = f"{group_path(group_id)}/subGroups/{segment(subgroup_id, 'subgroup_id')}"
        check_done(self._delete("remove_subgroup", path))
