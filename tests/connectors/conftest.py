"""A connector over the sandbox, over real HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from kaizala_admin.connectors import call_log
from kaizala_admin.connectors.models import Connector, Grant, Tenant
from tests.sandbox_process import SandboxProcess


@pytest.fixture
def fresh_sandbox(sandbox: SandboxProcess) -> SandboxProcess:
    sandbox.post("/sandbox/reset", seed=1, people=300)
    sandbox.post("/sandbox/clock", reset=True)
    sandbox.delete("/sandbox/faults")
    sandbox.delete("/sandbox/calls")
    return sandbox


@pytest.fixture
def seeded(fresh_sandbox: SandboxProcess) -> dict[str, Any]:
    """The sandbox's own connector, as its control plane tells it."""
    found: dict[str, Any] = fresh_sandbox.get("/sandbox/state")["connectors"][0]
    return found


@pytest.fixture
def connector(db: None, fresh_sandbox: SandboxProcess, seeded: dict[str, Any]) -> Connector:
    tenant = Tenant.objects.create(name="Harvest & Health Alliance", default_region="IN")
    return Connector.objects.create(
        tenant=tenant,
        name="Main",
        api_root=fresh_sandbox.url,
        application_id=seeded["applicationId"],
        application_secret=seeded["applicationSecret"],
    )


@pytest.fixture
def tenant_token(seeded: dict[str, Any]) -> str:
    return str(next(t["refreshToken"] for t in seeded["refreshTokens"] if t["kind"] == "tenant"))


@pytest.fixture
def grant(connector: Connector, tenant_token: str) -> Grant:
    return Grant.objects.create(
        connector=connector, name="Everything", kind=Grant.Kind.TENANT, refresh_token=tenant_token
    )


@pytest.fixture(autouse=True)
def no_calls_left_over() -> Any:
    """What one test logged must not be written during the next one."""
    yield
    call_log.writer._waiting.clear()


def token_calls(sandbox: SandboxProcess) -> int:
    """How often the sandbox was asked for an access token."""
    counts = sandbox.get("/sandbox/calls")["byOperation"].get("generate_access_token", {"total": 0})
    return int(counts["total"])
