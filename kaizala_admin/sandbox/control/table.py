"""The control plane's paths."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from kaizala_admin.sandbox.control.views import Control
from kaizala_admin.sandbox.errors import ApiError
from kaizala_admin.sandbox.store import Store

View = Callable[[web.Request], Awaitable[Any]]


def add_control(app: web.Application, control: Control, store: Store) -> None:
    """Put every control call under /sandbox/."""
    paths: list[tuple[str, str, View]] = [
        ("GET", "state", control.state),
        ("GET", "pins", control.pins),
        ("POST", "reset", control.reset),
        ("POST", "connectors", control.connectors),
        ("POST", "budgets", control.budgets),
        ("POST", "clock", control.clock),
        ("POST", "faults", control.add_fault),
        ("GET", "faults", control.list_faults),
        ("DELETE", "faults", control.clear_faults),
        ("DELETE", "faults/{id:[0-9]+}", control.clear_faults),
        ("DELETE", "media", control.forget_media),
        ("GET", "ledger", control.ledger),
        ("GET", "ledger/summary", control.ledger_summary),
        ("GET", "calls", control.calls),
        ("DELETE", "calls", control.clear_calls),
        ("GET", "calls/recent", control.recent_calls),
        ("POST", "answers", control.answers),
        ("POST", "quirks", control.quirks),
        ("POST", "events", control.events),
    ]
    for verb, path, view in paths:
        app.router.add_route(verb, f"/sandbox/{path}", _json(view, store))
    app.router.add_route("*", "/sandbox/empty", empty)


async def empty(request: web.Request) -> web.Response:
    """Answer nothing, with 200, once the request is read: the floor that the benchmark compares with."""
    await request.read()
    return web.Response()


def _json(view: View, store: Store) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(request: web.Request) -> web.Response:
        try:
            found = await view(request)
        except ApiError as error:
            return web.json_response(error.body(), status=error.status)
        except ValueError as error:
            return web.json_response({"message": str(error), "errorCode": "InvalidParameters"}, status=400)
        await store.settled()
        return web.json_response(found, dumps=_dumps)

    return answer


def _dumps(found: Any) -> str:
    return json.dumps(found, ensure_ascii=False)
