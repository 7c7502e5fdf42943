"""A connector at the sandbox, and a stand-in for the pump: the same steps, one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client

from groups.models import Group, SyncRun
from kaizala_admin.connectors.models import Connector, Grant, Tenant
from kaizala_admin.kaizala import KaizalaClient, Refused
from kaizala_admin.outbox.models import State
from tests.sandbox_process import SandboxProcess


@dataclass
class Service:
    """The sandbox's organisation, and a grant that reaches all of it."""

    sandbox: SandboxProcess
    grant: Grant
    client: Any

    def call(self, run: SyncRun) -> bool:
        """One call of the run, settled as the pump settles it. False when the run is over."""
        SyncRun.objects.filter(pk=run.pk).update(state=State.SENDING)
        try:
            result = run.perform(self.client)
            with transaction.atomic():
                SyncRun.objects.filter(pk=run.pk).update(state=State.SENT, reason="", detail="")
                if run.record(result):
                    return False
                SyncRun.objects.filter(pk=run.pk).update(state=State.QUEUED)
        except Refused as error:
            failed = {"state": State.FAILED, "reason": error.code, "detail": error.message}
            SyncRun.objects.filter(pk=run.pk).update(**failed)
            return False
        return True

    def drive(self, run: SyncRun) -> SyncRun:
        """Calls until the run is over; returns it as it is stored."""
        while self.call(run):
            pass
        return SyncRun.objects.get(pk=run.pk)

    def sync(self) -> SyncRun:
        """A directory run and all that it starts."""
        from groups import services

        directory = self.drive(services.start_connector_sync(self.grant.connector)[0])
        for child in directory.children.order_by("pk"):
            self.drive(child)
        return directory


def connect(sandbox: SandboxProcess) -> Grant:
    """Rows for the sandbox's own connector and its grant for the whole organisation."""
    seeded = sandbox.get("/sandbox/state")["connectors"][0]
    token = next(one["refreshToken"] for one in seeded["refreshTokens"] if one["kind"] == "tenant")
    tenant = Tenant.objects.create(name="Harvest & Health Alliance")
    connector = Connector.objects.create(
        tenant=tenant,
        name="Main",
        api_root=sandbox.url,
        application_id=seeded["applicationId"],
        application_secret=seeded["applicationSecret"],
    )
    return Grant.objects.create(
        connector=connector, name="Whole", kind=Grant.Kind.TENANT, refresh_token=token
    )


@pytest.fixture
def service(db: None, sandbox: SandboxProcess) -> Service:
    sandbox.post("/sandbox/reset")
    sandbox.post("/sandbox/budgets", connectorPerMinute=1_000_000, tenantPerMinute=1_000_000)
    grant = connect(sandbox)
    connector = grant.connector
    client = KaizalaClient(
        connector.api_root, connector.application_id, connector.application_secret, grant.refresh_token
    )
    return Service(sandbox, grant, client)


@pytest.fixture
def grant(db: None) -> Grant:
    """A grant with no service behind it."""
    tenant = Tenant.objects.create(name="Tenant")
    connector = Connector.objects.create(
        tenant=tenant,
        name="Main",
        api_root="http://127.0.0.1:9",
        application_id="app",
        application_secret="secret",
    )
    return Grant.objects.create(connector=connector, name="Whole", refresh_token="refresh")


@pytest.fixture
def public_group(service: Service) -> Group:
    """The largest public group, after a first whole sync."""
    service.sync()
    return Group.objects.filter(group_type=Group.Type.PUBLIC).order_by("-subscriber_count")[0]


@pytest.fixture
def boss(db: None) -> Client:
    """An administrator who is signed in."""
    user = User.objects.create(username="boss", is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client
