"""Everything one running sandbox holds together, and what one call carries to its handler."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from kaizala_admin.sandbox.budgets import Budgets
from kaizala_admin.sandbox.calls import Calls
from kaizala_admin.sandbox.clock import Clock
from kaizala_admin.sandbox.faults import Faults
from kaizala_admin.sandbox.fields import Fields
from kaizala_admin.sandbox.store import Store
from kaizala_admin.sandbox.tokens import Grant, Tokens


@dataclass
class Options:
    """What the command line said. Rates are calls a minute; `share` is a part of 1; `delay` is in seconds."""

    data: Path
    people: int = 25_000
    seed: int = 1
    connector_rate: int = 100
    tenant_rate: int = 300
    answers: bool = True
    share: float = 0.35
    delay: float = 20.0
    endpoint_slash: bool = True
    escaped_urls: bool = False


@dataclass
class World:
    """The state and the services of one sandbox process."""

    options: Options
    store: Store
    clock: Clock
    tokens: Tokens
    faults: Faults
    budgets: Budgets = field(default_factory=Budgets)
    calls: Calls = field(default_factory=Calls)
    limits: dict[int, tuple[int, int]] = field(default_factory=dict)
    root: str = "http://127.0.0.1"
    wake_callbacks: Callable[[], None] = lambda: None

    def limits_of(self, connector_id: int) -> tuple[int, int]:
        """Return the calls a minute of a connector and of its tenant."""
        found = self.limits.get(connector_id)
        if found is None:
            sql = """SELECT c.per_minute, t.per_minute FROM connectors c JOIN tenants t ON t.id = c.tenant_id
              WHERE c.id = ?"""
            found = self.limits[connector_id] = self.store.one(sql, (connector_id,))
        return found

    def spend(self, connector_id: int, tenant_id: int) -> int:
        """Count one call on both budgets; return 0, or the whole seconds to wait when it is refused."""
        of_connector, of_tenant = self.limits_of(connector_id)
        return self.budgets.take((connector_id, of_connector), (tenant_id, of_tenant), self.clock.now())


@dataclass(slots=True)
class Call:
    """One request to the API, read but not yet judged."""

    world: World
    request: web.Request
    ids: tuple[str, ...]
    body: Fields
    grant: Grant
    query: dict[str, str]

    @property
    def store(self) -> Store:
        """The state."""
        return self.world.store


Handler = Callable[[Call], Any] | Callable[[Call], Awaitable[Any]]


def make_world(options: Options) -> World:
    """Open (or create) the state under `options.data`."""
    store = Store(options.data)
    clock = Clock(store)
    return World(options, store, clock, Tokens(store, clock), Faults(options.seed))
