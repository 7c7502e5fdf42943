"""`manage.py import_people FILE`: the import of the pages, from the upload to the last row."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from groups import pace
from groups.imports import doubts, feeding, reading, rejected, services
from groups.imports.models import ImportRow, ImportRun
from groups.management.waiting import wait
from groups.models import Group
from kaizala_admin.connectors.models import Tenant

READ = 600.0  # seconds that a worker may take for the sheet
OPEN = (ImportRun.State.RUNNING, ImportRun.State.PAUSED)
BAD = (ImportRow.State.WRONG.value, ImportRow.State.REFUSED.value)
INTERRUPTED = 130  # what a shell says of Ctrl-C
NAMED = 20  # bad rows that are told; --rejected writes all of them
Kind = ImportRun.Kind
OF_MANY = {Kind.ADD.value: Kind.MANY.value, Kind.REMOVE.value: Kind.LEAVE.value}  # without --group


class Command(BaseCommand):
    help = (
        "Checks a sheet (CSV, TSV, XLSX) of people or links and, with --apply, applies it. Without --apply "
        "nothing is changed. Exit code 0: checked, or in line (with --wait: done); 1: it cannot be read or "
        "applied; 2: some rows are wrong or, with --wait, were refused (the others are applied all the same "
        "with --apply); 3: --wait ran out of time; 130: interrupted before the check was over."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--group", metavar="ID", help="one group; without it the sheet names the groups")
        kinds = [kind.value for kind in (Kind.ADD, Kind.REMOVE, Kind.EQUAL, Kind.LINKS, Kind.UNLINK)]
        parser.add_argument(
            "--do",
            choices=kinds,
            default=Kind.ADD.value,
            help="default: add. equal needs --group; links and unlink: its columns are parent and child",
        )
        parser.add_argument(
            "--leaving",
            type=int,
            metavar="NUMBER",
            help="with equal: how many people shall leave; --apply needs it when rows of the list are wrong",
        )
        parser.add_argument("--subscribers", action="store_true", help="with --group: who follows it")
        parser.add_argument("--tenant", metavar="NAME", help="needed when there are several")
        parser.add_argument("--region", default="", help="two letters, for numbers without a country code")
        parser.add_argument("--rejected", type=Path, metavar="FILE", help="writes the bad rows here, as CSV")
        parser.add_argument("--apply", action="store_true", help="Say yes to what the check found.")
        parser.add_argument("--wait", type=float, metavar="SECONDS", help="until every row has its result")
        parser.add_argument("--json", action="store_true", help="One JSON object instead of words.")

    def handle(self, *args: Any, **options: Any) -> None:
        run = self._check(options)
        calls, seconds, counts = run.calls, run.seconds, reading.counts(run)
        warnings = doubts.of(run, counts)
        if options["apply"]:
            self._accept(run, options["leaving"])
            wait(options["wait"], lambda: not self._is_open(run))
            counts = reading.counts(run)
        bad = rejected.first(run, NAMED)
        if options["rejected"]:
            self._write(run, options["rejected"])
        if not options["apply"]:
            services.cancel(run=run)
        told = {"import": run.pk, "applied": options["apply"], "calls": calls, "seconds": seconds}
        told |= {"rows": {key: n for key, n in counts.items() if ":" not in key}}
        told |= {"doubts": warnings}
        told |= {"to_do": {key.removeprefix("ready:"): n for key, n in counts.items() if "ready:" in key}}
        self._tell({**told, "kept": run.kept, "bad": [one._asdict() for one in bad]}, options)
        if options["apply"] and options["wait"] and run.state in OPEN:
            raise CommandError(_("It goes on, but the time to wait is over."), returncode=3)
        if count := sum(counts.get(state, 0) for state in BAD):
            raise CommandError("\n".join(self._said(bad, count)), returncode=2)

    def _accept(self, run: ImportRun, leaving: int | None) -> None:
        try:
            services.accept(run=run, leaving=leaving)
        except services.CannotChange as error:
            services.cancel(run=run)
            raise CommandError(str(error)) from error
        feeding.feed(run.pk)  # in line now, whether or not a worker hears of it

    def _is_read(self, run: ImportRun) -> bool:
        reading.read(run.pk)  # a worker that died in the middle of it is followed
        run.refresh_from_db()
        return run.state != ImportRun.State.READING

    def _is_open(self, run: ImportRun) -> bool:
        feeding.feed(run.pk)  # new admins are in line once they are members
        run.refresh_from_db()
        return run.state in OPEN

    def _said(self, bad: Sequence[rejected.Bad], count: int) -> Iterator[str]:
        words = ngettext("%(count)d row is wrong.", "%(count)d rows are wrong.", count)
        yield words % {"count": count}
        for one in bad:
            yield _("Line %(line)s, “%(given)s”: %(why)s") % one._asdict()
        if len(bad) < count:
            yield _("And %(n)d more; --rejected FILE writes all of them.") % {"n": count - len(bad)}

    def _write(self, run: ImportRun, file: Path) -> None:
        try:
            with file.open("x", encoding="utf-8", newline="") as out:
                out.writelines(rejected.lines(run))
        except OSError as error:
            why = {"file": file, "why": error.strerror}
            raise CommandError(_("%(file)s cannot be written: %(why)s") % why) from error

    def _check(self, options: dict[str, Any]) -> ImportRun:
        """The import, read and judged. Raises CommandError when it cannot be."""
        group, kind = self._group(options["group"]), options["do"]
        if kind in (Kind.LINKS, Kind.UNLINK) and group is not None:
            raise CommandError(_("A sheet of links names all its groups; leave --group out."))
        if kind == Kind.EQUAL and group is None:
            raise CommandError(_("Name the group with --group."))
        if options["rejected"] and options["rejected"].exists():
            raise CommandError(_("%(file)s exists already.") % {"file": options["rejected"]})
        try:
            run = services.start(
                kind=kind if group else OF_MANY.get(kind, kind),
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
        try:
            reading.read(run.pk)
        except KeyboardInterrupt:
            services.cancel(run=run)
            raise CommandError(_("Stopped. Nothing was changed."), returncode=INTERRUPTED) from None
        wait(READ, lambda: self._is_read(run))  # a worker that heard of it first may be reading it
        if run.state == ImportRun.State.CHECKED:
            return run
        if run.state == ImportRun.State.READING:
            raise CommandError(_("A worker still reads it; look under Imports."), returncode=3)
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
        for name, count in [*told["rows"].items(), *((f"to {do}", n) for do, n in told["to_do"].items())]:
            self.stdout.write(f"{count:>10,}  {name}")
        calls = ngettext("%(n)d call", "%(n)d calls", told["calls"]) % {"n": told["calls"]}
        words = _("It would take %(calls)s, %(time)s. Nothing was changed; add --apply.")
        if told["applied"]:
            words = _("In line: %(calls)s, %(time)s.")
        for doubt in told["doubts"]:
            self.stdout.write(doubt)
        self.stdout.write(words % {"calls": calls, "time": pace.in_words(told["seconds"])})


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(services.CHUNK):
            yield block
