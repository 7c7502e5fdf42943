"""Fills an empty store with the organisation of plan.py.

The same seed and size give the same people and groups.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from kaizala_admin.sandbox.ids import new_id, new_secret, seeded_guid
from kaizala_admin.sandbox.seeding.people import make_people, numbered
from kaizala_admin.sandbox.seeding.plan import (
    NOT_ADMIN_OF,
    OFFICERS_GROUP,
    PILOT,
    ROOT,
    TENANT,
    PlannedGroup,
    plan,
)
from kaizala_admin.sandbox.store import FOREVER, MEMBER, SUBSCRIBER, Store
from kaizala_admin.sandbox.tokens import Tokens
from kaizala_admin.sandbox.world import Options

ADMIN, OFFICER, KEEPER = 1, 2, 3
LEAST = 60
_PLACE = (
    "INSERT OR IGNORE INTO places (group_id, kind, person_id, gone, joined, admin) VALUES (?, ?, ?, ?, ?, ?)"
)


def seed(store: Store, tokens: Tokens, options: Options) -> None:
    """Write people, groups, places and one connector with its three refresh tokens."""
    chance = Random(options.seed)  # noqa: S311 - a repeatable organisation, not secrets
    count = max(LEAST, options.people)
    with store.transaction():
        tenant = make_tenant(store, TENANT, options.tenant_rate, f"{seeded_guid(chance)}@1")
        store.many("INSERT INTO people VALUES (?, ?, ?, ?, ?, ?, ?, ?)", make_people(count, chance))
        groups = _make_groups(store, chance, tenant, count)
        connector = make_connector(store, tenant, "Kaizala Admin console", options.connector_rate)
        tokens.new_refresh_token(connector, "tenant", ADMIN)
        tokens.new_refresh_token(connector, "user", OFFICER)
        tokens.new_refresh_token(connector, "group", ADMIN, groups[ROOT])
        store.put_meta("seeded", "1")


def make_tenant(store: Store, name: str, per_minute: int, guid: str = "") -> int:
    """Make a tenant whose admin is the seeded administrator; return its row id."""
    sql = "INSERT INTO tenants (guid, name, per_minute, admin_id) VALUES (?, ?, ?, ?)"
    return store.run(sql, (guid or new_id(), name, per_minute, ADMIN)).lastrowid or 0


def make_connector(store: Store, tenant_id: int, name: str, per_minute: int) -> int:
    """Make a connector with a new id and secret; return its row id."""
    sql = (
        "INSERT INTO connectors (application_id, secret, name, tenant_id, per_minute) VALUES (?, ?, ?, ?, ?)"
    )
    values = (new_id().removesuffix("@1"), new_secret(), name, tenant_id, per_minute)
    return store.run(sql, values).lastrowid or 0


def _make_groups(store: Store, chance: Random, tenant: int, people: int) -> dict[str, int]:
    made: dict[str, int] = {}
    sql = "INSERT INTO groups (guid, tenant_id, name, type, welcome, image) VALUES (?, ?, ?, ?, ?, '')"
    for planned in plan():
        guid = seeded_guid(chance) + chance.choice(("", "@1", "@1"))
        kind = "ConnectGroup" if planned.public else "Group"
        row_id = store.run(sql, (guid, tenant, planned.name, kind, planned.welcome)).lastrowid or 0
        made[planned.name] = row_id
        store.many("INSERT INTO links VALUES (?, ?)", ((made[parent], row_id) for parent in planned.parents))
        store.many(_PLACE, _members(chance, planned, row_id, people))
        store.many(_PLACE, _subscribers(chance, planned, row_id, people))
    return made


def _members(chance: Random, planned: PlannedGroup, group_id: int, people: int) -> Iterator[tuple[int, ...]]:
    if planned.name not in NOT_ADMIN_OF:
        yield group_id, MEMBER, ADMIN, FOREVER, 0, 1
    elif not planned.public:
        yield group_id, MEMBER, ADMIN, FOREVER, 0, 0
    yield group_id, MEMBER, KEEPER, FOREVER, 0, 1
    is_own = planned.name == OFFICERS_GROUP
    if is_own or (not planned.public and chance.random() < 0.4):
        yield group_id, MEMBER, OFFICER, FOREVER, 0, int(is_own)
    size = planned.size or 5 + int(chance.betavariate(1, 6) * 220)
    size = min(size, people // 4)
    for place, person_id in enumerate(chance.sample(range(KEEPER + 1, people + 1), max(2, size - 3))):
        yield group_id, MEMBER, person_id, FOREVER, 0, int(place % 40 == 0 or planned.public)


def _subscribers(
    chance: Random, planned: PlannedGroup, group_id: int, people: int
) -> Iterator[tuple[int, ...]]:
    if not planned.public:
        return
    last = numbered(people)
    size = int(people * planned.share) or min(PILOT, people // 12)
    for person_id in sorted(chance.sample(range(1, last + 1), min(size, last))):
        yield group_id, SUBSCRIBER, person_id, FOREVER, 0, 0
