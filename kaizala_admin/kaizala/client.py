"""The client: every operation of Kaizala's API under one name (contract, "The 28 operations")."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

import requests

from .auth import Access, Credentials, Login, read_access, read_login
from .calls.actions import ActionCalls
from .calls.groups import GroupCalls
from .calls.messages import MessageCalls
from .calls.people import MemberCalls, SubscriberCalls
from .calls.reactions import ReactionCalls
from .calls.webhooks import WebhookCalls
from .errors import ExpiredToken, InvalidInput
from .exchange import Call, CallRecord
from .hosts import DEFAULT_ALLOWED_HOSTS, AllowedHosts
from .limits import require_phone
from .results.reading import first_text
from .transport import Transport

_PIN = re.compile(r"[0-9]{4,6}")


class KaizalaClient(
    GroupCalls, MemberCalls, SubscriberCalls, MessageCalls, ActionCalls, WebhookCalls, ReactionCalls
):
    """One connector's, one grant's way to Kaizala; safe to be used by several threads.

    With `auto_refresh` it gets a token at first need, and after ExpiredToken once more; without, it raises
    ExpiredToken at once. Listeners: `on_access` before a new access is used (its failure stops the call),
    `on_moved` with the new endpoint after a 308, `on_call` with a redacted record of every exchange.
    Time-outs are in seconds: to connect, and to wait for the next byte of the answer.
    """

    def __init__(
        self,
        api_root: str,
        application_id: str,
        application_secret: str,
        refresh_token: str = "",
        *,
        access: Access | None = None,
        auto_refresh: bool = True,
        allowed_hosts: Collection[str] = DEFAULT_ALLOWED_HOSTS,
        connect_timeout: float = 5.0,
        read_timeout: float = 30.0,
        session: requests.Session | None = None,
        on_access: Callable[[Access], None] | None = None,
        on_moved: Callable[[str], None] | None = None,
        on_call: Callable[[CallRecord], None] | None = None,
    ) -> None:
        self._hosts = AllowedHosts(api_root, allowed_hosts)
        self._credentials = Credentials(application_id, application_secret)
        self._transport = Transport(self._hosts, (connect_timeout, read_timeout), session, on_call)
        self._auto_refresh = auto_refresh
        self._on_access = on_access
        self._on_moved = on_moved
        self._renewing = threading.Lock()
        self.refresh_token = refresh_token
        self.access = access

    def __repr__(self) -> str:
        return f"<KaizalaClient {self._hosts.api_root} {self._credentials.application_id}>"

    def generate_pin(self, mobile_number: str) -> None:
        """Let Kaizala send a PIN to this phone (OP 1)."""
        body = {
            "mobileNumber": require_phone(mobile_number, "mobile_number"),
            "applicationId": self._credentials.application_id,
        }
        self._at_root(Call.of_json("generate_pin", "POST", "/v1/generatePin", body, bare=True), {})

    def get_refresh_token(self, mobile_number: str, pin: str) -> Login:
        """Turn a PIN of 4 to 6 digits into a refresh token, which this client uses from now on (OP 2)."""
        if not isinstance(pin, str) or not _PIN.fullmatch(pin):
            raise InvalidInput("The PIN is the 4 to 6 digits that were sent to the phone.", field="pin")
        # As text and with the secret, as every program did that is known to work: as a number it loses zeros.
        body = {
            "mobileNumber": require_phone(mobile_number, "mobile_number"),
            "applicationId": self._credentials.application_id,
            "applicationSecret": self._credentials.application_secret,
            "pin": pin,
        }
        path = "/v1/loginWithPinAndApplicationId"
        call = Call.of_json("get_refresh_token", "POST", path, body)
        login = read_login(self._at_root(call, {}))
        self.refresh_token, self.access = login.refresh_token, None
        return login

    def generate_access_token(self) -> Access:
        """Turn the refresh token into an access token, and use it from now on (OP 3).

        A rotated refresh token is taken over at once, even if the named endpoint is then not allowed.
        """
        headers = self._credentials.token_headers(self.refresh_token)
        body = self._at_root(Call("generate_access_token", "GET", "/v1/accessToken"), headers)
        access = read_access(body, "")
        if access.refresh_token:
            self.refresh_token = access.refresh_token
        endpoint = first_text(body, "endpointurl")
        access = replace(access, endpoint_url=self._hosts.base(endpoint or self._hosts.api_root))
        if self._on_access:
            self._on_access(access)
        self.access = access
        return access

    def _at_root(self, call: Call, headers: dict[str, str]) -> dict[str, Any]:
        return self._transport.send(call, self._hosts.api_root, headers, secrets=self._secrets())

    def _secrets(self) -> tuple[str, ...]:
        return (self._credentials.application_secret, self.refresh_token)

    def _perform(self, call: Call) -> dict[str, Any]:
        access = self.access or self._renew(None)
        try:
            return self._send(call, access)
        except ExpiredToken:
            if not self._auto_refresh:
                raise
        return self._send(call, self._renew(access))

    def _send(self, call: Call, access: Access) -> dict[str, Any]:
        return self._transport.send(
            call,
            access.endpoint_url,
            {"accessToken": access.access_token},
            secrets=self._secrets(),
            moved=self._move,
        )

    def _renew(self, stale: Access | None) -> Access:
        """Another access than this one; of several threads that ask, one calls."""
        if not self._auto_refresh:
            raise ExpiredToken("There is no access token yet: get one first.", code="NoToken")
        with self._renewing:
            current = self.access
            if current and (stale is None or current.access_token != stale.access_token):
                return current
            return self.generate_access_token()

    def _move(self, base: str) -> None:
        if self.access:
            self.access = replace(self.access, endpoint_url=base)
        if self._on_moved:
            self._on_moved(base)
