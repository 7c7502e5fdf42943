"""Who took which file out of the house: entries of the audit log."""

from typing import Any

from auditlog.models import LogEntry
from django.contrib.contenttypes.models import ContentType

from .models import Export


def downloaded(export: Export, by: Any) -> None:
    """One entry a download."""
    LogEntry.objects.create(
        content_type=ContentType.objects.get_for_model(Export),
        object_pk=str(export.pk),
        object_id=export.pk,
        object_repr=f"{export.title} #{export.pk}",
        action=LogEntry.Action.ACCESS,
        actor_id=by.pk,
    )
