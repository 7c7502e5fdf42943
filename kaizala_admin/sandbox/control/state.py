"""GET /sandbox/state: what there is, with everything that a console needs to connect."""

from __future__ import annotations

from typing import Any

from kaizala_admin.sandbox import ledger
from kaizala_admin.sandbox.store import FOREVER, MEMBER, SUBSCRIBER, Store
from kaizala_admin.sandbox.world import World

_PLACES = "SELECT count(*) FROM places WHERE kind = ? AND gone = ?"


def state(world: World) -> dict[str, Any]:
    """Return tenants, connectors with their living refresh tokens, counts, public groups.

    And the first 200 groups.
    """
    store = world.store
    return {
        "tenants": _tenants(store),
        "connectors": [_connector(store, row) for row in _connector_rows(store)],
        "counts": counts(store),
        "publicGroups": public_groups(store),
        "groups": [
            {"groupId": guid, "name": name, "groupType": kind}
            for guid, name, kind in store.all("SELECT guid, name, type FROM groups ORDER BY id LIMIT 200")
        ],
        "now": world.clock.now(),
    }


def counts(store: Store) -> dict[str, int]:
    """Return the sizes; members and subscribers are places, so a person may count several times."""
    return {
        "people": store.value("SELECT count(*) FROM people"),
        "groups": store.value("SELECT count(*) FROM groups"),
        "members": store.value(_PLACES, (MEMBER, FOREVER)),
        "subscribers": store.value(_PLACES, (SUBSCRIBER, FOREVER)),
        "messages": store.value("SELECT count(*) FROM messages"),
        "deliveries": ledger.count_deliveries(store.db),
    }


def public_groups(store: Store) -> list[dict[str, Any]]:
    """Return the ConnectGroups, the largest first."""
    sql = """SELECT g.guid, g.name, (SELECT count(*) FROM places p WHERE p.group_id = g.id AND p.kind = ?
      AND p.gone = ?)
      AS size FROM groups g WHERE g.type = 'ConnectGroup' ORDER BY g.tenant_id, size DESC, g.id"""
    rows = store.all(sql, (SUBSCRIBER, FOREVER))
    return [{"groupId": guid, "name": name, "subscribers": size} for guid, name, size in rows]


def connector(store: Store, row_id: int) -> dict[str, Any]:
    """Return one connector as the state lists it."""
    return next(_connector(store, row) for row in _connector_rows(store) if row[0] == row_id)


def _tenants(store: Store) -> list[dict[str, Any]]:
    rows = store.all("SELECT guid, name, per_minute FROM tenants ORDER BY id")
    return [{"tenantId": guid, "name": name, "callsPerMinute": rate} for guid, name, rate in rows]


def _connector_rows(store: Store) -> list[Any]:
    sql = """SELECT c.id, c.application_id, c.secret, t.guid, c.per_minute, c.name FROM connectors c
      JOIN tenants t ON t.id = c.tenant_id ORDER BY c.id"""
    return store.all(sql)


def _connector(store: Store, row: Any) -> dict[str, Any]:
    row_id, application_id, secret, tenant, rate, name = row
    sql = """SELECT g.kind, g.token, u.number, coalesce(s.guid, '') FROM grants g JOIN people u
      ON u.id = g.person_id
      LEFT JOIN groups s ON s.id = g.group_id WHERE g.connector_id = ? ORDER BY g.id"""
    grants = store.all(sql, (row_id,))
    return {
        "applicationId": application_id,
        "applicationSecret": secret,
        "tenantId": tenant,
        "callsPerMinute": rate,
        "name": name,
        "refreshTokens": [
            {"kind": kind, "refreshToken": token, "phone": phone or "", "groupId": group}
            for kind, token, phone, group in grants
        ],
    }
