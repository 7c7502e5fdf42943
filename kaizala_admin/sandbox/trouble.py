"""How each kind of fault is played (see faults.py for what they mean)."""

from __future__ import annotations

import asyncio

from aiohttp import web

from kaizala_admin.sandbox.errors import ApiError, bad_token, throttled
from kaizala_admin.sandbox.faults import Fault

_PAGE = "<html><head><title>{0} Bad Gateway</title></head><body><h1>{0} Bad Gateway</h1></body></html>"


class Cut(Exception):
    """The connection is to be cut instead of answered."""


async def before(fault: Fault, request: web.Request) -> None:
    """Play what happens instead of the call, or wait; return to let the call go on."""
    if fault.kind == "slow":
        await asyncio.sleep(fault.seconds)
    elif fault.kind == "cut-before":
        raise Cut
    elif fault.kind == "error-before":
        raise broken(fault)
    elif fault.kind == "expired-token":
        raise bad_token()
    elif fault.kind == "throttle":
        raise throttled_oddly(fault)
    elif fault.kind == "moved":
        raise moved(fault, request)
    elif fault.kind == "html":
        raise web_page(fault)


async def after(fault: Fault, response: web.Response) -> web.Response:
    """Play what happens to the answer of a call that was accepted."""
    if fault.kind == "cut-after":
        raise Cut
    if fault.kind == "error-after":
        raise broken(fault)
    if fault.kind == "hang-after":
        await asyncio.sleep(fault.seconds)
    if fault.kind == "half":
        text = response.text or ""
        return web.Response(body=text[: len(text) // 2].encode(), content_type="application/json")
    return response


def abort(request: web.Request) -> None:
    """Cut the connection without a word."""
    if request.transport is not None:
        request.transport.abort()


def broken(fault: Fault) -> ApiError:
    """Return a server error with the status that the fault names."""
    text = "An unknown error has occurred. Please try again later!"
    return ApiError(fault.status, text, "Unknown", "ServerException")


def throttled_oddly(fault: Fault) -> ApiError:
    """Return a 429 whose Retry-After is whatever the tester gave, also garbage or nothing."""
    error = throttled(1)
    error.headers = {"Retry-After": fault.retry_after} if fault.retry_after else {}
    return error


def moved(fault: Fault, request: web.Request) -> ApiError:
    """Return a 308 to the fault's location; without one, to this very server (contract 1.3)."""
    own = f"{request.scheme}://{request.host}"
    target = fault.location or own
    if "/v1" not in target:
        target = target.rstrip("/") + request.path_qs
    return ApiError(308, "The endpoint has moved.", "Moved", "RedirectException", {"Location": target})


class WebPage(ApiError):
    """An HTML page where JSON was expected."""


def web_page(fault: Fault) -> WebPage:
    """Return what a gateway in between would answer."""
    return WebPage(fault.status, _PAGE.format(fault.status), "", "")
