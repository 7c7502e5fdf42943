"""Operations 8 and 10: an existing group below another one, and not any more."""

from typing import Any

from groups.changes.models import GroupChange
from groups.changes.results import Outcome, settle
from groups.models import Group
from groups.sync import changed
from kaizala_admin.connectors import clock
from kaizala_admin.kaizala import KaizalaClient, Refused

from .base import Absent, Operation, explained, group_id, note, other_id


def _link(change: GroupChange, client: KaizalaClient) -> Any:
    try:
        return client.add_subgroups(group_id(change), [other_id(change)])
    except Refused as error:
        raise explained(error) from error


def _linked(change: GroupChange, answer: Any) -> bool:
    parent, child = _both(change)
    new = changed.linked(parent, child, clock.now())
    settle(change, {child.name: (Outcome.ADDED if new else Outcome.THERE, "")})
    return True


def _unlink(change: GroupChange, client: KaizalaClient) -> Any:
    try:
        return client.remove_subgroup(group_id(change), other_id(change))
    except Refused as error:
        if error.status == 404 and error.code:
            return Absent(error.message)
        raise


def _unlinked(change: GroupChange, answer: Any) -> bool:
    parent, child = _both(change)
    changed.unlinked(parent, child, clock.now())
    if isinstance(answer, Absent):
        settle(change, {child.name: (Outcome.ABSENT, "")})
        note(change, "absent", answer.message)
    else:
        settle(change, {child.name: (Outcome.REMOVED, "")})
    return True


def _both(change: GroupChange) -> tuple[Group, Group]:
    assert change.group is not None  # the services see to it
    assert change.other is not None
    return change.group, change.other


LINK = Operation("add_subgroups", _link, _linked, repeatable=True)
UNLINK = Operation("remove_subgroup", _unlink, _unlinked, repeatable=True)
