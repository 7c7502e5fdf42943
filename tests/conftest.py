"""Fixtures that every test may use."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sandbox_process import SandboxProcess


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    """One small sandbox for the whole run; a test that needs a clean one posts to /sandbox/reset."""
    with SandboxProcess(tmp_path_factory.mktemp("sandbox"), people=300, no_answers=True) as process:
        yield process
