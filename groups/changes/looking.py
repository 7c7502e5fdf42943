"""After a change that Kaizala does not answer in full: one call that reads the members again."""

from groups import services

from .models import GroupChange


def look_again(change: GroupChange) -> None:
    """Queues a sync of the members (names, IDs, who is really there), unless the change is one of many.

    A group that no grant reaches any more is left to the next sync of its connector.
    """
    if not change.follow_up or change.group is None:
        return
    try:
        services.start_members_sync(change.group)
    except services.CannotSync:
        return
