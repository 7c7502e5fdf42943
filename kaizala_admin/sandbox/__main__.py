"""`python -m kaizala_admin.sandbox --port N --data DIR`: run the stand-in until it is told to stop."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path

from aiohttp import web

from kaizala_admin.sandbox.server import HEADER_ROOM, make_app, open_world
from kaizala_admin.sandbox.world import Options


def main() -> int:
    """Read the options, serve, and return the exit status."""
    arguments = _parser().parse_args()
    options = Options(
        data=arguments.data,
        people=arguments.people,
        seed=arguments.seed,
        connector_rate=arguments.connector_rate,
        tenant_rate=arguments.tenant_rate,
        answers=not arguments.no_answers,
    )
    try:
        asyncio.run(_serve(options, arguments))
    except OSError as error:
        print(f"The sandbox cannot listen on {arguments.host}:{arguments.port}: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="kaizala_admin.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--data", type=Path, required=True, help="folder for the state")
    parser.add_argument("--people", type=int, default=25_000, help="size of the organisation")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--connector-rate", type=int, default=100, help="calls a minute of a connector")
    parser.add_argument("--tenant-rate", type=int, default=300, help="calls a minute of a tenant")
    parser.add_argument("--no-answers", action="store_true", help="nobody answers by themselves")
    parser.add_argument("--fresh", action="store_true", help="throw the old state away")
    parser.add_argument("--parent-pid", type=int, default=0, help="stop when this process is gone")
    return parser


async def _serve(options: Options, arguments: argparse.Namespace) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    world = open_world(options, arguments.fresh)
    runner = web.AppRunner(
        make_app(world),
        access_log=None,
        max_line_size=HEADER_ROOM,
        max_field_size=HEADER_ROOM,
        shutdown_timeout=0.2,
    )
    await runner.setup()
    try:
        site = web.TCPSite(runner, arguments.host, arguments.port, backlog=1024)
        await site.start()
        world.root = f"http://{arguments.host}:{runner.addresses[0][1]}"
        print(f"sandbox ready {world.root}", flush=True)  # noqa: T201
        await _until(stop, arguments.parent_pid)
    finally:
        await runner.cleanup()
        world.store.close()


async def _until(stop: asyncio.Event, parent: int) -> None:
    """Wait for the signal, or for the end of the parent process, looked for twice a second."""
    while not stop.is_set():
        try:
            await asyncio.wait_for(stop.wait(), 0.5 if parent else None)
        except TimeoutError:
            if not _is_alive(parent):
                return


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


if __name__ == "__main__":
    sys.exit(main())
