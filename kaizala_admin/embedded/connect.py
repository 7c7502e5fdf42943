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

    from kaizala_admin.connectors import services
    from kaizala_admin.connectors.models import Connector, Tenant

    secrets = {"application_id": state.application_id, "application_secret": state.application_secret}
    wanted = {"api_root": root, **secrets}
    with transaction.atomic():
        tenant, _ = Tenant.objects.get_or_create(
            name=state.tenant, defaults={"calls_per_minute": budgets.tenant}
        )
        connector, made = Connector.objects.get_or_create(
            tenant=tenant, name=CONNECTOR, defaults={"calls_per_minute": budgets.connector, **wanted}
        )
        another = made or connector.application_id != state.application_id
        if {name: getattr(connector, name) for name in wanted} != wanted:
            Connector.objects.filter(pk=connector.pk).update(**wanted)
            connector.refresh_from_db()
            services.forget_access(connector)
        if another:
            _put_grant(connector, state.refresh_token)
    return connector


def _put_grant(connector: "Connector", refresh_token: str) -> None:
    """The organisation's grant gets this token: rows may hang on it, so it is not replaced."""
    from kaizala_admin.connectors.granting import token_expiry
    from kaizala_admin.connectors.models import Grant

    fresh = {
        "refresh_token": refresh_token,
        "previous_refresh_token": "",
        "refresh_expires_at": token_expiry(refresh_token),
        "state": Grant.State.WORKING,
        "state_reason": "",
    }
    known = connector.grants.filter(kind=Grant.Kind.TENANT).order_by("pk").values_list("pk", flat=True)[:1]
    if not Grant.objects.filter(pk__in=list(known)).update(**fresh):
        Grant.objects.create(connector=connector, name="Whole organisation", kind=Grant.Kind.TENANT, **fresh)


def start_first_sync(connector: "Connector") -> bool:
    """Reads the organisation, unless that was begun before."""
    from groups.models import SyncRun
    from groups.services import start_connector_sync

    if SyncRun.objects.filter(connector=connector).exists():
        return False
    start_connector_sync(connector)
    return True


def listen(connector: "Connector") -> None:
    """Has the sandbox tell us of events in every group, now and later, unless a person ended that rule."""
    from groups.subscribing import EVERY_GROUP
    from kaizala_admin.webhooks import services
    from kaizala_admin.webhooks.models import Rule

    if not Rule.objects.filter(connector=connector, source=EVERY_GROUP).exists():
        services.add_rule(connector=connector, source=EVERY_GROUP)
