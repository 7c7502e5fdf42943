"""A library with a file of each kind, in a folder of the test's own."""

from pathlib import Path
from typing import Any

import pytest

from tests.groups.conftest import service
from tests.messaging.kinds import samples

__all__ = ["service"]


@pytest.fixture
def library(db: None, tmp_path: Path, settings: Any) -> dict[str, int]:
    settings.KAIZALA_LIBRARY_DIR = str(tmp_path / "library")
    return samples.library()
