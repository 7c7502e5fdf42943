"""The sandbox as a process; workers are forked by the tests and die where these say."""

from collections.abc import Iterator

import pytest
from django.db import connection
from pytest_django.plugin import DjangoDbBlocker

from groups.models import SyncRun
from groups.services import start_connector_sync
from kaizala_admin.connectors import call_log
from kaizala_admin.connectors.models import Connector
from tests.faults.harness import FaultHouse, work_off


@pytest.fixture(scope="package")
def sandbox_only(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FaultHouse]:
    """With the organisation in the mirror."""
    with django_db_blocker.unblock():
        house = FaultHouse(tmp_path_factory.mktemp("crash"))
        try:
            house.start_sandbox()
            house.empty()
            connector = house.connect()
            start_connector_sync(connector)
            work_off(connector)
            assert set(SyncRun.objects.values_list("state", flat=True)) == {"sent"}
            call_log.flush()
            yield house
        finally:
            house.empty()
            house.stop()
            connection.close()


@pytest.fixture
def house(db: None, sandbox_only: FaultHouse, django_db_blocker: DjangoDbBlocker) -> Iterator[FaultHouse]:
    with django_db_blocker.unblock():
        sandbox_only.tidy()
        yield sandbox_only
        call_log.flush()  # while the database is open to this process
        sandbox_only.tidy()


@pytest.fixture
def connector(house: FaultHouse) -> Connector:
    return Connector.objects.get()
