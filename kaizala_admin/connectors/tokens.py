"""Access tokens: one refresher at a time, and what is new is stored before it is used (reliability 1.7)."""

import logging
import time
import uuid
from datetime import datetime, timedelta
from typing import Any, NoReturn

from django.db.models import F
from django.utils.translation import gettext as _

from kaizala_admin.kaizala import (
    Access,
    ExpiredToken,
    HostNotAllowed,
    KaizalaError,
    NotSent,
    Refused,
    Throttled,
    UnknownOutcome,
)

from . import clock, instance, leases, limiter
from .health import mark_attention
from .models import Grant
from .wires import bare_client

LEASE_TTL = timedelta(seconds=60)
WAIT_FOR_OTHERS, POLL = 10.0, 0.05  # seconds
LIFE = timedelta(hours=24)  # of an access token (contract 3.3)
REFRESH_LIFE = timedelta(days=365)
FRESH = 0.2  # below this part of its life a token is renewed
# Soon after a refresh another one would not help, and each costs a call of the budget.
AT_MOST_EVERY = timedelta(seconds=5)
WRONG_CONNECTOR = {"Unauthenticated", "InvalidParameters"}  # contract 2.1

log = logging.getLogger(__name__)


class TokenRefused(KaizalaError):
    """Kaizala does not take this grant's refresh token any more: a person must get another one."""


class ConnectorRefused(TokenRefused):
    """Kaizala does not take the application ID and secret. The grants themselves may be good."""


class TokenUnavailable(NotSent):
    """No access token could be had just now; nothing was sent. Try again later."""


def ensure_access(grant: Grant, *, force: bool = False, fresh: float = FRESH) -> Grant:
    """The same grant, brought up to date from the database, with an access token that should work.

    `force` says that Kaizala did not accept `grant.access_token`. However many callers ask, one of them calls
    Kaizala. A token with less than `fresh` (a part of 1) of its life left is renewed. Raises TokenRefused, or
    NotSent in one of its kinds (TokenUnavailable, Throttled, HostNotAllowed).
    """
    refused = grant.access_token if force else ""
    if not force and grant.state == Grant.State.WORKING and is_fresh(grant, clock.now(), fresh):
        return grant
    owner, deadline = uuid.uuid4().hex, time.monotonic() + WAIT_FOR_OTHERS
    while True:
        _read_again(grant)
        if _will_do(grant, refused, fresh):
            return grant
        if leases.acquire(_lease(grant), owner, LEASE_TTL) is not None:
            return _refresh_alone(grant, refused, owner, fresh)
        if not refused and is_fresh(grant, clock.now(), fresh=0.0):
            return grant  # somebody renews it; until then the old one works
        if time.monotonic() > deadline:
            raise TokenUnavailable(
                _("Kaizala takes long to answer with a new token. We try again by ourselves.")
            )
        time.sleep(POLL)


def is_fresh(grant: Grant, now: datetime, fresh: float = FRESH) -> bool:
    """Whether more than `fresh` (a part of 1) of the access token's life is left."""
    if not grant.access_token or grant.access_expires_at is None:
        return False
    life = grant.access_expires_at - (grant.refreshed_at or grant.access_expires_at - LIFE)
    return grant.access_expires_at - now > max(life, timedelta(0)) * fresh


def access_of(grant: Grant) -> Access:
    """What the grant holds, as the client takes it."""
    return Access(
        access_token=grant.access_token,
        endpoint_url=grant.endpoint_url or grant.connector.api_root,
        expires_at=grant.access_expires_at or clock.now(),
        scope=grant.scope,
    )


def _lease(grant: Grant) -> str:
    return f"token:{grant.pk}"


def _read_again(grant: Grant) -> None:
    connector = grant.connector
    grant.refresh_from_db()
    grant.connector = connector
    if grant.state == Grant.State.REVOKED:
        raise TokenRefused(grant.state_reason or _("Kaizala refused this grant's token."))


def _will_do(grant: Grant, refused: str, fresh: float) -> bool:
    """Whether a sibling has done the work already. `refused` is the token that did not work, or empty."""
    return grant.access_token != refused and is_fresh(grant, clock.now(), fresh)


def _refresh_alone(grant: Grant, refused: str, owner: str, fresh: float) -> Grant:
    try:
        _read_again(grant)
        if not _will_do(grant, refused, fresh):
            _check_pace(grant, refused)
            _refresh(grant)
        return grant
    finally:
        leases.release(_lease(grant), owner)


def _check_pace(grant: Grant, refused: str) -> None:
    if refused and grant.refreshed_at and clock.now() - grant.refreshed_at < AT_MOST_EVERY:
        raise TokenUnavailable(
            _("Kaizala does not accept the token that it has just given. We try again soon.")
        )


def _refresh(grant: Grant) -> None:
    """One call with the refresh token; if that is refused, one with the previous one."""
    try:
        _store(grant, _buy(grant, grant.refresh_token), grant.refresh_token)
    except TokenRefused as refusal:
        if not grant.previous_refresh_token or isinstance(refusal, ConnectorRefused):
            _refused(grant, refusal)
        _refresh_with_previous(grant)


def _refresh_with_previous(grant: Grant) -> None:
    try:
        _store(grant, _buy(grant, grant.previous_refresh_token), grant.previous_refresh_token)
    except TokenRefused as refusal:
        _refused(grant, refusal)


def _buy(grant: Grant, refresh_token: str) -> Access:
    """The call itself, in nobody's transaction. It counts in the budget, but does not wait for it."""
    instance.check_not_held()
    limiter.debit(grant.connector_id)
    client = bare_client(grant.connector, refresh_token, grant_id=grant.pk)
    try:
        return client.generate_access_token()
    except Throttled as error:
        limiter.pause(grant.connector_id, error.retry_after)
        raise
    except HostNotAllowed:
        if client.refresh_token != refresh_token:  # the old one is dead already
            _store_rotation(grant, client.refresh_token, refresh_token)
        raise
    except (ExpiredToken, Refused) as error:
        raise refusal_of(grant, error) from error
    except UnknownOutcome as error:  # a read: asking again is harmless
        raise TokenUnavailable(error.message, code=error.code, status=error.status) from error


def refusal_of(grant: Grant, error: KaizalaError) -> KaizalaError:
    """What a no to the token call means. Only Kaizala itself, which names a code, can refuse a token."""
    names = {"grant": grant.name, "root": grant.connector.api_root, "why": error.message.rstrip(".!") + "."}
    more: dict[str, Any] = {"code": error.code, "status": error.status}
    if error.code in WRONG_CONNECTOR:
        text = _("Kaizala does not accept this connector's application ID and secret: %(why)s Correct them.")
        return ConnectorRefused(text % names, **more)
    if not error.code and error.status != 401:
        text = _("%(root)s does not answer like Kaizala. Check the connector's API root.")
        return TokenUnavailable(text % names, **more)
    text = _("Kaizala refused the token of %(grant)s: %(why)s Get a new token for it.")
    return TokenRefused(text % names, **more)


def _store(grant: Grant, access: Access, used: str) -> None:
    """Everything that came, in one committed UPDATE, before anybody uses it.

    No new refresh token: the old one stays. The previous one is kept until the new one has worked once, which
    this very call may just have shown.
    """
    now = clock.now()
    changes = {
        "access_token": access.access_token,
        "access_expires_at": access.expires_at,
        "endpoint_url": access.endpoint_url,
        "scope": access.scope or grant.scope,
        "refreshed_at": now,
        "refresh_token": access.refresh_token or used,
        "previous_refresh_token": used if access.refresh_token else "",
    }
    if access.refresh_token:
        changes["refresh_expires_at"] = now + REFRESH_LIFE
    if not _write(grant, changes):
        log.info("Grant %s was given another token meanwhile; that one counts", grant.pk)
        _read_again(grant)


def _store_rotation(grant: Grant, new: str, used: str) -> None:
    later = clock.now() + REFRESH_LIFE
    _write(grant, {"refresh_token": new, "previous_refresh_token": used, "refresh_expires_at": later})


def _refused(grant: Grant, refusal: TokenRefused) -> NoReturn:
    """Says it on the connector, in words; the grant is finished when it was its token that was refused."""
    changes = {"state": Grant.State.REVOKED, "state_reason": refusal.message[:500]}
    if isinstance(refusal, ConnectorRefused) or _write(grant, changes):
        mark_attention(grant.connector, refusal.message)
    raise refusal


def _write(grant: Grant, changes: dict[str, Any]) -> bool:
    """False when somebody has given the grant another token since it was read."""
    unchanged = Grant.objects.filter(pk=grant.pk, version=grant.version)
    if not unchanged.update(**changes, version=F("version") + 1):
        return False
    for name, value in {**changes, "version": grant.version + 1}.items():
        setattr(grant, name, value)
    return True
