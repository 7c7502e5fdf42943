"""Who changed what, kept by django-auditlog; secrets and what the machinery writes are left out."""

from auditlog.registry import auditlog

from .models import Connector, Grant, Tenant

NOISE = ["access_expires_at", "refreshed_at", "endpoint_url", "scope", "version"]
SECRETS = ["refresh_token", "previous_refresh_token", "access_token"]


def register() -> None:
    """Once, at start-up."""
    auditlog.register(Tenant)
    auditlog.register(Connector, exclude_fields=["application_secret", "next_sync_at"])
    auditlog.register(Grant, exclude_fields=[*SECRETS, *NOISE])
