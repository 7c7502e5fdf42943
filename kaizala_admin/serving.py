"""gunicorn's threads, spared from slow clients (reliability 1.11 and 4.4).

A thread that reads a request waits for as long as its client likes, and a few dozen clients that send half a
request stop every page and every webhook. Here a connection waits in the poller until its request has come
in, and only then takes a thread: `--worker-class kaizala_admin.serving.PatientWorker`.
"""

import errno
import re
import selectors
import socket
import time
from collections import deque
from functools import partial
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

LOOKED_AT = 64 * 1024  # bytes; who has sent so many is not waited for any longer
LOOK_EVERY = 0.05  # seconds between two looks at a request that has begun
PATIENCE = 20.0  # seconds for a request to come in; then its connection is closed
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,15})[ \t]*\r\n", re.IGNORECASE)


def has_come_in(sock: socket.socket) -> bool:
    """Whether a whole request lies in the socket's buffer, or the client has gone. Reads nothing."""
    try:
        seen = sock.recv(LOOKED_AT, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    except OSError:
        return True  # gunicorn finds out, and closes it
    head, end, body = seen.partition(b"\r\n\r\n")
    if not seen or len(seen) == LOOKED_AT:
        return True
    length = _LENGTH.search(head + b"\r\n")
    return bool(end) and (length is None or len(body) >= int(length[1]))


class PatientWorker(ThreadWorker):  # type: ignore[misc]
    """Takes a thread for whole requests only."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.begun: deque[tuple[float, Any]] = deque()  # when to look again, and at which
        self.deadlines: dict[Any, float] = {}

    def accept(self, listener: Any) -> None:
        """As gunicorn does, but without a thread."""
        try:
            client, address = listener.accept()
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                raise
            return
        self.nr_conns += 1
        self.expect(TConn(self.cfg, client, address, listener.getsockname()))

    def on_client_socket_readable(self, conn: Any, client: Any) -> None:
        """The next request of a kept connection has begun."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self.look(conn)

    def expect(self, conn: Any) -> None:
        """Waits for the first byte, in the poller."""
        self.deadlines.setdefault(conn, time.monotonic() + PATIENCE)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._has_begun, conn))

    def look(self, conn: Any) -> None:
        """Gives it a thread when its request is whole; else looks again soon, or ends it."""
        deadline = self.deadlines.setdefault(conn, time.monotonic() + PATIENCE)
        if has_come_in(conn.sock):
            del self.deadlines[conn]
            conn.data_ready = True
            self.enqueue_req(conn)
        elif time.monotonic() > deadline or not self.alive:
            self._end(conn)
        else:
            self.begun.append((time.monotonic() + LOOK_EVERY, conn))

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Between two events: those that have begun."""
        super().wait_for_and_dispatch_events(min(timeout, LOOK_EVERY) if self.begun else timeout)
        now = time.monotonic()
        while self.begun and self.begun[0][0] <= now:
            self.look(self.begun.popleft()[1])

    def murder_pending(self) -> None:
        """Also those that never said a word."""
        super().murder_pending()
        now, waiting = time.monotonic(), {conn for _, conn in self.begun}
        for conn in [one for one, ends in self.deadlines.items() if ends < now or not self.alive]:
            if conn not in waiting:
                self.poller.unregister(conn.sock)
                self._end(conn)

    def _has_begun(self, conn: Any, client: Any) -> None:
        self.poller.unregister(client)
        self.look(conn)

    def _end(self, conn: Any) -> None:
        self.deadlines.pop(conn, None)
        self.nr_conns -= 1
        conn.close()
