"""`manage.py dispatch`: the paced dispatcher as a process. SIGTERM ends it cleanly."""

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from kaizala_admin.outbox import pump
from kaizala_admin.outbox.dispatcher import Dispatcher


class Command(BaseCommand):
    help = "Grants calls within the budgets and wakes the workers. Run at least one; others stand by."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()

        def end(*_: Any) -> None:
            stop.set()
            pump.stopping.set()

        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, end)
        Dispatcher(stop).run()
