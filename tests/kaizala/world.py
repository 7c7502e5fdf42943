"""The sandbox process, a client of it, and a look at what went over the wire."""

from __future__ import annotations

import json
from typing import Any

from kaizala_admin.kaizala import CallRecord, KaizalaClient
from tests.sandbox_process import SandboxProcess

NEWCOMER, SECOND = "+919800000001", "+919800000002"
PACKAGE = "com.example.visit"
PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489") + bytes(40)
RATE = 1_000_000


class World:
    """The sandbox, a client with a tenant-level token, and a look at the last call."""

    def __init__(self, sandbox: SandboxProcess) -> None:
        self.sandbox = sandbox
        state = sandbox.get("/sandbox/state")
        self.connector = state["connectors"][0]
        self.public = state["publicGroups"][0]["groupId"]
        tokens = self.connector["refreshTokens"]
        self.refresh_token = next(item["refreshToken"] for item in tokens if item["kind"] == "tenant")
        # A login ends the older tokens of that person: the PIN tests take somebody else's.
        self.user_phone = next(item["phone"] for item in tokens if item["kind"] == "user")
        self.records: list[CallRecord] = []
        self.client = self.new_client(self.refresh_token, on_call=self.records.append)

    def new_client(self, refresh_token: str, **options: Any) -> KaizalaClient:
        app, secret = self.connector["applicationId"], self.connector["applicationSecret"]
        return KaizalaClient(self.sandbox.url, app, secret, refresh_token, **options)

    def last(self) -> tuple[str, str, str, Any]:
        """Operation, method, path and body of the last call, as the sandbox saw them."""
        (call,) = self.sandbox.get("/sandbox/calls/recent", limit=1)
        body = json.loads(call["body"]) if call["body"] else None
        return call["operation"], call["method"], call["path"], body

    def received(self, text: str) -> list[str]:
        """The phones that got this text, once a copy."""
        rows = self.sandbox.get("/sandbox/ledger", text=text, limit=1000)["rows"]
        return sorted(row["mobileNumber"] for row in rows)
