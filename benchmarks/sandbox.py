"""How fast the sandbox serves: `python -m benchmarks.sandbox` (about ten seconds).

One process of the sandbox with 25,000 people; 16 kept-alive connections on loopback, each sending its next
request when the last is answered. Prints calls a second for an empty 200, for a page of 50 subscribers and
for a message to a group, and the last two as a part of the first. Rounds alternate, so that a busy machine
strikes all three alike.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests

from tests.sandbox_process import SandboxProcess

CONNECTIONS = 16
ROUNDS = 3
SECONDS = 0.9
UNLIMITED = 10_000_000
FLOOR = 0.5


@dataclass
class Job:
    """One kind of request, with the calls answered and the seconds they took."""

    name: str
    request: bytes
    floor: Job | None = None
    calls: int = 0
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Calls a second."""
        return self.calls / self.seconds


def main() -> int:
    """Measure and print; the status is 1 when a rate is under half of its floor's."""
    with (
        tempfile.TemporaryDirectory() as folder,
        SandboxProcess(
            folder, people=25_000, no_answers=True, connector_rate=UNLIMITED, tenant_rate=UNLIMITED
        ) as process,
    ):
        jobs = _jobs(process)
        for _ in range(ROUNDS):
            for job in jobs:
                asyncio.run(_load(process.url, job))
    return _report(jobs)


def _jobs(process: SandboxProcess) -> list[Job]:
    state = process.get("/sandbox/state")
    connector = state["connectors"][0]
    names = ("applicationId", "applicationSecret")
    headers = {name: connector[name] for name in names}
    headers["refreshToken"] = connector["refreshTokens"][0]["refreshToken"]
    token = requests.get(f"{process.url}/v1/accessToken", headers=headers, timeout=10).json()["accessToken"]
    public, group = state["publicGroups"][0]["groupId"], state["groups"][4]["groupId"]
    page, message = {"count": 50}, {"message": "The market opens at six."}
    return [
        *_pair("page of 50 subscribers", f"/v1/groups/{public}/subscribers", token, page),
        *_pair("message to a group", f"/v1/groups/{group}/messages", token, message),
    ]


def _pair(name: str, path: str, token: str, body: Mapping[str, object]) -> list[Job]:
    floor = Job(f"{name}, emptily", _request("POST", "/sandbox/empty", token, body))
    return [floor, Job(name, _request("POST", path, token, body), floor)]


def _request(verb: str, path: str, token: str, body: Mapping[str, object]) -> bytes:
    content = json.dumps(body).encode()
    head = (
        f"{verb} {path} HTTP/1.1\r\nHost: sandbox\r\naccessToken: {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


async def _load(url: str, job: Job) -> None:
    parts = urlsplit(url)
    start = time.perf_counter()
    ends = start + SECONDS
    host, port = str(parts.hostname), int(parts.port or 80)
    counts = await asyncio.gather(*(_repeat(host, port, job.request, ends) for _ in range(CONNECTIONS)))
    job.calls += sum(counts)
    job.seconds += time.perf_counter() - start


async def _repeat(host: str, port: int, request: bytes, ends: float) -> int:
    reader, writer = await asyncio.open_connection(host, port)
    calls = 0
    while time.perf_counter() < ends:
        writer.write(request)
        await _read_answer(reader)
        calls += 1
    writer.close()
    await writer.wait_closed()
    return calls


async def _read_answer(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(head.decode())
    length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
    await reader.readexactly(int(length))


def _report(jobs: list[Job]) -> int:
    reached = True
    for job in jobs:
        part = job.rate / job.floor.rate if job.floor else 1.0
        reached = reached and part >= FLOOR
        print(f"{job.name:<32}{job.rate:>8,.0f} calls/s{part:>8.0%} of its floor")
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
