"""Celery's Redis transport, mended for a broker that goes away while threads acknowledge their tasks.

A thread may ask a channel for its pool after the reconnecting worker has taken the channel's connection
away. kombu 5.7 then raises AttributeError, which its own clean-up does not expect: the worker ends with
"Unrecoverable error". Said as the lost connection that it is, the worker reconnects and goes on
(tests/faults/running/test_broker.py kills idle and busy brokers).
"""

from typing import Any

from kombu.transport import TRANSPORT_ALIASES, redis
from redis.exceptions import ConnectionError as ConnectionLost


class Channel(redis.Channel):
    def _connparams(self, asynchronous: bool = False) -> dict[str, Any]:
        if self.connection is None or self.connection.client is None:
            raise ConnectionLost("The connection of this channel has been closed.")
        params: dict[str, Any] = super()._connparams(asynchronous=asynchronous)  # type: ignore[misc]
        return params


class Transport(redis.Transport):
    Channel = Channel


def install() -> None:
    """Every redis:// broker of this process is reached through it."""
    for scheme in ("redis", "rediss"):
        TRANSPORT_ALIASES[scheme] = f"{__name__}:Transport"
