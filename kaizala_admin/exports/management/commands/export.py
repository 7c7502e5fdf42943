"""`manage.py export KIND FILE`: the same exports as on the pages, made here and now."""

import json
import shutil
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from kaizala_admin.connectors.models import Tenant
from kaizala_admin.exports import files, kinds, services, work
from kaizala_admin.exports.models import Export

INTERRUPTED = 130  # what a shell says of Ctrl-C


class Command(BaseCommand):
    help = (
        "Writes an export to FILE; the file's ending says the format (csv, xlsx, jsonl, zip). Without KIND: "
        "lists what can be exported. Exit code 0: written; 1: not; 130: interrupted, and nothing left."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", nargs="?", help='such as "groups.members"')
        parser.add_argument("file", nargs="?", type=Path, help="must not exist yet")
        parser.add_argument(
            "--list", default="", metavar="QUERY", help='the list\'s filters: "registered=no"'
        )
        parser.add_argument("--tenant", default="", metavar="NAME", help="whose archive; needed with several")
        parser.add_argument("--parameters", default="{}", metavar="JSON", help="what the kind asks for")
        parser.add_argument("--time-zone", default="", help="local times beside UTC; default: TIME_ZONE")
        parser.add_argument("--json", action="store_true", help="One JSON object instead of words.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["kind"] is None:
            self._list(as_json=options["json"])
            return
        file: Path | None = options["file"]
        if file is None:
            raise CommandError(_("Name the file to write."))
        if options["time_zone"] not in ("", *available_timezones()):
            raise CommandError(_("There is no time zone called %(zone)s.") % {"zone": options["time_zone"]})
        if file.exists():
            raise CommandError(_("%(file)s exists already.") % {"file": file})
        export = self._make(options, self._format(options["kind"], file), self._place(file))
        shutil.copyfile(files.path_of(export.file), file)
        told = {"id": export.pk, "file": str(file), "rows": export.rows_done, "size": export.size}
        if options["json"]:
            self.stdout.write(json.dumps({**told, "sha256": export.sha256}))
        else:
            self.stdout.write(_("%(rows)d rows in %(file)s") % told)

    def _format(self, key: str, file: Path) -> str:
        """Raises CommandError when the file's ending is none that this kind has."""
        try:
            formats = kinds.by_key(key).formats
        except LookupError as error:
            raise CommandError(_("There is no export called %(kind)s.") % {"kind": key}) from error
        if (found := file.suffix.removeprefix(".").lower()) not in formats:
            endings = ", ".join(f".{one}" for one in formats)
            raise CommandError(_("Let the file's name end with one of: %(endings)s") % {"endings": endings})
        return found

    def _place(self, file: Path) -> Path:
        """An empty file that only its owner reads; before the work, so that it is not done in vain."""
        try:
            file.touch(mode=0o600, exist_ok=False)
        except OSError as error:
            why = {"file": file, "why": error.strerror}
            raise CommandError(_("%(file)s cannot be written: %(why)s") % why) from error
        return file

    def _tenant(self, name: str) -> int:
        found = list((Tenant.objects.filter(name=name) if name else Tenant.objects.all())[:2])
        if len(found) != 1:
            raise CommandError(_("Name one tenant with --tenant."))
        return found[0].pk

    def _make(self, options: dict[str, Any], file_format: str, place: Path) -> Export:
        """Raises CommandError, and leaves no empty file."""
        try:
            return self._made(options, file_format)
        except CommandError:
            place.unlink()
            raise

    def _made(self, options: dict[str, Any], file_format: str) -> Export:
        try:
            parameters = json.loads(options["parameters"])
            if options["list"]:
                parameters["list"] = options["list"]
            if options["tenant"] or (file_format == "zip" and "tenant" not in parameters):
                parameters["tenant"] = self._tenant(options["tenant"])
            export = services.start(
                kind=options["kind"],
                parameters=parameters,
                file_format=file_format,
                by=None,
                time_zone=options["time_zone"],
                ring_a_worker=False,
            )
        except (LookupError, TypeError, ValueError) as error:
            raise CommandError(_("This cannot be exported so: %(why)s") % {"why": error}) from error
        try:
            done = work.run(export.pk, in_line=False)
        except KeyboardInterrupt:
            services.cancel(export)
            raise CommandError(_("Stopped. Nothing was written."), returncode=INTERRUPTED) from None
        if not done:
            export.refresh_from_db()
            raise CommandError(export.detail or _("A worker makes it; look under Exports."))
        export.refresh_from_db()
        return export

    def _list(self, *, as_json: bool) -> None:
        found = [(kind.key, str(kind.title), list(kind.formats)) for kind in kinds.every()]
        if as_json:
            rows = [{"kind": key, "title": title, "formats": formats} for key, title, formats in found]
            self.stdout.write(json.dumps(rows))
            return
        for key, title, formats in found:
            self.stdout.write(f"{key:<36}{title} ({', '.join(formats)})")
