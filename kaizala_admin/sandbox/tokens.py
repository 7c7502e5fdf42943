"""Refresh and access tokens (contract, section 3): lifetimes, rotation, and one living refresh token per
grant.

A grant is a connector with one user, or with one group. Its row holds the only refresh token that is alive,
so making a new one kills the old one (contract 3.4). An access token lives its 24 hours even when its refresh
token has died: what the real service did is not recorded.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from typing import Any

from kaizala_admin.sandbox.clock import Clock, milliseconds
from kaizala_admin.sandbox.errors import bad_token
from kaizala_admin.sandbox.store import Store

DAY = 86_400
ACCESS_LIFE = DAY
REFRESH_LIFE = 365 * DAY
ROTATE_FROM = 328 * DAY
SCOPE = (
    "groupinfo.read,groupinfo.write,groupinfo.remove,groupinfo.update,groupmember.read,groupmember.write,"
    "groupmember.remove,textmessage.read,action.read,action.write,action.update,profile.write,media.read,"
    "webhook.read,webhook.write,webhook.remove,webhook.update"
)
_PERMISSIONS = "2.30:3.30:4.10:6.22:5.4:9.2:15.30:16.14:17.30:18.6:19.2:20.6"
_COLUMNS = """SELECT g.id, g.kind, g.person_id, g.group_id, c.id, c.application_id, c.tenant_id, g.token,
  g.issued_at, g.expires_at FROM grants g JOIN connectors c ON c.id = g.connector_id"""


@dataclass(frozen=True, slots=True)
class Grant:
    """Who a token speaks for; `group_id` is 0 unless the kind is "group". Times are seconds since 1970."""

    id: int
    kind: str
    person_id: int
    group_id: int
    connector_id: int
    application_id: str
    tenant_id: int
    refresh_token: str
    issued_at: float
    expires_at: float


class Tokens:
    """Makes tokens and finds the grant that one belongs to."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.store = store
        self.clock = clock
        self._known: dict[str, tuple[Grant, float]] = {}
        self._key = b""
        self.forget()

    def forget(self) -> None:
        """Drop what was cached, and read (or make) the signing key, as after a reset."""
        self._known.clear()
        self._key = self.store.meta("token_key").encode()
        if not self._key:
            self._key = secrets.token_hex(32).encode()
            self.store.put_meta("token_key", self._key.decode())

    def session(self, token: str) -> Grant:
        """Return the grant of a living access token; ApiError 401 InvalidToken otherwise."""
        known = self._known.get(token)
        if known is None:
            known = self._load(token)
        grant, expires_at = known
        if expires_at <= self.clock.now():
            raise bad_token()
        return grant

    def _load(self, token: str) -> tuple[Grant, float]:
        sql = "SELECT grant_id, expires_at FROM access_tokens WHERE token = ?"
        found = self.store.one(sql, (token,))
        grant = found and self.store.one(f"{_COLUMNS} WHERE g.id = ?", (found[0],))
        if not grant:
            raise bad_token()
        known = self._known[token] = (Grant(*grant), found[1])
        return known

    def by_refresh_token(self, token: str) -> Grant:
        """Return the grant whose living refresh token this is; ApiError 401 otherwise."""
        found = token and self.store.one(f"{_COLUMNS} WHERE g.token = ?", (token,))
        if not found or found[9] <= self.clock.now():
            raise bad_token()
        return Grant(*found)

    def new_refresh_token(self, connector_id: int, kind: str, person_id: int, group_id: int = 0) -> Grant:
        """Make a refresh token, which kills the grant's former one."""
        now = self.clock.now()
        expires = now + REFRESH_LIFE
        token = self._jwt(connector_id, kind, person_id, group_id, now, expires, "8.4")
        self.store.run(
            "INSERT INTO grants (connector_id, kind, person_id, group_id, token, issued_at, expires_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (connector_id, person_id, group_id) DO UPDATE SET "
            "kind = excluded.kind, token = excluded.token, issued_at = excluded.issued_at, "
            "expires_at = excluded.expires_at",
            (connector_id, kind, person_id, group_id, token, now, expires),
        )
        return self.by_refresh_token(token)

    def new_access_token(self, grant: Grant) -> tuple[str, float]:
        """Make an access token; return it with its expiry in seconds since 1970."""
        now = self.clock.now()
        expires = now + ACCESS_LIFE
        ends = (grant.kind, grant.person_id, grant.group_id, now, expires, _PERMISSIONS)
        token = self._jwt(grant.connector_id, *ends)
        self.store.run("DELETE FROM access_tokens WHERE expires_at <= ?", (now,))
        self.store.run("INSERT INTO access_tokens VALUES (?, ?, ?)", (token, grant.id, expires))
        return token, expires

    def is_due_to_rotate(self, grant: Grant) -> bool:
        """Say whether the refresh token is at least 328 days old (contract 3.3)."""
        return self.clock.now() - grant.issued_at >= ROTATE_FROM

    def _jwt(
        self,
        connector_id: int,
        kind: str,
        person_id: int,
        group_id: int,
        issued: float,
        expires: float,
        permissions: str,
    ) -> str:
        sql = "SELECT application_id, name FROM connectors WHERE id = ?"
        application_id, name = self.store.one(sql, (connector_id,))
        user, number = self.store.one("SELECT guid, number FROM people WHERE id = ?", (person_id,))
        data: dict[str, Any] = {"AppName": name}
        if kind == "group":
            data["GroupId"] = self.store.value("SELECT guid FROM groups WHERE id = ?", (group_id,))
        claims = {
            "phoneNumber": number,
            "cId": secrets.token_hex(8),
            "testSender": "false",
            "appName": "com.microsoft.mobile.kaizalaapi",
            "applicationId": application_id,
            "permissions": permissions,
            "applicationType": 3,
            "tokenValidFrom": milliseconds(issued),
            "data": json.dumps(data, ensure_ascii=False),
        }
        return self._signed(
            {
                "urn:microsoft:credentials": json.dumps(claims, ensure_ascii=False),
                "uid": f"MobileAppsService:{user}",
                "ver": "2",
                "iss": "urn:microsoft:windows-azure:zumo",
                "aud": "urn:microsoft:windows-azure:zumo",
                "exp": int(expires),
                "nbf": int(issued),
                "iat": int(issued),
            }
        )

    def _signed(self, payload: dict[str, Any]) -> str:
        head = _base64(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
        body = _base64(json.dumps(payload).encode())
        signature = hmac.new(self._key, f"{head}.{body}".encode(), hashlib.sha256).digest()
        return f"{head}.{body}.{_base64(signature)}"


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
