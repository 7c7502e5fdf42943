"""The pages' paths."""

from __future__ import annotations

from aiohttp import web

from kaizala_admin.sandbox.pages import phones
from kaizala_admin.sandbox.pages.overview import overview
from kaizala_admin.sandbox.world import World


def add_pages(app: web.Application, world: World) -> None:
    """Put the overview at the root, and the phones below it."""

    async def start(request: web.Request) -> web.Response:
        return overview(world)

    async def find(request: web.Request) -> web.Response:
        return phones.find(world, request.query.get("q", ""))

    async def phone(request: web.Request) -> web.Response:
        return phones.phone(world, request.match_info["number"])

    app.router.add_get("/", start)
    app.router.add_get("/phones", find)
    app.router.add_get("/phones/{number}", phone)
