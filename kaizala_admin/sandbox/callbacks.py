"""Delivers events to the subscribers' URLs (contract 14): at least once, with retries, then auto-disable.

A delivery that is not answered with 2xx within 10 seconds is tried six times more, each wait twice the last,
over two days of the sandbox's clock; then its webhook is inactive, and what waits for it is given up. What
was on its way when the process died is sent again.
"""

from __future__ import annotations

import asyncio
import secrets
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from kaizala_admin.sandbox.world import World

VALIDATION_SECONDS = 5
ANSWER_SECONDS = 10
RETRIES = 6
FIRST_WAIT = 2 * 86_400 / (2**RETRIES - 1)
_AT_ONCE = 16
_DUE = """SELECT c.id, c.webhook_id, c.body, c.tries, w.url, w.token FROM callbacks c JOIN webhooks w
  ON w.id = c.webhook_id
  WHERE c.state = 'waiting' AND c.due_at <= ? AND w.active ORDER BY c.due_at, c.id LIMIT 200"""


async def answers_validation(url: str) -> bool:
    """GET the URL with a `validationToken`, the only parameter when it has none.

    Say whether it came back in 5 s.
    """
    token = secrets.token_hex(16)
    joint = "&" if urlsplit(url).query else "?"
    limit = aiohttp.ClientTimeout(total=VALIDATION_SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=limit) as web,
            web.get(f"{url}{joint}validationToken={token}", allow_redirects=False) as answer,
        ):
            text = (await answer.content.read(1000)).decode("utf-8", "replace")
            return answer.status == 200 and text.strip() == token
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
        return False


class Callbacks:
    """The loop that delivers; `wake` tells it that something is due or that the clock has moved."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._due = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        world.wake_callbacks = self._due.set

    def start(self) -> None:
        """Begin to deliver."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """End; what is on its way will be sent again."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        limit = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
        async with aiohttp.ClientSession(timeout=limit) as web:
            while True:
                self._due.clear()
                while await self._deliver_due(web):
                    pass
                await self._sleep()

    async def _sleep(self) -> None:
        try:
            await asyncio.wait_for(self._due.wait(), 1.0)
        except TimeoutError:
            return

    async def _deliver_due(self, web: aiohttp.ClientSession) -> bool:
        await self.world.store.settled()
        rows = self.world.store.all(_DUE, (self.world.clock.now(),))
        gate = asyncio.Semaphore(_AT_ONCE)
        await asyncio.gather(*(self._deliver(web, gate, *row) for row in rows))
        return bool(rows)

    async def _deliver(
        self,
        web: aiohttp.ClientSession,
        gate: asyncio.Semaphore,
        row_id: int,
        webhook_id: int,
        body: str,
        tries: int,
        url: str,
        token: str,
    ) -> None:
        async with gate:
            answer = await _post(web, url, token, body)
        self._settle(row_id, webhook_id, tries + 1, answer)

    def _settle(self, row_id: int, webhook_id: int, tries: int, answer: str) -> None:
        state = "delivered" if answer.startswith("2") else "failed" if tries > RETRIES else "waiting"
        due = self.world.clock.now() + FIRST_WAIT * 2 ** (tries - 1)
        sql = "UPDATE callbacks SET state = ?, tries = ?, answer = ?, due_at = ? WHERE id = ?"
        self.world.store.run(sql, (state, tries, answer, due, row_id))
        if state == "failed":
            self._disable(webhook_id)

    def _disable(self, webhook_id: int) -> None:
        store = self.world.store
        store.run("UPDATE webhooks SET active = 0 WHERE id = ?", (webhook_id,))
        store.run(
            "UPDATE callbacks SET state = 'failed' WHERE webhook_id = ? AND state = 'waiting'", (webhook_id,)
        )


async def _post(web: aiohttp.ClientSession, url: str, token: str, body: str) -> str:
    headers: dict[str, Any] = {"Content-Type": "application/json; charset=utf-8"}
    if token:
        headers["kz-callback-token"] = token
    try:
        async with web.post(url, data=body.encode(), headers=headers, allow_redirects=False) as answer:
            return str(answer.status)
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        return type(error).__name__
