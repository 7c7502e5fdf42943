"""What people do with exports: ask for one, cancel it, ask again. State changes by compare-and-set."""

import logging
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone
from kombu.exceptions import OperationalError

from . import kinds
from .models import OPEN, Export

log = logging.getLogger(__name__)


def start(
    *,
    kind: str,
    parameters: Mapping[str, Any],
    file_format: str,
    by: AbstractBaseUser | None,
    title: str = "",
    time_zone: str = "",
    ring_a_worker: bool = True,
) -> Export:
    """Puts an export in line and wakes a worker after commit. The caller has checked the kind's permission.

    Raises LookupError for an unknown kind, ValueError for a format that the kind does not have.
    """
    known = kinds.by_key(kind)
    if file_format not in known.formats:
        raise ValueError(file_format)
    export = Export.objects.create(
        kind=kind,
        parameters=dict(parameters),
        format=file_format,
        title=(title or str(known.title))[:200],
        time_zone=time_zone or timezone.get_current_timezone_name(),
        created_by_id=by.pk if by is not None else None,
    )
    if ring_a_worker:
        transaction.on_commit(lambda: ring(export.pk))
    return export


def again(export: Export, by: AbstractBaseUser | None) -> Export:
    """The same once more, as the rows are now. Raises LookupError when its kind is gone."""
    return start(
        kind=export.kind,
        parameters=export.parameters,
        file_format=export.format,
        by=by,
        title=export.title,
        time_zone=export.time_zone,
    )


def cancel(export: Export) -> bool:
    """Stops it; a worker that writes it notices within seconds. False when it is over already."""
    rows = Export.objects.filter(pk=export.pk, state__in=OPEN)
    return bool(rows.update(state=Export.State.CANCELLED, finished_at=Now(), lease_until=None))


def ring(export_id: int) -> None:
    """Wakes a worker. Never raises: the clock rings again."""
    from .tasks import work

    try:
        work.delay(export_id)
    except (OperationalError, OSError) as error:
        log.warning("The bell of export %s was not heard: %s", export_id, type(error).__name__)
