"""Who did what to a broadcast: entries in the audit log, written by hand as services change rows in bulk."""

from typing import Any

from auditlog.models import LogEntry
from django.contrib.auth.models import AbstractBaseUser
from django.db import models

NEW, CHANGED, GONE = LogEntry.Action.CREATE, LogEntry.Action.UPDATE, LogEntry.Action.DELETE


def note(
    row: models.Model,
    by: AbstractBaseUser | None,
    what: str,
    before: object = "",
    after: object = "",
    *,
    action: int = CHANGED,
    **more: Any,
) -> None:
    """One entry: `what` is a plain word (launch, pause...), `more` are numbers to keep with it."""
    LogEntry.objects.log_create(
        row,
        force_log=True,
        action=action,
        changes={what: [str(before), str(after)]},
        actor=by,
        additional_data={"what": what, **more},
    )


def forget_actor(row: models.Model, what: str) -> None:
    """Who did it is kept no longer, nor from where; that it was done stays."""
    entries = LogEntry.objects.get_for_object(row).filter(additional_data__what=what)
    entries.update(actor=None, actor_email=None, remote_addr=None)
