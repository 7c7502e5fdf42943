"""Asking Kaizala to change groups. Saves rows and puts them in line; the pump does the calls.

Every verb raises CannotChange, with words for a person, when it is known that Kaizala would refuse.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from groups.models import Group, Member
from groups.sync.diff import chunks
from kaizala_admin.connectors.models import Grant
from kaizala_admin.kaizala import MAX_MEMBERS, MAX_SUBSCRIBERS_PER_CALL
from kaizala_admin.outbox import services as outbox

from . import checking, graph
from .checking import CannotChange
from .models import ChangePicture, GroupChange
from .operations.creating import UPLOAD
from .operations.members import RESOLVE
from .posting import By, change_of, post

__all__ = [
    "CannotChange",
    "Picture",
    "add_members",
    "add_subscribers",
    "create_group",
    "create_subgroup",
    "link",
    "pending",
    "remove_members",
    "remove_subscribers",
    "set_role",
    "set_roles",
    "undo",
    "unlink",
]

Kind = GroupChange.Kind


@dataclass(frozen=True)
class Picture:
    """A new group's picture: a JPEG or PNG file."""

    name: str
    content_type: str
    data: bytes


def create_group(
    *,
    grant: Grant,
    name: str,
    welcome_message: str,
    group_type: str = Group.Type.GROUP,
    numbers: Sequence[str] = (),
    picture: Picture | None = None,
    by: By = None,
) -> GroupChange:
    """A group of its own, or a managed public group (operation 4). `numbers`: at most 100, as E.164."""
    checking.may_make(grant, group_type)
    asked = {"name": name, "welcome_message": welcome_message, "group_type": str(group_type)}
    return _create(Kind.CREATE_GROUP, grant, None, asked, numbers, picture, by)


def create_subgroup(
    *,
    parent: Group,
    name: str,
    welcome_message: str,
    numbers: Sequence[str] = (),
    add_caller: bool = True,
    picture: Picture | None = None,
    by: By = None,
) -> GroupChange:
    """A new group below another one (operation 7). `add_caller`: the grant's person is in it, as admin."""
    grant = checking.grant_for(parent)
    asked = {
        "name": name,
        "welcome_message": welcome_message,
        "group_type": str(Group.Type.GROUP),
        "add_caller": add_caller,
    }
    return _create(Kind.CREATE_SUBGROUP, grant, parent, asked, numbers, picture, by)


def _create(
    kind: str,
    grant: Grant,
    parent: Group | None,
    asked: dict[str, Any],
    numbers: Sequence[str],
    picture: Picture | None,
    by: By,
) -> GroupChange:
    if not asked["name"].strip() or not asked["welcome_message"].strip():
        raise CannotChange(_("Kaizala wants a name and a welcome message for a new group."))
    first = list(dict.fromkeys(numbers))
    if len(first) > MAX_MEMBERS:
        raise CannotChange(
            _("A new group can begin with at most %(most)d people. Add the others once it is made.")
            % {"most": MAX_MEMBERS}
        )
    change = change_of(kind, grant, parent, {**asked, "numbers": first}, by, people=len(first))
    change.stage = UPLOAD if picture else ""
    with transaction.atomic():
        outbox.post([change])
        if picture:
            ChangePicture.objects.create(
                change=change, name=picture.name[:100], content_type=picture.content_type, data=picture.data
            )
    return change


def link(
    *, parent: Group, child: Group, by: By = None, undoes: GroupChange | None = None, **more: Any
) -> GroupChange:
    """An existing group below another one (operation 8). A ring is refused, also one with links in line."""
    return _only(graph.link([(parent, child)], by=by, undoes=undoes, **more))


def unlink(
    *, parent: Group, child: Group, by: By = None, undoes: GroupChange | None = None, **more: Any
) -> GroupChange:
    """A sub-group that is one no longer; the group itself stays (operation 10)."""
    return _only(graph.unlink([(parent, child)], by=by, undoes=undoes, **more))


def _only(answers: Sequence[graph.Answer]) -> GroupChange:
    (answer,) = answers
    if isinstance(answer, CannotChange):
        raise answer
    return answer


def add_members(
    *, group: Group, numbers: Iterable[str], by: By = None, undoes: GroupChange | None = None, **more: Any
) -> list[GroupChange]:
    """Numbers (E.164) as members, 100 a call (operation 11). `more`: fields of the rows, for imports."""
    grant = checking.grant_for(group)
    return _in_batches(Kind.ADD_MEMBERS, grant, group, numbers, MAX_MEMBERS, by, undoes=undoes, **more)


def add_subscribers(
    *, group: Group, numbers: Iterable[str], by: By = None, undoes: GroupChange | None = None, **more: Any
) -> list[GroupChange]:
    """Numbers (E.164) as subscribers of a public group, 100 a call (operation 15)."""
    checking.need_public(group)
    most, grant = MAX_SUBSCRIBERS_PER_CALL, checking.grant_for(group)
    return _in_batches(Kind.ADD_SUBSCRIBERS, grant, group, numbers, most, by, undoes=undoes, **more)


def remove_subscribers(
    *, group: Group, numbers: Iterable[str], by: By = None, undoes: GroupChange | None = None, **more: Any
) -> list[GroupChange]:
    """These numbers follow the public group no longer, 100 a call (operation 16)."""
    checking.need_public(group)
    most, grant = MAX_SUBSCRIBERS_PER_CALL, checking.grant_for(group)
    return _in_batches(Kind.REMOVE_SUBSCRIBERS, grant, group, numbers, most, by, undoes=undoes, **more)


def remove_members(
    *, group: Group, members: Iterable[Member], by: By = None, undoes: GroupChange | None = None, **more: Any
) -> list[GroupChange]:
    """One call a person (operation 13). Whose user ID is not known yet is looked up first."""
    grant = checking.grant_for(group)
    rows = [
        change_of(
            Kind.REMOVE_MEMBER,
            grant,
            group,
            {**_named(member), "role": member.role},
            by,
            people=1,
            undoes=undoes,
            stage=_stage(member),
            **more,
        )
        for member in members
    ]
    for row in rows[:-1]:
        row.follow_up = False  # one look at the list after all of them
    return post(rows)


def set_role(*, group: Group, member: Member, role: str, by: By = None, **more: Any) -> GroupChange:
    """Makes a member an admin, or an admin an ordinary member (contract 5)."""
    if _stage(member):
        raise CannotChange(
            _("%(person)s was added just now and Kaizala's ID is not known yet. Sync the group first.")
            % {"person": member}
        )
    return set_roles(group=group, members=[member], role=role, by=by, **more)[0]


def set_roles(
    *, group: Group, members: Iterable[Member], role: str, by: By = None, **more: Any
) -> list[GroupChange]:
    """The same for many, one call a person. Whose user ID is not known yet is looked up first."""
    grant = checking.grant_for(group)
    return post(
        [
            change_of(
                Kind.SET_ROLE,
                grant,
                group,
                {**_named(member), "role": role},
                by,
                people=1,
                stage=_stage(member),
                **more,
            )
            for member in members
        ]
    )


def _stage(member: Member) -> str:
    return RESOLVE if member.person_id.startswith("tel:") else ""


def undo(*, change: GroupChange, by: By = None) -> list[GroupChange]:
    """Takes back what can be taken back. Raises CannotChange when it cannot, or was taken back before."""
    from .undoing import undone

    return undone(change, by)


def _named(member: Member) -> dict[str, Any]:
    name = member.mobile_number or member.person_id
    return {"numbers": [name], "person_id": member.person_id, "label": member.name or name}


def _in_batches(
    kind: str, grant: Grant, group: Group, numbers: Iterable[str], most: int, by: By, **more: Any
) -> list[GroupChange]:
    rows = [
        change_of(kind, grant, group, {"numbers": some}, by, people=len(some), **more)
        for some in chunks(dict.fromkeys(numbers), most)
    ]
    for row in rows[:-1]:
        row.follow_up = False
    return post(rows)


def pending(group: Group | None) -> QuerySet[GroupChange]:
    """Changes that Kaizala has not answered yet, oldest first: of this group, also as the other one.

    Without a group those that make a new one that hangs below no other.
    """
    about = Q(group=group) | Q(other=group) if group else Q(group=None, kind=Kind.CREATE_GROUP)
    rows = GroupChange.objects.filter(about, state__in=checking.PENDING)
    return rows.select_related("group", "other", "created_by", "connector", "grant").order_by("pk")
