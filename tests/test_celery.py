import gc
from collections.abc import Iterator

import pytest
from celery.signals import worker_ready

from kaizala_admin import celery


@pytest.fixture
def _collector() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


@pytest.mark.usefixtures("_collector")
def test_a_worker_that_is_ready_looks_through_its_code_no_more() -> None:
    assert gc.get_freeze_count() == 0
    worker_ready.send(sender=celery.app)
    assert gc.get_freeze_count() > 10_000
    assert gc.get_threshold()[0] > 700
