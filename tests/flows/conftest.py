"""One house for all flow tests; each finds it clean."""

from collections.abc import Iterator

import pytest
from django.db import connection
from pytest_django.plugin import DjangoDbBlocker

from kaizala_admin.connectors.models import Connector
from tests.flows.house import House
from tests.messaging.conftest import person, signed_in

__all__ = ["person", "signed_in"]


@pytest.fixture
def db(django_db_setup: None) -> None:
    """By this name pytest-django knows that there must be a database. The rows are real: no transaction."""


@pytest.fixture(scope="package")
def running_house(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    with django_db_blocker.unblock():
        house = House(tmp_path_factory.mktemp("house"))
        try:
            house.start()
            yield house
        finally:
            house.stop()
            connection.close()


@pytest.fixture
def house(db: None, running_house: House, django_db_blocker: DjangoDbBlocker) -> Iterator[House]:
    """The running house, clean, with the test database open to this test."""
    with django_db_blocker.unblock():
        running_house.clean()
        yield running_house
        running_house.clean()


@pytest.fixture
def connector(house: House) -> Connector:
    return house.connect()


@pytest.fixture
def synced(house: House, connector: Connector) -> Connector:
    """The connector, with the whole organisation in the mirror."""
    house.sync(connector)
    return connector
