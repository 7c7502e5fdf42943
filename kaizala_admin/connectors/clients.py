"""The client for a grant: a valid token, the API call log, and moves of the endpoint remembered."""

from functools import partial

from kaizala_admin.kaizala import KaizalaClient

from .models import Grant
from .tokens import access_of, ensure_access
from .wires import bare_client


def client_for(grant: Grant) -> KaizalaClient:
    """A client that may call now. It uses the process's pooled connections and raises ExpiredToken at once.

    Raises TokenRefused, or NotSent in one of its kinds, when no access token is to be had.
    """
    ensure_access(grant)
    return bare_client(
        grant.connector,
        grant.refresh_token,
        grant_id=grant.pk,
        access=access_of(grant),
        on_moved=partial(remember_endpoint, grant.pk),
    )


def remember_endpoint(grant_id: int, endpoint_url: str) -> None:
    """After a 308 to a host that the connector allows (contract 1.3)."""
    Grant.objects.filter(pk=grant_id).update(endpoint_url=endpoint_url)
