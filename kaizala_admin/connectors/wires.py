"""How a client is put together from a connector's row and the settings."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.conf import settings

from kaizala_admin.kaizala import CallRecord, KaizalaClient

from . import call_log
from .models import Connector


def bare_client(
    connector: Connector, refresh_token: str = "", *, grant_id: int | None = None, **more: Any
) -> KaizalaClient:
    """A client that has no access token and never gets one by itself; its calls are logged.

    A connector that is not stored yet has no log. Raises InvalidInput for an API root that cannot be used.
    """
    return KaizalaClient(
        connector.api_root,
        connector.application_id,
        connector.application_secret,
        refresh_token,
        auto_refresh=False,
        allowed_hosts=(*settings.KAIZALA_ALLOWED_HOSTS, *connector.allowed_hosts.split()),
        connect_timeout=settings.KAIZALA_CONNECT_TIMEOUT,
        read_timeout=settings.KAIZALA_READ_TIMEOUT,
        on_call=_logger(connector, grant_id),
        **more,
    )


def _logger(connector: Connector, grant_id: int | None) -> Callable[[CallRecord], None] | None:
    return partial(call_log.record, connector.pk, grant_id) if connector.pk else None
