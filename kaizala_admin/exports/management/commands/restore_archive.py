"""`manage.py restore_archive FILE`: an archive into a fresh database."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from kaizala_admin.exports.archive.reading import BadArchive
from kaizala_admin.exports.archive.restoring import CannotRestore, check, restore


class Command(BaseCommand):
    help = (
        "Puts an archive into a fresh, migrated database: everything or nothing. Only says what it would do "
        "unless --apply is given. Exit code 0: done, or it can be done; 1: not."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--apply", action="store_true", help="Write the rows.")
        parser.add_argument("--json", action="store_true", help="One JSON object instead of words.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            rows = (restore if options["apply"] else check)(options["file"])
        except (BadArchive, CannotRestore) as error:
            raise CommandError(str(error)) from error
        total = sum(rows.values())
        if options["json"]:
            self.stdout.write(json.dumps({"applied": options["apply"], "rows": rows, "total": total}))
        elif options["apply"]:
            self.stdout.write(
                _("%(total)d rows are back. Give the connectors their secrets and grants.") % {"total": total}
            )
        else:
            self.stdout.write(
                _("%(total)d rows would be written. Nothing was changed; add --apply.") % {"total": total}
            )
