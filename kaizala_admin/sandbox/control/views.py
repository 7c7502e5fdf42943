"""The control plane's calls (JSON, no authentication: the sandbox listens on loopback)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from aiohttp import web

from kaizala_admin.sandbox import ledger, lenient
from kaizala_admin.sandbox.clock import iso
from kaizala_admin.sandbox.control import state, tenancy
from kaizala_admin.sandbox.fields import Fields
from kaizala_admin.sandbox.hooks import emit
from kaizala_admin.sandbox.world import World


class Control:
    """The handlers, over one world; `reseed` empties and fills it anew."""

    def __init__(self, world: World, reseed: Callable[[], None]) -> None:
        self.world = world
        self.reseed = reseed

    async def state(self, request: web.Request) -> Any:
        return state.state(self.world)

    async def pins(self, request: web.Request) -> Any:
        return pins(self.world)

    async def reset(self, request: web.Request) -> Any:
        body = await fields(request)
        options = self.world.options
        options.seed = body.whole("seed", options.seed)
        options.people = body.whole("people", options.people)
        self.reseed()
        return state.state(self.world)

    async def connectors(self, request: web.Request) -> Any:
        return tenancy.add_connectors(self.world, await fields(request))

    async def budgets(self, request: web.Request) -> Any:
        return tenancy.set_budgets(self.world, await fields(request))

    async def clock(self, request: web.Request) -> Any:
        body, clock = await fields(request), self.world.clock
        if body.flag("reset"):
            clock.reset()
            self.world.budgets.clear()
        else:
            seconds = float(body.text("advanceseconds", default="0"))
            clock.advance(seconds)
            if seconds < 0:
                self.world.budgets.clear()
        self.world.wake_callbacks()
        return {"now": iso(clock.now()), "offsetSeconds": clock.offset}

    async def add_fault(self, request: web.Request) -> Any:
        return {"id": self.world.faults.add(await fields(request)).id}

    async def list_faults(self, request: web.Request) -> Any:
        return [rule.shown() for rule in self.world.faults.rules]

    async def clear_faults(self, request: web.Request) -> Any:
        rule = request.match_info.get("id")
        self.world.faults.clear(int(rule) if rule else None)
        return {}

    async def forget_media(self, request: web.Request) -> Any:
        """Files lose their names with the service, as they may at Kaizala: actions cannot name them then."""
        return {"forgotten": self.world.store.run("DELETE FROM media").rowcount}

    async def ledger(self, request: web.Request) -> Any:
        return await self._read(ledger.rows, request)

    async def ledger_summary(self, request: web.Request) -> Any:
        by_text = request.query.get("by") == "text"
        return await self._read(ledger.summary_by_text if by_text else ledger.summary, request)

    async def _read(self, question: Callable[..., Any], request: web.Request) -> Any:
        query = {key.lower(): value for key, value in request.query.items()}

        self.world.store.commit()

        def ask() -> Any:
            with self.world.store.reader() as db:
                return question(db, query)

        return await asyncio.to_thread(ask)

    async def calls(self, request: web.Request) -> Any:
        return self.world.calls.shown(request.query.get("operation", ""))

    async def clear_calls(self, request: web.Request) -> Any:
        self.world.calls.clear()
        return {}

    async def recent_calls(self, request: web.Request) -> Any:
        return self.world.calls.shown_recent(int(request.query.get("limit", 500)))

    async def answers(self, request: web.Request) -> Any:
        body, options = await fields(request), self.world.options
        options.answers = body.flag("enabled", default=options.answers)
        options.share = float(body.text("share", default=str(options.share)))
        options.delay = float(body.text("delayseconds", default=str(options.delay)))
        return {"enabled": options.answers, "share": options.share, "delaySeconds": options.delay}

    async def quirks(self, request: web.Request) -> Any:
        body, options = await fields(request), self.world.options
        options.endpoint_slash = body.flag("endpointslash", default=options.endpoint_slash)
        options.escaped_urls = body.flag("escapedurls", default=options.escaped_urls)
        return {"endpointSlash": options.endpoint_slash, "escapedUrls": options.escaped_urls}

    async def events(self, request: web.Request) -> Any:
        body = await fields(request)
        event, object_id = body.required("eventtype"), body.required("objectid")
        data = body.get("data") or {}
        admin = int(self.world.store.value("SELECT admin_id FROM tenants ORDER BY id LIMIT 1"))
        queued = emit(self.world, event, object_id, data, admin, copies=body.whole("copies", 1))
        return {"queued": queued}


def pins(world: World) -> list[dict[str, Any]]:
    """Return the last 100 PINs, newest first."""
    sql = "SELECT mobile_number, application_id, pin, at FROM pins ORDER BY id DESC LIMIT 100"
    return [
        {"mobileNumber": number, "applicationId": application_id, "pin": pin, "at": iso(at)}
        for number, application_id, pin, at in world.store.all(sql)
    ]


async def fields(request: web.Request) -> Fields:
    """Return the JSON object in a request, empty when there is none."""
    raw = await request.read()
    return Fields(lenient.parse(raw) if raw.strip() else None)
