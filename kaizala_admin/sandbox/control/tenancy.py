"""More connectors, more tenants, other budgets."""

# ruff: noqa: S608 - only this package's own words are joined into SQL, values are bound

from __future__ import annotations

from random import Random
from typing import Any

from kaizala_admin.sandbox.control import state
from kaizala_admin.sandbox.errors import not_found
from kaizala_admin.sandbox.fields import Fields
from kaizala_admin.sandbox.ids import new_id
from kaizala_admin.sandbox.people import join
from kaizala_admin.sandbox.seeding.seed import ADMIN, KEEPER, make_connector, make_tenant
from kaizala_admin.sandbox.store import MEMBER, SUBSCRIBER, Store
from kaizala_admin.sandbox.world import World

_MEMBERS, _FOLLOWERS = 20, 50


def add_connectors(world: World, body: Fields) -> dict[str, Any]:
    """Make connectors with a tenant-level refresh token each.

    An unknown tenant is made, with three groups.
    """
    store, options = world.store, world.options
    name, rate = body.text("name", default="Connector"), body.whole("callsperminute", options.connector_rate)
    made = []
    with store.transaction():
        tenant = _tenant(world, body.text("tenant"))
        for _ in range(max(1, body.whole("count", 1))):
            row_id = make_connector(store, tenant, name, rate)
            admin = store.value("SELECT admin_id FROM tenants WHERE id = ?", (tenant,))
            world.tokens.new_refresh_token(row_id, "tenant", admin)
            made.append(row_id)
    return {"connectors": [state.connector(store, row_id) for row_id in made]}


def set_budgets(world: World, body: Fields) -> dict[str, Any]:
    """Change the calls a minute, of one connector and its tenant or of all."""
    store, application_id = world.store, body.text("applicationid")
    connectors, tenants = "SELECT id FROM connectors", "SELECT id FROM tenants"
    values: tuple[str, ...] = ()
    if application_id:
        connectors += " WHERE application_id = ?"
        tenants = "SELECT tenant_id FROM connectors WHERE application_id = ?"
        values = (application_id,)
        if store.one(connectors, values) is None:
            raise not_found("The connector")
    _set_rate(store, "connectors", body.get("connectorperminute"), connectors, values)
    _set_rate(store, "tenants", body.get("tenantperminute"), tenants, values)
    world.limits.clear()
    rows = store.all(
        "SELECT c.application_id, c.per_minute, t.per_minute FROM connectors c JOIN tenants t "
        "ON t.id = c.tenant_id"
    )
    return {
        "connectors": [
            {"applicationId": a, "connectorPerMinute": c, "tenantPerMinute": t} for a, c, t in rows
        ]
    }


def _set_rate(store: Store, table: str, rate: Any, chosen: str, values: tuple[str, ...]) -> None:
    if rate is not None:
        store.run(f"UPDATE {table} SET per_minute = ? WHERE id IN ({chosen})", (int(rate), *values))


def _tenant(world: World, name: str) -> int:
    store = world.store
    if not name:
        return int(store.value("SELECT min(id) FROM tenants"))
    found = store.value("SELECT id FROM tenants WHERE name = ?", (name,))
    return int(found) if found is not None else _small_organisation(world, name)


def _small_organisation(world: World, name: str) -> int:
    store = world.store
    tenant = make_tenant(store, name, world.options.tenant_rate)
    _group(store, tenant, f"{name} – staff", "Group")
    _group(store, tenant, f"{name} – volunteers", "Group")
    public = _group(store, tenant, f"{name} – news", "ConnectGroup")
    for person_id in _some(store, name, _FOLLOWERS):
        join(store, public, SUBSCRIBER, person_id)
    return tenant


def _group(store: Store, tenant: int, name: str, kind: str) -> int:
    sql = "INSERT INTO groups (guid, tenant_id, name, type, welcome) VALUES (?, ?, ?, ?, 'Welcome!')"
    row_id = store.run(sql, (new_id(), tenant, name, kind)).lastrowid or 0
    join(store, row_id, MEMBER, ADMIN, admin=True)
    if kind == "Group":
        for person_id in _some(store, name, _MEMBERS):
            join(store, row_id, MEMBER, person_id)
    return row_id


def _some(store: Store, name: str, count: int) -> list[int]:
    last = int(store.value("SELECT max(id) FROM people WHERE number IS NOT NULL"))
    chance = Random(name)  # noqa: S311 - a repeatable choice, not secrets
    chosen = chance.sample(range(KEEPER + 1, last + 1), min(count, last - KEEPER))
    return [
        person_id
        for person_id in chosen
        if store.value("SELECT number FROM people WHERE id = ?", (person_id,))
    ]
