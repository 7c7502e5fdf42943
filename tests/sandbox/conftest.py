"""A clean sandbox and its callers for each test of the sandbox itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sandbox.caller import Caller, Receiver
from tests.sandbox_process import SandboxProcess


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    """One process a module, with budgets that no test uses up by accident."""
    folder = tmp_path_factory.mktemp("sandbox")
    with SandboxProcess(folder, no_answers=True, connector_rate=10_000, tenant_rate=10_000) as running:
        yield running


@pytest.fixture
def admin(process: SandboxProcess) -> Caller:
    """The seeded administrator, with a tenant-level token, in a fresh sandbox."""
    process.post("/sandbox/reset", seed=1, people=300)
    return Caller(process)


@pytest.fixture
def officer(admin: Caller) -> Caller:
    """The seeded user with a plain user token."""
    return Caller(admin.sandbox, "user")


@pytest.fixture
def group_token(admin: Caller) -> Caller:
    """The token of the top group."""
    return Caller(admin.sandbox, "group")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A callback URL."""
    listening = Receiver()
    yield listening
    listening.close()
