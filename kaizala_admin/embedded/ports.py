"""Which ports the console and the sandbox listen on."""

import json
import socket
from pathlib import Path

from .terminal import CannotStart

HOST = "127.0.0.1"
NEIGHBOURS = 50  # ports after the console's that the sandbox tries at the first start


def is_free(port: int) -> bool:
    """Nobody listens on this port of this machine."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def any_free() -> int:
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def web_port(wanted: int) -> int:
    """The console's port; 0 takes any. Raises CannotStart when it is taken."""
    if not 0 <= wanted <= 65_535:
        raise CannotStart(f"{wanted} is no port. Choose one between 1024 and 65535: bin/run --port 8010")
    if wanted and not is_free(wanted):
        other = next((port for port in range(wanted + 2, min(wanted + 50, 65_535)) if is_free(port)), 8010)
        raise CannotStart(
            f"Port {wanted} is taken by another program. Choose another one: bin/run --port {other}"
        )
    return wanted or any_free()


def sandbox_port(keep: Path, web: int) -> int:
    """The sandbox's port: the console's neighbour at the first start, then always the same.

    The connector's API root names it, so it is kept in `keep`. Raises CannotStart when the kept one is taken.
    """
    if keep.exists():
        port = int(json.loads(keep.read_text())["sandbox"])
        if port == web or not is_free(port):
            raise CannotStart(
                f"Port {port}, which the sandbox keeps, is taken. Stop that program, or edit {keep}."
            )
        return port
    near = (port for port in range(web + 1, min(web + NEIGHBOURS, 65_536)) if is_free(port))
    port = next(near, 0) or any_free()
    keep.write_text(json.dumps({"sandbox": port}))
    return port
