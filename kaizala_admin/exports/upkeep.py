"""What the clock does: files whose time is over go, and so do files that no export names."""

import time

from django.db.models.functions import Now

from . import files
from .models import OPEN, Export

ORPHAN_AFTER = 86_400.0  # seconds; longer than any export takes


def expire() -> int:
    """Ends the exports whose time is over and deletes their files; returns how many."""
    over = Export.objects.filter(state=Export.State.DONE, expires_at__lt=Now())
    ended = 0
    for export in over.order_by("pk")[:500]:
        if Export.objects.filter(pk=export.pk, state=Export.State.DONE).update(state=Export.State.EXPIRED):
            files.path_of(export.file).unlink(missing_ok=True)
            ended += 1
    return ended


def sweep() -> int:
    """Deletes old files that no ready or running export names; returns how many."""
    before = time.time() - ORPHAN_AFTER
    old = [path for path in files.folder().iterdir() if path.is_file() and path.stat().st_mtime < before]
    if not old:
        return 0
    named = set(Export.objects.filter(state=Export.State.DONE).values_list("file", flat=True))
    named |= {files.name_of(export) for export in Export.objects.filter(state__in=OPEN)}
    lost = [path for path in old if path.name not in named]
    for path in lost:
        path.unlink(missing_ok=True)
    return len(lost)
