"""`manage.py export KIND FILE`: the same exports as on the pages, made here and now."""

import json
import shutil
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from kaizala_admin.exports import files, kinds, services, work
from kaizala_admin.exports.models import Export


class Command(BaseCommand):
    help = (
        "Writes an export to FILE; the file's ending says the format (csv, xlsx, jsonl, zip). Without KIND: "
        "lists what can be exported. Exit code 0: written; 1: not."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", nargs="?", help='such as "groups.members"')
        parser.add_argument("file", nargs="?", type=Path, help="must not exist yet")
        parser.add_argument(
            "--list", default="", metavar="QUERY", help='the list\'s filters: "registered=no"'
        )
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
        if file.exists():
            raise CommandError(_("%(file)s exists already.") % {"file": file})
        export = self._make(options, file.suffix.removeprefix("."))
        shutil.copyfile(files.path_of(export.file), file)
        file.chmod(0o600)
        told = {"id": export.pk, "file": str(file), "rows": export.rows_done, "size": export.size}
        if options["json"]:
            self.stdout.write(json.dumps({**told, "sha256": export.sha256}))
        else:
            self.stdout.write(_("%(rows)d rows in %(file)s") % told)

    def _make(self, options: dict[str, Any], file_format: str) -> Export:
        try:
            parameters = json.loads(options["parameters"])
            if options["list"]:
                parameters["list"] = options["list"]
            export = services.start(
                kind=options["kind"],
                parameters=parameters,
                file_format=file_format,
                by=None,
                time_zone=options["time_zone"],
                ring_a_worker=False,
            )
        except LookupError as error:
            raise CommandError(_("There is no export called %(kind)s.") % {"kind": error}) from error
        except (TypeError, ValueError) as error:
            raise CommandError(_("This cannot be exported so: %(why)s") % {"why": error}) from error
        if not work.run(export.pk, in_line=False):
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
