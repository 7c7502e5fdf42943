"""Connects the console to the sandbox. Safe to run at every start: it changes only what is no longer true."""

from typing import TYPE_CHECKING

from .children import Budgets
from .console import SandboxState

if TYPE_CHECKING:
    from kaizala_admin.connectors.models import Connector

CONNECTOR = "Sandbox"


def connect(root: str, state: SandboxState, budgets: Budgets) -> "Connector":
    """The connector of the sandbox at `root`, with its tenant and a grant for the whole organisation."""
    from django.db import transaction

    from kaizala_admin.connectors.models import Connector, Grant, Tenant

    with transaction.atomic():
        tenant, _ = Tenant.objects.get_or_create(
            name=state.tenant, defaults={"calls_per_minute": budgets.tenant}
        )
        connector, _ = Connector.objects.get_or_create(
            tenant=tenant,
            name=CONNECTOR,
            defaults={"api_root": root, "calls_per_minute": budgets.connector},
        )
        known = connector.application_id == state.application_id
        connector.api_root = root
        connector.application_id, connector.application_secret = (
            state.application_id,
            state.application_secret,
        )
        connector.save()
        if not known:
            connector.grants.filter(kind=Grant.Kind.TENANT).delete()
            Grant.objects.create(
                connector=connector,
                name="Whole organisation",
                kind=Grant.Kind.TENANT,
                refresh_token=state.refresh_token,
            )
    return connector


def start_first_sync(connector: "Connector") -> bool:
    """Reads the organisation, unless that was begun before."""
    from groups.models import SyncRun
    from groups.services import start_connector_sync

    if SyncRun.objects.filter(connector=connector).exists():
        return False
    start_connector_sync(connector)
    return True
