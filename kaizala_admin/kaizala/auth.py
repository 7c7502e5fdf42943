"""Who is calling: the connector's credentials and its tokens (contract 3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from .errors import InvalidInput, UnknownOutcome
from .limits import require_header_safe
from .results.reading import first_text, moment, needed_text, text

# What an access token lives when the answer does not say (contract 3.3).
ACCESS_LIFE = timedelta(hours=24)


@dataclass(frozen=True)
class Access:
    """An access token and where it is good. `refresh_token` is None while the old one stays in use."""

    access_token: str = field(repr=False)
    endpoint_url: str
    expires_at: datetime
    refresh_token: str | None = field(default=None, repr=False)
    scope: str = ""

    def __post_init__(self) -> None:
        require_header_safe(self.access_token, "access_token")


@dataclass(frozen=True)
class Login:
    """What a PIN buys: a refresh token of that user under this connector."""

    refresh_token: str = field(repr=False)
    scope: str = ""
    expires_at: datetime | None = None
    endpoint_url: str | None = None


@dataclass(frozen=True)
class Credentials:
    """The connector as Kaizala knows it."""

    application_id: str
    application_secret: str = field(repr=False)

    def __post_init__(self) -> None:
        require_header_safe(self.application_id, "application_id")
        require_header_safe(self.application_secret, "application_secret")

    def token_headers(self, refresh_token: str) -> dict[str, str]:
        return {
            "applicationId": self.application_id,
            "applicationSecret": self.application_secret,
            "refreshToken": require_header_safe(refresh_token, "refresh_token"),
        }


def read_access(body: Mapping[str, Any], endpoint_url: str) -> Access:
    """The token answer (contract OP 3); `endpoint_url` is the one already checked and stripped."""
    try:
        return Access(
            access_token=needed_text(body, "accesstoken"),
            endpoint_url=endpoint_url,
            expires_at=moment(body.get("accesstokenexpiry")) or datetime.now(UTC) + ACCESS_LIFE,
            refresh_token=text(body.get("refreshtoken")) or None,
            scope=first_text(body, "scope", "grantedscope"),
        )
    except InvalidInput:
        raise UnknownOutcome("Kaizala answered with a token that cannot be used.", status=200) from None


def read_login(body: Mapping[str, Any]) -> Login:
    return Login(
        refresh_token=needed_text(body, "refreshtoken"),
        scope=first_text(body, "grantedscope", "scope"),
        expires_at=moment(body.get("refreshtokenexpiry")),
        endpoint_url=first_text(body, "endpointurl").rstrip("/") or None,
    )
