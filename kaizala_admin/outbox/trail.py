"""Who moved a row by hand: entries of the audit log, written in bulk in the same transaction."""

from collections.abc import Sequence

from auditlog.models import LogEntry
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.contenttypes.models import ContentType

from .models import OutboxRow, State


def moved(rows: Sequence[OutboxRow], before: State, after: State, by: AbstractBaseUser | None) -> None:
    """One entry a row: state `before` -> `after`, by whom. Nothing when no person did it."""
    if by is None or not rows:
        return
    kind = ContentType.objects.get_for_model(type(rows[0]))
    LogEntry.objects.bulk_create(
        LogEntry(
            content_type=kind,
            object_pk=str(row.pk),
            object_id=row.pk,
            object_repr=row.title()[:1000],
            action=LogEntry.Action.UPDATE,
            changes={"state": [str(before), str(after)]},
            actor_id=by.pk,
        )
        for row in rows
    )
