"""The order of a group's pages; what is not needed is not called."""

from math import ceil

from groups.models import Group
from kaizala_admin.kaizala import SUBSCRIBER_PAGE
from kaizala_admin.outbox.models import Lane

from .fetching import DETAILS, MEMBERS, SUB_GROUPS, SUBSCRIBERS

QUICK = 5  # calls that a person waits for; a longer run must not stand before a broadcast


def lane_for(wanted: Lane, pages: int) -> Lane:
    """The lane that was wanted, for a quick run; a long one goes with the background."""
    return wanted if pages <= QUICK else Lane.SYNC


def first_stage(group: Group) -> str:
    """Where a run begins whose directory has just told the details."""
    return SUB_GROUPS if group.has_sub_groups else MEMBERS


def next_stage(stage: str, group: Group) -> str:
    """The stage after this one; "" when the run is complete."""
    if stage == DETAILS:
        return first_stage(group)
    if stage == SUB_GROUPS:
        return MEMBERS
    if stage == MEMBERS and group.group_type == Group.Type.PUBLIC:
        return SUBSCRIBERS
    return ""


def expected_pages(group: Group, *, details: bool = False) -> int:
    """Calls that a whole run will take, from what is known now (contract 6: 50 subscribers a page)."""
    calls = int(details) + int(group.has_sub_groups) + 1
    if group.group_type == Group.Type.PUBLIC:
        people = max(group.subscriber_count, group.remote_user_count or 0)
        calls += max(1, ceil(people / SUBSCRIBER_PAGE))
    return calls
