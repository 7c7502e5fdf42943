"""`manage.py verify_archive FILE`: is the archive whole and unchanged?"""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from kaizala_admin.exports.archive.reading import BadArchive, verify


class Command(BaseCommand):
    help = "Checks every checksum and count of an archive. Exit code 0: sound; 1: not sound or no archive."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--json", action="store_true", help="One JSON object instead of words.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = verify(options["file"])
        except BadArchive as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            told = {"sound": report.is_sound, "tenant": report.tenant, "made_at": report.made_at}
            more = {"rows": report.rows, "files": report.files, "problems": report.problems}
            self.stdout.write(json.dumps({**told, **more}))
        else:
            self.stdout.write(
                _("Archive of %(tenant)s, made %(at)s") % {"tenant": report.tenant, "at": report.made_at}
            )
            for name, rows in report.rows.items():
                self.stdout.write(f"  {rows:>12,}  {name}")
            self.stdout.write(f"  {report.files:>12,}  {_('files')}")
        if not report.is_sound:
            raise CommandError("\n".join(report.problems))
        if not options["json"]:
            self.stdout.write(_("Sound: nothing is missing and nothing was changed."))
