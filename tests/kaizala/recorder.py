"""A tiny HTTP server that answers as it is told and keeps what it was asked."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

GOOD_TOKEN = "eyJ0b2tlbg.good-access-token"


@dataclass(frozen=True)
class Seen:
    method: str
    path: str
    headers: Message
    content: bytes
    port: int

    @property
    def json(self) -> Any:
        return json.loads(self.content)


@dataclass(frozen=True)
class Reply:
    """`cut`: close the line without an answer. `half`: promise more bytes than are sent."""

    status: int = 200
    body: Any = field(default_factory=lambda: {"referenceId": "r-1"})
    headers: dict[str, str] = field(default_factory=dict)
    wait: float = 0.0
    cut: bool = False
    half: bool = False

    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has gone away is what some tests are about."""


class Recorder:
    """Replies are used up in order; then the last one stays."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.replies: list[Reply] = [Reply()]
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self.port = self._server.server_port
        self.host = f"127.0.0.1:{self.port}"
        self.url = f"http://{self.host}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.005,), daemon=True)

    def answer(self, *replies: Reply) -> None:
        self.replies = list(replies)

    def next_reply(self) -> Reply:
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                seen = Seen(self.command, self.path, self.headers, content, self.client_address[1])
                recorder.seen.append(seen)
                self._reply(recorder.next_reply())

            do_GET = do_POST = do_PUT = do_DELETE = handle_any

            def _reply(self, reply: Reply) -> None:
                time.sleep(reply.wait)
                self.close_connection = reply.cut or reply.half
                if reply.cut:
                    return
                content = reply.content()
                self.send_response_only(reply.status)
                for name, value in {"Date": self.date_time_string(), **reply.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content) + (10 if reply.half else 0)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: Any) -> None:
                return

        return Handler

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
