"""Operations 1 to 3: PIN, refresh token, access token (contract 3.6).

The calls of these three count on the connector's budget like every other: contract 1.7 excepts none. A PIN
has 4 digits, lives ten minutes, works once, and dies after five wrong tries: the real lengths are not
recorded.
"""

from __future__ import annotations

import secrets
from typing import Any

from kaizala_admin.sandbox import errors
from kaizala_admin.sandbox.clock import milliseconds
from kaizala_admin.sandbox.fields import Fields, is_number
from kaizala_admin.sandbox.tokens import SCOPE, Grant
from kaizala_admin.sandbox.world import Call

PIN_LIFE = 600
MOST_MISSES = 5


def generate_pin(call: Call) -> dict[str, Any]:
    """Operation 1. The PIN goes to the sandbox's page instead of a phone. Returns `{}`."""
    number, application_id = _caller(call.body)
    _spend(call, application_id)
    if _user(call, number) is None:
        raise errors.bad_request("The mobile number belongs to no Kaizala user.", "InvalidMobileNumber")
    values = (number, application_id, f"{secrets.randbelow(10_000):04d}", call.world.clock.now())
    call.store.run("INSERT INTO pins (mobile_number, application_id, pin, at) VALUES (?, ?, ?, ?)", values)
    return {}


def get_refresh_token(call: Call) -> dict[str, Any]:
    """Operation 2: exchange the newest PIN for a refresh token of the user.

    Tenant-level for a tenant's admin.
    """
    number, application_id = _caller(call.body)
    connector_id, _, tenant_id = _spend(call, application_id)
    pin = call.body.required("pin")
    _use_pin(call, number, application_id, pin)
    user = _user(call, number)
    sql = "SELECT 1 FROM tenants WHERE id = ? AND admin_id = ?"
    kind = "tenant" if call.store.one(sql, (tenant_id, user)) else "user"
    grant = call.world.tokens.new_refresh_token(connector_id, kind, user or 0)
    return {
        "refreshToken": grant.refresh_token,
        "grantedScope": SCOPE,
        "refreshTokenExpiry": milliseconds(grant.expires_at),
        "endpointUrl": endpoint(call),
    }


def generate_access_token(call: Call) -> dict[str, Any]:
    """Operation 3. From day 328 the answer also brings a new refresh token, and the old one is dead."""
    headers = call.request.headers
    connector_id, secret, _ = _connector(call, headers.get("applicationId", ""))
    if not secrets.compare_digest(secret.encode(), headers.get("applicationSecret", "").encode()):
        raise errors.bad_connector()
    _spend(call, headers["applicationId"])
    tokens = call.world.tokens
    grant = tokens.by_refresh_token(headers.get("refreshToken", ""))
    if grant.connector_id != connector_id:
        raise errors.bad_token()
    token, expires = tokens.new_access_token(grant)
    return {
        "accessToken": token,
        "endpointUrl": endpoint(call),
        "accessTokenExpiry": milliseconds(expires),
        "refreshToken": _rotated(call, grant),
        "scope": SCOPE,
    }


def endpoint(call: Call) -> str:
    """Return this server's root, as the caller sees it.

    With the trailing slash that real answers had or had not.
    """
    root = f"{call.request.scheme}://{call.request.host}"
    return f"{root}/" if call.world.options.endpoint_slash else root


def _rotated(call: Call, grant: Grant) -> str:
    tokens = call.world.tokens
    if not tokens.is_due_to_rotate(grant):
        return ""
    new = tokens.new_refresh_token(grant.connector_id, grant.kind, grant.person_id, grant.group_id)
    return new.refresh_token


def _caller(body: Fields) -> tuple[str, str]:
    number = body.required("mobilenumber").replace(" ", "")
    if not is_number(number):
        raise errors.bad_request("The mobile number is not valid.", "InvalidMobileNumber")
    return number, body.required("applicationid")


def _connector(call: Call, application_id: str) -> tuple[int, str, int]:
    sql = "SELECT id, secret, tenant_id FROM connectors WHERE application_id = ?"
    found = call.store.one(sql, (application_id,))
    if found is None:
        raise errors.bad_connector()
    return int(found[0]), str(found[1]), int(found[2])


def _spend(call: Call, application_id: str) -> tuple[int, str, int]:
    found = _connector(call, application_id)
    wait = call.world.spend(found[0], found[2])
    if wait:
        raise errors.throttled(wait)
    return found


def _user(call: Call, number: str) -> int | None:
    sql = "SELECT id FROM people WHERE number = ? AND provisioned"
    found = call.store.value(sql, (number,))
    return None if found is None else int(found)


def _use_pin(call: Call, number: str, application_id: str, pin: str) -> None:
    sql = """SELECT id, pin, at, used, misses FROM pins WHERE mobile_number = ? AND application_id = ?
      ORDER BY id DESC LIMIT 1"""
    found = call.store.one(sql, (number, application_id))
    if found is None or found[3] or found[4] >= MOST_MISSES:
        raise errors.wrong_pin()
    if found[2] + PIN_LIFE <= call.world.clock.now() or pin.strip().zfill(4) != found[1]:
        call.store.run("UPDATE pins SET misses = misses + 1 WHERE id = ?", (found[0],))
        raise errors.wrong_pin()
    call.store.run("UPDATE pins SET used = 1 WHERE id = ?", (found[0],))
