"""The way of every call under /v1: route, fault, token, budget, handler, answer, count."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web
from multidict import CIMultiDict

from kaizala_admin.sandbox import lenient, trouble
from kaizala_admin.sandbox.errors import ApiError, missing_token, throttled
from kaizala_admin.sandbox.faults import Fault
from kaizala_admin.sandbox.fields import Fields, as_flag
from kaizala_admin.sandbox.router import Route, Router
from kaizala_admin.sandbox.routes.table import ROUTES
from kaizala_admin.sandbox.tokens import Grant
from kaizala_admin.sandbox.world import Call, World

NOTHING = Fields(None)
NOBODY = Grant(0, "", 0, 0, 0, "", 0, "", 0.0, 0.0)
_JSON = CIMultiDict({"Content-Type": "application/json; charset=utf-8"})
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Api:
    """Serves the Kaizala operations of one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.router = Router(ROUTES)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer one call, and count it whatever happens."""
        exchange = Exchange(self.world, request)
        try:
            return await exchange.answer(self.router)
        finally:
            exchange.note()


class Exchange:
    """One call on its way through."""

    __slots__ = ("accepted", "body", "ids", "name", "raw", "request", "route", "status", "world")

    def __init__(self, world: World, request: web.Request) -> None:
        self.world = world
        self.request = request
        self.name = "unknown"
        self.route: Route | None = None
        self.ids: tuple[str, ...] = ()
        self.raw = b""
        self.body: Fields | ApiError = NOTHING
        self.status = 0
        self.accepted = False

    async def answer(self, router: Router) -> web.StreamResponse:
        """Return the response once what it promises is committed; a refusal becomes the error triple."""
        try:
            self.route, self.ids = router.find(self.request.method, self.request.raw_path.partition("?")[0])
            await self.read(self.route)
            response = await self.judge(self.route)
        except ApiError as error:
            response = refusal(error)
        except trouble.Cut:
            trouble.abort(self.request)
            return web.Response()
        self.status = response.status
        if not self.world.store.is_settled:
            await self.world.store.settled()
        return response

    async def read(self, route: Route) -> None:
        """Take the body off the wire and name the operation."""
        self.name = route.name
        if self.request.body_exists and not route.raw:
            content = self.request.content
            self.raw = content.read_nowait() if content.is_eof() else await self.request.read()
        try:
            self.body = Fields(lenient.parse(self.raw)) if self.raw else NOTHING
            self.name = refined(route.name, self.body)
        except ApiError as error:
            self.body = error

    async def judge(self, route: Route) -> web.Response:
        """Do the call, unless a fault strikes it before; a fault may also spoil the answer."""
        fault = self.world.faults.pick(self.name)
        if fault is None:
            return plain(await self.perform(route))
        await trouble.before(fault, self.request)
        return await self.spoiled(fault, route)

    async def spoiled(self, fault: Fault, route: Route) -> web.Response:
        return await trouble.after(fault, plain(await self.perform(route)))

    async def perform(self, route: Route) -> Any:
        """Check token and budget, then run the handler."""
        grant = NOBODY if route.open else self.admit()
        if isinstance(self.body, ApiError):
            raise self.body
        call = Call(self.world, self.request, self.ids, self.body, grant, self.query)
        found = route.handler(call)
        if not isinstance(found, bytes | dict):
            found = await found
        self.accepted = True
        return found

    @property
    def query(self) -> dict[str, str]:
        """The query's parameters under lower-case names."""
        if "?" not in self.request.raw_path:
            return {}
        return {key.lower(): value for key, value in self.request.rel_url.query.items()}

    def admit(self) -> Grant:
        """Return whom the access token speaks for, with the call counted on both budgets."""
        token = self.request.headers.get("accessToken")
        if not token:
            raise missing_token()
        grant = self.world.tokens.session(token)
        wait = self.world.spend(grant.connector_id, grant.tenant_id)
        if wait:
            raise throttled(wait)
        return grant

    def note(self) -> None:
        """Count the call."""
        request, world = self.request, self.world
        world.calls.note(
            self.name,
            request.method,
            request.raw_path,
            request.raw_headers,
            self.raw,
            self.status,
            self.accepted,
            world.clock.now(),
        )


def plain(found: Any) -> web.Response:
    """Return a handler's result, or its ready JSON text, as 200 (contract 2.2.

    The only status of success).
    """
    body = found if isinstance(found, bytes) else _encode(found).encode()
    return web.Response(body=body, headers=_JSON)


def refusal(error: ApiError) -> web.Response:
    """Return a refusal as its status with the error triple."""
    if isinstance(error, trouble.WebPage):
        return web.Response(text=error.message, status=error.status, content_type="text/html")
    return web.Response(
        text=_encode(error.body()),
        status=error.status,
        headers=error.headers,
        content_type="application/json",
    )


def refined(name: str, body: Fields) -> str:
    """Tell the operations apart that share one call.

    To subscribers or to the group, survey or other response.
    """
    if name in ("send_message", "send_action"):
        return f"{name}_to_subscribers" if _is_targeted(body) else name
    if name == "post_action_response" and body.text("actiontype").lower() == "survey":
        return "post_survey_response"
    return name


def _is_targeted(body: Fields) -> bool:
    return bool(body.get("subscribers")) or as_flag(body.get("sendtoallsubscribers"))
