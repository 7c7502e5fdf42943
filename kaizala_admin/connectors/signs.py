"""What a process is called in its signs of life. Without Django: the supervisor asks before there is one."""

import os
import socket

PID = "KAIZALA_PID"  # of the process that the supervisor knows, where it is not the one that works (leash.py)


def sign_of(kind: str, pid: int | None = None) -> str:
    """ "worker:host:123": of several on one machine, and on several machines, each has its own."""
    return f"{here(kind)}{pid or os.environ.get(PID) or os.getpid()}"


def here(kind: str) -> str:
    """What the names of all of a kind on this machine begin with."""
    return f"{kind}:{socket.gethostname()}:"
