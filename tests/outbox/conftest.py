"""The outbox's tests: two row classes of their own, a connector of the sandbox, permits by hand."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from kaizala_admin.connectors.models import Connector, Grant, Tenant
from kaizala_admin.outbox import pump
from kaizala_admin.outbox.models import OutboxRow
from tests.outbox import line as line_app
from tests.outbox.line import models as line
from tests.outbox.line.apps import LineConfig
from tests.sandbox_process import SandboxProcess


@pytest.fixture(scope="session")
def line_tables(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    with django_db_blocker.unblock(), connection.schema_editor() as editor:
        editor.create_model(line.Parcel)
        editor.create_model(line.Page)


@pytest.fixture
def lines(line_tables: None, db: None) -> Iterator[None]:
    """Makes the two row classes known, as if their app were installed, and forgets them afterwards."""
    config = LineConfig("tests.outbox.line", line_app)
    config.apps, config.models = apps, apps.all_models["line"]
    apps.app_configs["line"] = config
    apps.clear_cache()
    ContentType.objects.clear_cache()
    yield
    line.meanwhile.clear()
    line.broken.clear()
    line.guilty.clear()
    line.played.clear()
    pump.stopping.clear()
    line.Parcel.objects.all().delete()
    line.Page.objects.all().delete()
    del apps.app_configs["line"]
    apps.clear_cache()
    ContentType.objects.clear_cache()


@pytest.fixture
def tenant(lines: None) -> Tenant:
    return Tenant.objects.create(name="Harvest & Health", calls_per_minute=600_000)


@pytest.fixture
def wire(sandbox: SandboxProcess) -> Iterator[SandboxProcess]:
    """The sandbox with wide budgets, no faults and an empty ledger."""
    sandbox.delete("/sandbox/faults")
    sandbox.post("/sandbox/reset", seed=1)
    sandbox.post("/sandbox/budgets", connectorPerMinute=600_000, tenantPerMinute=600_000)
    yield sandbox
    sandbox.delete("/sandbox/faults")


@pytest.fixture
def add_connector(tenant: Tenant) -> Callable[..., Connector]:
    def add(name: str = "North", url: str = "http://127.0.0.1:9", **fields: Any) -> Connector:
        values: dict[str, Any] = {"calls_per_minute": 600_000, "application_secret": "s", **fields}
        connector = Connector.objects.create(
            tenant=values.pop("tenant", tenant),
            name=name,
            api_root=url,
            application_id=values.pop("application_id", "a"),
            **values,
        )
        Grant.objects.create(connector=connector, name="Everything", refresh_token="r")
        return connector

    return add


@pytest.fixture
def connector(wire: SandboxProcess, add_connector: Callable[..., Connector]) -> Connector:
    """The sandbox's own connector, with its tenant-wide grant."""
    known = wire.get("/sandbox/state")["connectors"][0]
    made = add_connector(
        url=wire.url, application_id=known["applicationId"], application_secret=known["applicationSecret"]
    )
    token = next(t["refreshToken"] for t in known["refreshTokens"] if t["kind"] == "tenant")
    made.grants.update(refresh_token="")
    grant = made.grants.get()
    grant.refresh_token = token
    grant.save()
    return made


@pytest.fixture
def group_id(wire: SandboxProcess) -> str:
    """A group that the grant may write to."""
    groups = wire.get("/sandbox/state")["groups"]
    return str(next(g["groupId"] for g in groups if g["groupType"] == "Group"))


def permit(row: OutboxRow, permits: int = 1, seconds: float = 30) -> None:
    """What the dispatcher would do."""
    until = timezone.now() + timedelta(seconds=seconds)
    type(row)._default_manager.filter(pk=row.pk).update(permits=permits, permits_until=until)


@pytest.fixture
def put(connector: Connector, group_id: str) -> Callable[..., Any]:
    """Puts a row in line, with a permit unless told otherwise."""

    def make(row_class: type[OutboxRow] = line.Parcel, permits: int = 1, **fields: Any) -> Any:
        grant = connector.grants.get()
        values = {"text": "The rain comes on Friday", "group_id": group_id, **fields}
        row = row_class._default_manager.create(connector=connector, grant=grant, **values)
        if permits:
            permit(row, permits)
        return row

    return make
