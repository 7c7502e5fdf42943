"""The whole way: dispatcher, broker and worker as processes, real HTTP, counted on the sandbox's ledger."""

import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.outbox.house import House, wait_until
from tests.sandbox_process import SandboxProcess

pytestmark = [pytest.mark.flow, pytest.mark.machine]


@pytest.fixture(scope="module")
def phones(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    """A sandbox of our own, so that faults disturb nobody."""
    with SandboxProcess(tmp_path_factory.mktemp("phones"), people=200, no_answers=True) as process:
        process.post("/sandbox/budgets", connectorPerMinute=600_000, tenantPerMinute=600_000)
        yield process


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with every table and no row."""
    with House(tmp_path_factory.mktemp("tables")) as built:
        built.manage("migrate")
        return built.folder / "house.sqlite3"


@pytest.fixture
def house(tmp_path: Path, tables: Path, phones: SandboxProcess) -> Iterator[House]:
    phones.delete("/sandbox/faults")
    with House(tmp_path / "house", threads=8) as built:
        shutil.copy(tables, built.folder)
        yield built


Send = Callable[[int, str], None]


@pytest.fixture
def send(house: House, phones: SandboxProcess) -> Send:
    def post(count: int, text: str) -> None:
        state = phones.get("/sandbox/state")
        group_id = next(g["groupId"] for g in state["groups"] if g["groupType"] == "Group")
        house.drive(
            "post",
            url=phones.url,
            connector=state["connectors"][0],
            group_id=group_id,
            count=count,
            text=text,
        )

    return post


def copies(phones: SandboxProcess, text: str, count: int) -> list[int]:
    """How often each text was accepted."""
    return [int(phones.get("/sandbox/ledger/summary", text=f"{text} {n}")["messages"]) for n in range(count)]


def over(house: House) -> dict[str, int] | None:
    states: dict[str, int] = house.drive("states")
    return None if states.get("queued") or states.get("sending") else states


def end(process: subprocess.Popen[bytes]) -> int:
    process.send_signal(signal.SIGTERM)
    return process.wait(40)


def test_a_real_worker_sends_every_row_once_and_everything_ends_cleanly(
    house: House, send: Send, phones: SandboxProcess
) -> None:
    house.broker()
    worker, dispatcher = house.worker(), house.dispatcher()
    send(40, "once")
    assert wait_until(lambda: over(house), 60) == {"sent": 40, "attempts": 40}
    assert copies(phones, "once", 40) == [1] * 40
    assert [end(dispatcher), end(worker)] == [0, 0]


def test_without_a_broker_the_dispatcher_sends_by_itself(
    house: House, send: Send, phones: SandboxProcess
) -> None:
    dispatcher = house.dispatcher()
    send(20, "alone")
    assert wait_until(lambda: over(house), 60) == {"sent": 20, "attempts": 20}
    assert copies(phones, "alone", 20) == [1] * 20
    assert end(dispatcher) == 0


def test_a_killed_worker_leaves_doubts_but_never_sends_twice(
    house: House, send: Send, phones: SandboxProcess
) -> None:
    house.broker()
    house.dispatcher()
    phones.post("/sandbox/faults", operation="send_message", kind="slow", seconds=0.3)
    worker = house.worker()
    send(60, "killed")
    wait_until(lambda: house.drive("states").get("sent"), 60)
    worker.kill()
    worker.wait()
    phones.delete("/sandbox/faults")
    lost = house.drive("end_leases")
    assert 0 <= lost <= 8  # at most what was under way
    house.worker()
    states: dict[str, Any] = wait_until(lambda: over(house), 90)
    assert states == {"sent": 60 - lost, "attempts": 60} | ({"unknown": lost} if lost else {})
    times = copies(phones, "killed", 60)
    assert max(times) == 1
    assert sum(times) >= 60 - lost


def test_a_worker_that_is_told_to_end_finishes_what_it_does(
    house: House, send: Send, phones: SandboxProcess
) -> None:
    house.broker()
    dispatcher = house.dispatcher()
    phones.post("/sandbox/faults", operation="send_message", kind="slow", seconds=0.5)
    worker = house.worker()
    send(200, "deploy")
    wait_until(lambda: house.drive("states").get("sent"), 60)
    assert [end(dispatcher), end(worker)] == [0, 0]  # in this order: without a worker it would make the calls
    states = house.drive("states")
    assert (states.get("sending", 0), states.get("unknown", 0)) == (0, 0)
    assert states["queued"] > 0
    assert sum(copies(phones, "deploy", 200)) == states["sent"]
