"""How long each program may take to stop."""

from pathlib import Path

import pytest
from pytest_django import Settings

from kaizala_admin.embedded import children
from kaizala_admin.embedded.children import Spec
from kaizala_admin.embedded.places import Places


@pytest.mark.parametrize("read", [30.0, 90.0])
def test_who_calls_may_finish_its_call_before_it_is_killed(settings: Settings, read: float) -> None:
    settings.KAIZALA_CONNECT_TIMEOUT, settings.KAIZALA_READ_TIMEOUT = 5.0, read
    callers: list[Spec] = [children.worker(4, "redis://127.0.0.1:9/0"), children.dispatcher()]
    assert [spec.grace for spec in callers] == [read + 10.0] * 2


def test_the_others_are_not_waited_for_so_long(tmp_path: Path) -> None:
    assert children.beat(Places(tmp_path)).grace == 10.0
