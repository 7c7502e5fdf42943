"""`manage.py hold_sending`: for a database that was restored or copied, before anything is started on it."""

from typing import Any

from django.core.management.base import BaseCommand

from kaizala_admin.connectors import instance


class Command(BaseCommand):
    help = "Stops all sending until an administrator says on the Outbox page that this is the console now."

    def handle(self, *args: Any, **options: Any) -> None:
        instance.hold()
        self.stdout.write(
            "Nothing is sent by itself now. An administrator lets it go on, on the Outbox page."
        )
