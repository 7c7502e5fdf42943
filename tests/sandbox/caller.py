"""A bare caller of the sandbox's API, so that its tests share no line with the client."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from tests.sandbox_process import SandboxProcess


@dataclass
class Caller:
    """Calls as one of the seeded tokens; `state` is the sandbox's state when it was made."""

    sandbox: SandboxProcess
    kind: str = "tenant"
    state: dict[str, Any] = field(default_factory=dict)
    token: str = ""
    web: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.web.trust_env = False
        self.state = self.sandbox.get("/sandbox/state")
        self.token = self.sign_in().json()["accessToken"]

    @property
    def connector(self) -> dict[str, Any]:
        """The seeded connector."""
        found: dict[str, Any] = self.state["connectors"][0]
        return found

    def refresh_token(self) -> str:
        """The refresh token of this caller's kind."""
        tokens = self.connector["refreshTokens"]
        return str(next(token["refreshToken"] for token in tokens if token["kind"] == self.kind))

    def sign_in(self, **headers: str) -> requests.Response:
        """Call operation 3."""
        own = {
            "applicationId": self.connector["applicationId"],
            "applicationSecret": self.connector["applicationSecret"],
            "refreshToken": self.refresh_token(),
        }
        return self.web.get(f"{self.sandbox.url}/v1/accessToken", headers=own | headers, timeout=20)

    def call(self, verb: str, path: str, body: Any = None, **more: Any) -> requests.Response:
        """Call an operation; a string body goes as it is."""
        kind = (
            {"data": body.encode()} if isinstance(body, str) else {"json": body} if body is not None else {}
        )
        headers = {"accessToken": self.token}
        return self.web.request(
            verb, f"{self.sandbox.url}/v1/{path}", headers=headers, timeout=20, **kind, **more
        )

    def ok(self, verb: str, path: str, body: Any = None, **more: Any) -> Any:
        """Call and return the JSON of a 200."""
        answer = self.call(verb, path, body, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def group(self, name: str) -> str:
        """The id of a seeded group."""
        return str(next(group["groupId"] for group in self.state["groups"] if group["name"] == name))

    @property
    def public(self) -> str:
        """The id of the largest public group."""
        return str(self.state["publicGroups"][0]["groupId"])

    def numbers(self, count: int = 3) -> list[str]:
        """The first subscribers of the largest public group."""
        page = self.ok("POST", f"groups/{self.public}/subscribers", {"count": count})
        return [person["mobileNumber"] for person in page["subscribers"]]


class Receiver:
    """A callback URL on loopback that remembers what it got and answers as told."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.validations: list[str] = []
        self.status = 200
        self.validates = True
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                receiver.validations.append(self.path)
                token = parse_qs(urlsplit(self.path).query).get("validationToken", [""])[0]
                self._answer(200, token if receiver.validates else "no")

            def do_POST(self) -> None:
                size = int(self.headers["Content-Length"])
                receiver.events.append(json.loads(self.rfile.read(size)))
                receiver.headers.append(dict(self.headers))
                self._answer(receiver.status, "")

            def _answer(self, status: int, text: str) -> None:
                self.send_response(status)
                self.send_header("Content-Type", "text/plain")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, format: str, *args: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self.server.shutdown()
        self.server.server_close()
