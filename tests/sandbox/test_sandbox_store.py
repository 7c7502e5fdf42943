"""The commit that calls share: nothing answered is lost, nothing half-done is kept."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kaizala_admin.sandbox.store import Store
from tests.sandbox.caller import Caller
from tests.sandbox_process import SandboxProcess


def test_every_message_answered_before_a_kill_is_in_the_ledger_after_it(tmp_path: Path) -> None:
    process = SandboxProcess(tmp_path, no_answers=True, connector_rate=10_000, tenant_rate=10_000).start()
    callers = [Caller(process) for _ in range(8)]
    group = callers[0].group("India programme")
    answered: list[str] = []

    def send(caller: Caller) -> None:
        for _ in range(500):
            try:
                answered.append(
                    caller.ok("POST", f"groups/{group}/messages", {"message": "m"})["referenceId"]
                )
            except OSError:
                return

    with ThreadPoolExecutor(8) as pool:
        running = [pool.submit(send, caller) for caller in callers]
        while len(answered) < 200:
            pass
        process.kill()
        for future in running:
            future.result()
    with process.start():
        kept = process.get("/sandbox/ledger/summary", text="m")["messages"]
        rows = [process.get("/sandbox/ledger", messageId=guid, limit=1)["rows"] for guid in answered[-20:]]
    assert len(answered) <= kept <= len(answered) + 8
    assert all(rows)


def fail_half_way(store: Store) -> None:
    with store.transaction():
        store.put_meta("second", "1")
        raise ZeroDivisionError


def test_a_step_that_fails_leaves_the_steps_of_other_calls_alone(tmp_path: Path) -> None:
    async def work(store: Store) -> str:
        store.put_meta("first", "1")
        with pytest.raises(ZeroDivisionError):
            fail_half_way(store)
        await store.settled()
        return store.meta("first") + store.meta("second", "none")

    store = Store(tmp_path)
    assert asyncio.run(work(store)) == "1none"
    assert store.is_settled
    store.close()
