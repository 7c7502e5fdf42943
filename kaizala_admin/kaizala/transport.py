"""The one place that does HTTP (contract 1)."""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import urljoin

import requests
import urllib3
from requests.adapters import HTTPAdapter

from .errors import HostNotAllowed, NotSent
from .exchange import Call, CallRecord, Exchange
from .hosts import AllowedHosts

MAX_HOPS = 3
POOL_SIZE = 64
MOVED = 308

T = TypeVar("T")
_log = logging.getLogger(__name__)


def new_session(pool_size: int = POOL_SIZE) -> requests.Session:
    """A session for many threads: pooled, blind to the environment, without retries of its own."""
    session = requests.Session()
    session.trust_env = False
    adapter = HTTPAdapter(pool_connections=pool_size, pool_maxsize=pool_size, max_retries=0)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


@functools.lru_cache(maxsize=1)
def _session_of(process: int) -> requests.Session:
    return new_session()


def shared_session() -> requests.Session:
    """One pool a process: a forked child must not talk over its parent's connections."""
    return _session_of(os.getpid())


def tell(listener: Callable[[T], None] | None, news: T) -> None:
    """A listener's failure must not hide what became of the call: it is logged."""
    if listener is None:
        return
    try:
        listener(news)
    except Exception:  # noqa: BLE001 - whatever it is, it is theirs
        _log.exception("A listener of the Kaizala client failed")


class Transport:
    """Sends a call and follows 308, to allowed hosts only, with method, body and headers kept."""

    def __init__(
        self,
        hosts: AllowedHosts,
        timeouts: tuple[float, float],
        session: requests.Session | None = None,
        on_call: Callable[[CallRecord], None] | None = None,
    ) -> None:
        self._hosts = hosts
        self._timeouts = timeouts
        self._session = session or shared_session()
        self._on_call = on_call

    def send(
        self,
        call: Call,
        base: str,
        headers: Mapping[str, str],
        *,
        secrets: tuple[str, ...] = (),
        moved: Callable[[str], None] | None = None,
    ) -> dict[str, Any]:
        """The answer with lower-case keys; `moved` hears of a new base once that has answered.

        `secrets` are kept out of records and errors, beside those in the headers.
        Raises NotSent, Throttled, ExpiredToken, HostNotAllowed, Refused or UnknownOutcome.
        """
        first = place = self._hosts.base(base)
        for _ in range(1 + MAX_HOPS):
            exchange = Exchange(call, place, headers, secrets)
            onward = self._make(exchange)
            if onward is None:
                if place != first and exchange.response is not None:
                    tell(moved, place)
                if exchange.error:
                    raise exchange.error
                return exchange.body
            place = onward
        raise NotSent("Kaizala's address moved too many times. Try again later.", status=MOVED)

    def _make(self, exchange: Exchange) -> str | None:
        """Make one exchange; the next base when it answers that the endpoint has moved."""
        self._fetch(exchange)
        try:
            return self._onward(exchange) if exchange.status == MOVED else None
        except NotSent as error:
            exchange.error = error
            raise
        finally:
            if self._on_call:
                tell(self._on_call, exchange.record())

    def _fetch(self, exchange: Exchange) -> None:
        session = self._session
        try:
            response = session.get_adapter(exchange.url).send(
                exchange.request,
                timeout=self._timeouts,
                verify=True if session.verify is None else session.verify,
                cert=session.cert,
                proxies=session.proxies,
            )
            _ = response.content  # the body travels here, not before
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as failure:
            exchange.failed(failure)
        else:
            exchange.answered(response)

    def _onward(self, exchange: Exchange) -> str:
        location = exchange.response.headers.get("Location") if exchange.response is not None else None
        exchange.error = None
        if not location:
            raise NotSent("Kaizala's address moved, but it does not say where to.", status=MOVED)
        try:
            return self._hosts.base(urljoin(exchange.url, location))
        except ValueError:
            raise HostNotAllowed("Kaizala's new address cannot be read.", status=MOVED) from None
