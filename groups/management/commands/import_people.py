"""`manage.py import_people FILE`: the import of the pages, from the upload to the last row."""

import json
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from groups.imports import reading, services
from groups.imports.models import ImportRun
from groups.models import Group
from kaizala_admin.connectors.models import Tenant

LOOK_EVERY = 1.0  # seconds
OPEN = (ImportRun.State.RUNNING, ImportRun.State.PAUSED)


class Command(BaseCommand):
    help = (
        "Checks a sheet (CSV, TSV, XLSX) of people and, with --apply, applies it. Without --apply nothing is "
        "kept. Exit code 0: checked, or in line (with --wait: done); 1: it cannot be read or applied; 2: some"
        " rows are wrong (the others are applied all the same with --apply); 3: --wait ran out of time."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--group", metavar="ID", help="one group; without it the sheet names the groups")
        kinds = [ImportRun.Kind.ADD.value, ImportRun.Kind.REMOVE.value, ImportRun.Kind.EQUAL.value]
        parser.add_argument("--do", choices=kinds, default=kinds[0], help="with --group; default: add")
        parser.add_argument("--subscribers", action="store_true", help="with --group: who follows it")
        parser.add_argument("--tenant", metavar="NAME", help="needed when there are several")
        parser.add_argument("--region", default="", help="two letters, for numbers without a country code")
        parser.add_argument("--apply", action="store_true", help="Say yes to what the check found.")
        parser.add_argument("--wait", type=float, metavar="SECONDS", help="until every row has its result")
        parser.add_argument("--json", action="store_true", help="One JSON object instead of words.")

    def handle(self, *args: Any, **options: Any) -> None:
        run = self._check(options)
        if options["apply"]:
            services.accept(run=run)
            ends = time.monotonic() + (options["wait"] or 0)
            run.refresh_from_db()
            while options["wait"] and run.state in OPEN and time.monotonic() < ends:
                time.sleep(LOOK_EVERY)
                run.refresh_from_db()
        counts = reading.counts(run)
        calls, seconds = run.calls, run.seconds
        if not options["apply"]:
            services.cancel(run=run)
        told = {"import": run.pk, "applied": options["apply"], "calls": calls, "seconds": seconds}
        self._tell({**told, "rows": {key: n for key, n in counts.items() if ":" not in key}}, options)
        if options["apply"] and options["wait"] and run.state in OPEN:
            raise CommandError(_("It goes on, but the time to wait is over."), returncode=3)
        if wrong := counts.get("wrong", 0):
            raise CommandError(
                _("%(count)d rows are wrong; the page shows why.") % {"count": wrong}, returncode=2
            )

    def _check(self, options: dict[str, Any]) -> ImportRun:
        """The import, read and judged. Raises CommandError when it cannot be."""
        group = self._group(options["group"])
        try:
            run = services.start(
                kind=options["do"] if group else ImportRun.Kind.MANY,
                file_name=options["file"].name,
                chunks=_chunks(options["file"]),
                tenant=None if group else self._tenant(options["tenant"]),
                group=group,
                region=options["region"],
                subscribers=options["subscribers"],
            )
        except services.CannotChange as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(_("The file cannot be read: %(why)s") % {"why": error.strerror}) from error
        reading.read(run.pk)
        run.refresh_from_db()
        if run.state == ImportRun.State.CHECKED:
            return run
        if run.state == ImportRun.State.READING:
            raise CommandError(_("A worker reads it; look under Imports."))
        why = run.error or _("Its columns are not named. Name them, or map them on the page.")
        services.cancel(run=run)
        raise CommandError(why)

    def _group(self, key: str | None) -> Group | None:
        if key is None:
            return None
        found = Group.objects.select_related("tenant").filter(group_id=key).first()
        if found is None:
            raise CommandError(_("There is no group with the ID %(key)s.") % {"key": key})
        return found

    def _tenant(self, name: str | None) -> Tenant:
        found = list((Tenant.objects.filter(name=name) if name else Tenant.objects.all())[:2])
        if len(found) != 1:
            raise CommandError(_("Name one tenant with --tenant."))
        return found[0]

    def _tell(self, told: dict[str, Any], options: dict[str, Any]) -> None:
        if options["json"]:
            self.stdout.write(json.dumps(told))
            return
        for name, count in told["rows"].items():
            self.stdout.write(f"{count:>10,}  {name}")
        if told["applied"]:
            self.stdout.write(_("In line: %(calls)d calls, about %(seconds)d s.") % told)
        else:
            words = _("It would take %(calls)d calls, about %(seconds)d s. Nothing was changed; add --apply.")
            self.stdout.write(words % told)


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(services.CHUNK):
            yield block
