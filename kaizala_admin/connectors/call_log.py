"""The API call log: one row an exchange, written in bulk, so that it does not slow the sends."""

import atexit
import logging
import os
import threading
from collections import deque
from typing import Any

from django.db import DatabaseError, connection

from kaizala_admin.kaizala import CallRecord

from . import bulk
from .models import ApiCall

FLUSH_AFTER = 0.8  # seconds
BATCH, MOST_WAITING = 90, 10_000  # a batch is one plain statement on SQLite, which takes 999 values

Line = tuple[Any, ...]  # in the order of FIELDS
FIELDS = (
    *("connector", "grant", "at", "operation", "method", "path"),
    *("status", "ms", "error", "request", "answer"),
)

log = logging.getLogger(__name__)


class Writer:
    """Keeps records for at most a second. `flush()` writes what is there; at exit it runs by itself."""

    def __init__(self) -> None:
        self._waiting: deque[Line] = deque(maxlen=MOST_WAITING)  # a database that is away costs the oldest
        self._writing = threading.Lock()
        self._timer: threading.Timer | None = None

    def add(self, line: Line) -> None:
        """Inside a transaction it is written at once: another connection would have to wait for it."""
        if connection.in_atomic_block:
            bulk.insert(ApiCall, FIELDS, [line])
            return
        self._waiting.append(line)
        if self._timer is None:
            self._timer = threading.Timer(FLUSH_AFTER, self._flush_later)
            self._timer.daemon = True
            self._timer.start()

    def flush(self) -> None:
        """Writes everything that waits. A batch that the database refuses is dropped, and said in the log."""
        self._timer = None
        with self._writing:
            while batch := self._next():
                try:
                    bulk.insert(ApiCall, FIELDS, batch)
                except DatabaseError as error:
                    log.warning("%d API calls were not logged: %s", len(batch), type(error).__name__)

    def _next(self) -> list[Line]:
        return [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]

    def _flush_later(self) -> None:
        try:
            self.flush()
        finally:
            connection.close()


writer = Writer()


def _start_afresh() -> None:
    """A forked child has neither its parent's timer nor its parent's records."""
    global writer
    writer = Writer()


def record(connector_id: int, grant_id: int | None, call: CallRecord) -> None:
    """Logs one exchange of the client, which has redacted it."""
    writer.add(
        (
            connector_id,
            grant_id,
            bulk.moment(call.at),
            call.operation[:40],
            call.method[:8],
            call.path[:500],
            call.status,
            call.ms,
            call.error[:40],
            call.request,
            call.answer,
        )
    )


def flush() -> None:
    """Writes what waits, now: before a page that shows the log, and at exit."""
    writer.flush()


atexit.register(flush)
os.register_at_fork(after_in_child=_start_afresh)
