"""What was tried, in an archive; and what is done with rows that come back from one."""

from django.db.models import Exists, OuterRef, Q

from kaizala_admin.exports import archive
from kaizala_admin.exports.archive.restoring import after_restore

from .models import Attempt, State
from .registry import label, row_classes


def register() -> None:
    """Once, at start-up."""
    archive.register(Attempt, _of_tenant)
    after_restore(hold_restored)


def _of_tenant(tenant: int) -> Q:
    """An attempt names its row by class and key."""
    found = Q()
    for row_class in row_classes():
        rows = row_class._base_manager.filter(pk=OuterRef("row_id"), connector__tenant=tenant)
        found |= Q(Exists(rows), row_class=label(row_class))
    return found


def hold_restored() -> None:
    """Rows of an archive were in line long ago: they wait for a person, and open calls are in doubt."""
    for row_class in row_classes():
        rows = row_class._base_manager
        rows.filter(state=State.QUEUED).update(held=True, permits=0)
        rows.filter(state=State.SENDING).update(state=State.UNKNOWN, lease_until=None)
