"""What each kind of change calls, and what its answer does."""

from groups.changes.models import GroupChange

from . import creating, graph, members, subscribers
from .base import Operation

Kind = GroupChange.Kind
OPERATIONS: dict[str, Operation] = {
    Kind.CREATE_GROUP: creating.CREATE_GROUP,
    Kind.CREATE_SUBGROUP: creating.CREATE_SUBGROUP,
    Kind.LINK: graph.LINK,
    Kind.UNLINK: graph.UNLINK,
    Kind.ADD_MEMBERS: members.ADD,
    Kind.REMOVE_MEMBER: members.REMOVE,
    Kind.SET_ROLE: members.SET_ROLE,
    Kind.ADD_SUBSCRIBERS: subscribers.ADD,
    Kind.REMOVE_SUBSCRIBERS: subscribers.REMOVE,
}


def operation(kind: str) -> Operation:
    """What this kind of change does. Raises KeyError for a kind that does not exist."""
    return OPERATIONS[kind]
