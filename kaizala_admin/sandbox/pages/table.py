"""The pages' paths."""

from __future__ import annotations

from aiohttp import web

from kaizala_admin.sandbox.pages import answering, phones
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

    async def ask(request: web.Request) -> web.Response:
        return answering.form(world, request.match_info["number"], request.match_info["action"])

    async def answer(request: web.Request) -> web.Response:
        given = await request.post()
        return answering.give(world, request.match_info["number"], request.match_info["action"], given)

    app.router.add_get("/", start)
    app.router.add_get("/phones", find)
    app.router.add_get("/phones/{number}", phone)
    app.router.add_get("/phones/{number}/answers/{action}", ask)
    app.router.add_post("/phones/{number}/answers/{action}", answer)
