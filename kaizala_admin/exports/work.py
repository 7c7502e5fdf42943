"""A worker's part: claim an export, write its file, settle it. Safe to run twice at once."""

import logging
import threading
from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from kaizala_admin.connectors.clock import later

from . import files, kinds
from .claims import FREE, MOST_DEATHS, Interrupted, Stopped, Watch, claim, settle
from .columns import Column, Columns
from .models import Export
from .writers import in_columns, write_pages

log = logging.getLogger(__name__)
stopping = threading.Event()  # set when the worker shuts down


def run(export_id: int, *, in_line: bool = True) -> bool:
    """Makes the file of this export; whether it did. Anything that goes wrong is kept in the row.

    `in_line` waits for its turn; a command does not, because it holds no worker.
    """
    export = claim(export_id, in_line=in_line)
    if export is None:
        return False
    path, done = files.path_of(files.name_of(export)), False
    try:
        if export.deaths >= MOST_DEATHS:
            raise kinds.BadParameters(_("Three workers stopped while they wrote it. Ask for less at once."))
        _make(export, path)
        done = True
    except Stopped:
        pass
    except Interrupted:
        settle(export, Export.State.QUEUED, rows_done=0)
    except kinds.BadParameters as error:
        settle(export, Export.State.FAILED, detail=_why(error)[:500], finished_at=Now())
    except Exception as error:
        log.exception("export %s failed", export.pk)
        settle(export, Export.State.FAILED, detail=_why(error)[:500], finished_at=Now())
    finally:
        if not done:
            path.unlink(missing_ok=True)
    return done


def _make(export: Export, path: Path) -> None:
    kind, watch = kinds.by_key(export.kind), Watch(export, stopping)
    expected = kind.count(export.parameters)
    Export.objects.filter(pk=export.pk, claim=export.claim).update(rows_expected=expected)
    files.fresh(path)
    rows = _write(kind, export, path, watch)
    watch.renew()
    done = settle(
        export,
        Export.State.DONE,
        rows_done=rows,
        sha256=files.digest(path, watch),
        size=path.stat().st_size,
        file=path.name,
        detail="",
        finished_at=Now(),
        expires_at=later(timedelta(days=settings.KAIZALA_EXPORT_DAYS)),
    )
    if not done:
        raise Stopped


def _write(kind: kinds.Kind, export: Export, path: Path, watch: Watch) -> int:
    """How many rows were written."""
    if kind.write is None:
        columns, zone = kind.columns_for(export.parameters), ZoneInfo(export.time_zone)
        return write_pages(export.format, path, columns, _pages(kind, export, columns), zone, watch)
    with path.open("r+b") as file:
        kind.write(file, export.parameters, watch)
    return watch.rows


def _pages(kind: kinds.Kind, export: Export, columns: Sequence[Column]) -> Iterable[Columns]:
    if kind.pages is not None:
        return kind.pages(export.parameters, columns)
    assert kind.rows is not None
    return in_columns(kind.rows(export.parameters))


def _why(error: Exception) -> str:
    match error:
        case kinds.BadParameters():
            return str(error)
        case LookupError():
            return _("What it should hold is not known here any more.")
        case OSError():
            return _("The file could not be written: %(why)s") % {
                "why": error.strerror or type(error).__name__
            }
        case _:
            return _("Something went wrong (%(name)s). The worker's log says more.") % {
                "name": type(error).__name__
            }


def waiting() -> list[int]:
    """The exports that a worker could take now, the oldest first."""
    rows = Export.objects.filter(FREE).order_by("pk")
    return list(rows.values_list("pk", flat=True)[: settings.KAIZALA_EXPORTS_AT_ONCE])
