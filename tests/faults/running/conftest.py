"""Every process of the house runs, and tests kill, stop and starve them."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import connection
from pytest_django.plugin import DjangoDbBlocker

from kaizala_admin.connectors import call_log
from kaizala_admin.connectors.models import Connector
from tests.faults.harness import FaultHouse
from tests.faults.sizes import EVERYTHING, SIZES

# Whose smallest useful number takes longer than a commit may wait.
collect_ignore = (
    []
    if EVERYTHING
    else [
        "test_grace.py",
        "test_large_sync.py",
        "test_outage.py",
        "test_redelivery.py",
        "test_secret_pages.py",
    ]
)


@pytest.fixture(scope="package")
def running_house(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FaultHouse]:
    """With the organisation in the mirror."""
    with django_db_blocker.unblock():
        house = FaultHouse(tmp_path_factory.mktemp("faults"))
        try:
            house.start()
            house.settle(SIZES.people)
            yield house
        finally:
            house.empty()
            house.stop()
            call_log.flush()
            connection.close()


@pytest.fixture
def house(db: None, running_house: FaultHouse, django_db_blocker: DjangoDbBlocker) -> Iterator[FaultHouse]:
    with django_db_blocker.unblock():
        settings.REDIS_URL = f"unix://{running_house.socket}"
        running_house.mend()
        running_house.tidy()
        yield running_house
        call_log.flush()


@pytest.fixture
def connector(house: FaultHouse) -> Connector:
    return Connector.objects.get()
