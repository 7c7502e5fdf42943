"""A recording server and a client that talks to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from kaizala_admin.kaizala import Access, KaizalaClient, new_session
from tests.sandbox_process import SandboxProcess

from .recorder import GOOD_TOKEN, Recorder
from .world import NEWCOMER, RATE, SECOND, World

MakeClient = Callable[..., KaizalaClient]


@pytest.fixture
def server() -> Iterator[Recorder]:
    with Recorder() as recorder:
        yield recorder


@pytest.fixture
def other_server() -> Iterator[Recorder]:
    with Recorder() as recorder:
        yield recorder


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with new_session() as made:
        yield made


@pytest.fixture
def make_client(server: Recorder, session: requests.Session) -> MakeClient:
    def make(**options: Any) -> KaizalaClient:
        access = Access(GOOD_TOKEN, options.pop("endpoint", server.url), datetime(2030, 1, 1, tzinfo=UTC))
        chosen: dict[str, Any] = {"session": session, "access": access, "auto_refresh": False, **options}
        root = chosen.pop("api_root", server.url)
        return KaizalaClient(root, "app-1", "SECRET0001", "refresh-token-0001", **chosen)

    return make


@pytest.fixture
def client(make_client: MakeClient) -> KaizalaClient:
    return make_client()


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("contract")
    options = {"people": 300, "no_answers": True, "connector_rate": RATE, "tenant_rate": RATE}
    with SandboxProcess(folder, **options) as sandbox:
        yield World(sandbox)


@pytest.fixture(scope="session")
def group(world: World) -> str:
    """A group of our own, with two members beside the caller."""
    return world.client.create_group("Contract", "Welcome", [NEWCOMER, SECOND]).group_id
