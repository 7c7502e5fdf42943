"""Groups, their graph, people and their history in an archive."""

from groups.changes.models import ChangePicture, GroupChange
from groups.figures import days
from groups.figures.models import DailyTotal, Headcount, Return
from groups.imports.models import ImportChunk, ImportRow, ImportRun
from groups.models import Group, GroupLink, Member, Reach, Subscriber, SyncRun
from kaizala_admin.exports import archive
from kaizala_admin.exports.archive.restoring import after_restore

FILES_AT_ONCE = 20  # pictures, and parts of sheets


def register() -> None:
    """Once, at start-up; parents before children."""
    archive.register(Group, "tenant")
    archive.register(GroupLink, "parent__tenant")
    archive.register(Reach, "group__tenant")
    archive.register(Member, "group__tenant")
    archive.register(Subscriber, "group__tenant")
    archive.register(DailyTotal, "group__tenant")
    archive.register(Return, "group__tenant")
    archive.register(SyncRun, "connector__tenant", leave_out=("cursor",))
    archive.register(Headcount, "tenant")
    archive.register(GroupChange, "connector__tenant")
    archive.register(ChangePicture, "change__connector__tenant", page=FILES_AT_ONCE)
    archive.register(ImportRun, "tenant")
    archive.register(ImportChunk, "run__tenant", page=FILES_AT_ONCE)
    archive.register(ImportRow, "run__tenant")
    after_restore(_pause)
    after_restore(days.add_up)


def _pause() -> None:
    """An import that was under way waits for a person."""
    ImportRun.objects.filter(state=ImportRun.State.RUNNING).update(state=ImportRun.State.PAUSED)
