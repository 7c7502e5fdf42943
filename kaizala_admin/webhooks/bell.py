"""Wakes a worker for stored events: one ring in RING_EVERY, from a thread that nobody waits for."""

import logging
import os
import threading
from collections.abc import Callable

from django.conf import settings

RING_EVERY = 0.2  # seconds
log = logging.getLogger(__name__)


class Bell:
    """`ring()` returns at once. A ring that comes while one is planned needs no other."""

    def __init__(self, send: Callable[[], None]) -> None:
        self._send = send
        self._planned: threading.Timer | None = None
        self._lock = threading.Lock()

    def ring(self) -> None:
        with self._lock:
            if self._planned is not None:
                return
            self._planned = threading.Timer(RING_EVERY, self._go)
            self._planned.daemon = True
            self._planned.start()

    def _go(self) -> None:
        with self._lock:
            self._planned = None  # what is stored from here on rings again
        try:
            self._send()
        except Exception as error:  # noqa: BLE001
            log.warning("The bell for events was not heard: %s", type(error).__name__)


def _send() -> None:
    from .tasks import work_off

    work_off.delay()


bell = Bell(_send)


def _start_afresh() -> None:
    """A forked child has no timer of its parent's."""
    global bell
    bell = Bell(_send)


def ring() -> None:
    """Nothing without a broker: beat's sweep finds what waits."""
    if settings.REDIS_URL:
        bell.ring()


os.register_at_fork(after_in_child=_start_afresh)
