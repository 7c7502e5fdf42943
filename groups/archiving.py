"""Groups, their graph, people and their history in an archive."""

from groups.changes.models import GroupChange
from groups.figures.models import DailyTotal
from groups.models import Group, GroupLink, Member, Reach, Subscriber, SyncRun
from kaizala_admin.exports import archive


def register() -> None:
    """Once, at start-up; parents before children."""
    archive.register(Group, "tenant")
    archive.register(GroupLink, "parent__tenant")
    archive.register(Reach, "group__tenant")
    archive.register(Member, "group__tenant")
    archive.register(Subscriber, "group__tenant")
    archive.register(DailyTotal, "group__tenant")
    archive.register(SyncRun, "connector__tenant", leave_out=("cursor",))
    archive.register(GroupChange, "connector__tenant")
