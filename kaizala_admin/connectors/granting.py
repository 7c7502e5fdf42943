"""How a connector comes to a grant: by a PIN that was sent to a phone, or by a pasted refresh token."""

import base64
import binascii
import json
from datetime import UTC, datetime
from typing import Any

from django.db.models import F

from kaizala_admin.kaizala import ExpiredToken, Refused, Throttled

from . import clock, instance, limiter
from .models import Connector, Grant
from .tokens import refusal_of
from .wires import bare_client


def begin_pin(connector: Connector, mobile_number: str) -> None:
    """Kaizala sends a PIN to this phone. Raises the client's errors, or ThisIsHeld."""
    instance.check_not_held()
    limiter.debit(connector.pk)
    _paced(connector, lambda: bare_client(connector).generate_pin(mobile_number))


def finish_pin(
    connector: Connector, mobile_number: str, pin: str, *, name: str = "", replaces: Grant | None = None
) -> Grant:
    """Stores the grant that the PIN buys.

    `replaces`, or one of the same phone, gets the new token instead of its own. Raises the client's errors.
    """
    instance.check_not_held()
    limiter.debit(connector.pk)
    login = _paced(connector, lambda: bare_client(connector).get_refresh_token(mobile_number, pin))
    same = connector.grants.filter(mobile_number=mobile_number, kind=Grant.Kind.USER).first()
    grant = replaces or same or Grant(kind=Grant.Kind.USER)
    grant.connector, grant.mobile_number = connector, mobile_number
    grant.name = name or grant.name or mobile_number
    changes = {
        "refresh_token": login.refresh_token,
        "scope": login.scope,
        "refresh_expires_at": login.expires_at,
    }
    return _put(grant, changes)


def add_grant(
    connector: Connector,
    name: str,
    refresh_token: str,
    *,
    kind: str = Grant.Kind.USER,
    mobile_number: str = "",
    replaces: Grant | None = None,
) -> Grant:
    """Tries the token with a real call, and stores it only if Kaizala takes it.

    `replaces` is a grant that gets this token instead of its own. Raises TokenRefused or the client's errors.
    """
    instance.check_not_held()
    grant = replaces or Grant(connector=connector)
    grant.connector, grant.name, grant.kind = connector, name, kind
    grant.mobile_number = mobile_number or grant.mobile_number
    limiter.debit(connector.pk)
    client = bare_client(connector, refresh_token)
    try:
        access = _paced(connector, client.generate_access_token)
    except (ExpiredToken, Refused) as error:
        raise refusal_of(grant, error) from error
    changes = {
        "refresh_token": client.refresh_token,
        "scope": access.scope,
        "refresh_expires_at": token_expiry(client.refresh_token),
        "access_token": access.access_token,
        "access_expires_at": access.expires_at,
        "endpoint_url": access.endpoint_url,
        "refreshed_at": clock.now(),
    }
    return _put(grant, changes)


def token_expiry(token: str) -> datetime | None:
    """When a token says that it ends (contract 3.5); read, not verified, for people to see."""
    try:
        part = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        return datetime.fromtimestamp(float(claims["exp"]), UTC)
    except (IndexError, KeyError, TypeError, ValueError, OverflowError, binascii.Error):
        return None


def _paced(connector: Connector, call: Any) -> Any:
    try:
        return call()
    except Throttled as error:
        limiter.pause(connector.pk, error.retry_after)
        raise


def _put(grant: Grant, changes: dict[str, Any]) -> Grant:
    """Everything that belonged to the former token goes with it."""
    fresh: dict[str, Any] = {
        "previous_refresh_token": "",
        "access_token": "",
        "access_expires_at": None,
        "endpoint_url": "",
        "refreshed_at": None,
        "state": Grant.State.WORKING,
        "state_reason": "",
    }
    for name, value in {**fresh, **changes}.items():
        setattr(grant, name, value)
    if grant.pk:
        grant.version = F("version") + 1
        grant.save()
        grant.refresh_from_db(fields=["version"])
    else:
        grant.save()
    return grant
