"""`manage.py index_names`: makes the index that finds parts of names, where it is missing."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from groups import names


class Command(BaseCommand):
    help = "Makes the index over parts of names, without locking anybody out. Safe to run again."

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit code 0 when the index is there, 1 when the database does not allow it."""
        try:
            names.build(concurrently=True)
        except names.CannotIndex as error:
            raise CommandError(str(error)) from error
        self.stdout.write(_("Parts of names are found by an index."))
