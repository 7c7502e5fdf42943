"""`manage.py rotate_keys`: after a new key was put first into KAIZALA_FIELD_KEYS."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from kaizala_admin.connectors import keys


class Command(BaseCommand):
    help = "Encrypts every stored secret anew under the first key of KAIZALA_FIELD_KEYS."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="Only count; change nothing.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit code 0 when every secret is on the newest key, so that the older ones may go; 1 otherwise."""
        count = keys.tally() if options["check"] else keys.rotate()
        self.stdout.write(_("Encrypted anew: %(number)d") % {"number": count.rewritten})
        self.stdout.write(_("Not on the newest key: %(number)d") % {"number": count.older})
        self.stdout.write(_("Not readable with any key: %(number)d") % {"number": count.unreadable})
        if count.unreadable:
            raise CommandError(
                _("Put the key that wrote them back into KAIZALA_FIELD_KEYS and run this again.")
            )
        if count.older:
            raise CommandError(_("Keep the older keys in KAIZALA_FIELD_KEYS and run rotate_keys again."))
        self.stdout.write(_("Every secret is on the newest key; the older ones may go."))
