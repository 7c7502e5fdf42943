"""Who did what to an import: entries of the audit log."""

from auditlog.models import LogEntry
from django.contrib.auth.models import AbstractBaseUser

from .models import ImportRun


def note(run: ImportRun, by: AbstractBaseUser | None, before: str, after: str) -> None:
    """One entry: the state before and after. Nothing when no person did it."""
    if by is not None:
        LogEntry.objects.log_create(
            run, force_log=True, action=LogEntry.Action.UPDATE, changes={"state": [before, after]}, actor=by
        )
