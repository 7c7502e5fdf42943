"""How fast the outbox sends, against a bare loop of requests at the same concurrency, in the same run.

`python -m benchmarks.outbox [--rows 2000] [--threads 16] [--latency 0.05] [--database URL]`

The full path: rows in the database, dispatcher, broker, worker threads, real HTTP to the sandbox with raised
budgets, attempts and API call log written. Prints calls a second for both and the part the outbox reaches.
"""

import argparse
import os
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import requests

from tests.outbox.house import SETTINGS, House, wait_until
from tests.sandbox_process import SandboxProcess

WIDE = 6_000_000  # calls a minute


def main() -> None:
    """Prints one line for each latency."""
    asked = _arguments()
    with (
        tempfile.TemporaryDirectory() as folder,
        SandboxProcess(Path(folder) / "sandbox", people=300, no_answers=True) as sandbox,
        House(Path(folder) / "house", asked.threads, asked.database) as house,
    ):
        sandbox.post("/sandbox/budgets", connectorPerMinute=WIDE, tenantPerMinute=WIDE)
        _prepare(house)
        for latency in asked.latency:
            _compare(sandbox, latency, asked.rows, asked.threads)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--threads", type=int, default=16)
    parser.add_argument("--latency", type=float, nargs="*", default=[0.05, 0.0], help="seconds")
    parser.add_argument(
        "--database", default="", help="a DATABASE_URL; default: SQLite in a temporary folder"
    )
    return parser.parse_args()


def _prepare(house: House) -> None:
    house.broker()
    os.environ.update(house.environment)
    house.manage("migrate")
    house.worker()
    house.dispatcher()
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = SETTINGS
    django.setup()


def _compare(sandbox: SandboxProcess, latency: float, rows: int, threads: int) -> None:
    sandbox.delete("/sandbox/faults")
    if latency:
        sandbox.post("/sandbox/faults", operation="send_message", kind="slow", seconds=latency)
    bare = _bare(sandbox, rows, threads)
    ours = _ours(sandbox, rows, f"benchmark {latency} {time.time()}")
    print(
        f"latency {latency * 1000:3.0f} ms, {threads} threads, {rows} calls: bare {bare:.0f}/s, "
        f"outbox {ours:.0f}/s, {100 * ours / bare:.0f} %",
        flush=True,
    )


def _bare(sandbox: SandboxProcess, rows: int, threads: int) -> float:
    """Calls a second of a plain loop: the same request, a pooled session, no database."""
    from kaizala_admin.kaizala import KaizalaClient

    known = sandbox.get("/sandbox/state")["connectors"][0]
    client = KaizalaClient(
        sandbox.url, known["applicationId"], known["applicationSecret"], _token(known), auto_refresh=False
    )
    access = client.generate_access_token()
    session = requests.Session()
    session.trust_env = False
    session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=threads))
    url = f"{sandbox.url}/v1/groups/{_group(sandbox)}/messages"

    def send(number: int) -> None:
        answer = session.post(
            url, json={"message": f"bare {number}"}, headers={"accessToken": access.access_token}, timeout=30
        )
        answer.raise_for_status()

    started = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(send, range(rows)))
    return rows / (time.perf_counter() - started)


def _ours(sandbox: SandboxProcess, rows: int, text: str) -> float:
    """Calls a second from the post to the last settled row; every row must be sent, each once."""
    from kaizala_admin.outbox import services
    from kaizala_admin.outbox.models import State
    from tests.outbox.line.models import Parcel

    grant = _grant(sandbox)
    group_id = _group(sandbox)
    line: list[Any] = [
        Parcel(connector=grant.connector, grant=grant, group_id=group_id, text=text) for _ in range(rows)
    ]
    started = time.perf_counter()
    services.post(line)
    ours = Parcel.objects.filter(text=text)
    try:
        wait_until(lambda: not ours.filter(state__in=[State.QUEUED, State.SENDING]).exists(), 120, 0.05)
    finally:
        taken = time.perf_counter() - started
        sent = ours.filter(state=State.SENT).count()
        accepted = sandbox.get("/sandbox/ledger/summary", text=text)["messages"]
        if (sent, accepted) != (rows, rows):
            print(f"{rows} rows: {sent} sent, {accepted} accepted by the sandbox", flush=True)
    return rows / taken


def _grant(sandbox: SandboxProcess) -> Any:
    from kaizala_admin.connectors.models import Connector, Grant, Tenant

    known = sandbox.get("/sandbox/state")["connectors"][0]
    tenant, _ = Tenant.objects.get_or_create(name="Benchmark", calls_per_minute=WIDE)
    connector, _ = Connector.objects.get_or_create(
        tenant=tenant,
        name="Benchmark",
        api_root=sandbox.url,
        calls_per_minute=WIDE,
        defaults={
            "application_id": known["applicationId"],
            "application_secret": known["applicationSecret"],
        },
    )
    return connector.grants.first() or Grant.objects.create(
        connector=connector, name="All", refresh_token=_token(known)
    )


def _token(known: dict[str, Any]) -> str:
    return str(next(t["refreshToken"] for t in known["refreshTokens"] if t["kind"] == "tenant"))


def _group(sandbox: SandboxProcess) -> str:
    groups = sandbox.get("/sandbox/state")["groups"]
    return str(next(g["groupId"] for g in groups if g["groupType"] == "Group"))


if __name__ == "__main__":
    main()
