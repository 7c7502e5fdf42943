"""The web server: Kaizala's API under /v1, the control plane under /sandbox, and the pages."""

from __future__ import annotations

from collections.abc import AsyncIterator

from aiohttp import web

from kaizala_admin.sandbox.answers import Answers
from kaizala_admin.sandbox.api import Api
from kaizala_admin.sandbox.callbacks import Callbacks
from kaizala_admin.sandbox.control.table import add_control
from kaizala_admin.sandbox.control.views import Control
from kaizala_admin.sandbox.pages.table import add_pages
from kaizala_admin.sandbox.routes.media import serve_media
from kaizala_admin.sandbox.seeding.seed import seed
from kaizala_admin.sandbox.world import Options, World, make_world

LARGEST_BODY = 64 * 2**20
# Access tokens are about 1 kB, and proxies add their own (contract 3.5).
HEADER_ROOM = 32 * 1024


def open_world(options: Options, fresh: bool = False) -> World:
    """Open the state and seed it when it is new, or when it has to be `fresh`."""
    world = make_world(options)
    if fresh or not world.store.meta("seeded"):
        reseed(world)
    return world


def reseed(world: World) -> None:
    """Empty the sandbox and fill it anew; tokens, messages, faults and counts are gone."""
    world.store.clear()
    world.tokens.forget()
    world.clock.reset()
    seed(world.store, world.tokens, world.options)
    world.faults.clear()
    world.calls.clear()
    world.budgets.clear()
    world.limits.clear()


def make_app(world: World) -> web.Application:
    """Return the application over one world."""
    app = web.Application(client_max_size=LARGEST_BODY)
    add_control(app, Control(world, lambda: reseed(world)), world.store)
    add_pages(app, world)
    serve = Api(world).serve
    app.router.add_get("/media/{id}/{name}", serve_media(world))
    app.cleanup_ctx.append(lambda _: _background(world))
    app.router.add_route("*", "/v1/{rest:.*}", serve)
    app.router.add_route("*", "/V1/{rest:.*}", serve)
    return app


async def _background(world: World) -> AsyncIterator[None]:
    callbacks, answers = Callbacks(world), Answers(world)
    callbacks.start()
    answers.start()
    yield
    await answers.stop()
    await callbacks.stop()
