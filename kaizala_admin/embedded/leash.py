"""Runs a command that ends with its parent, however the parent ends.

`python leash.py PARENT_PID COMMAND...`: on Linux the kernel keeps the promise and the command replaces this
process; elsewhere this process stays and watches. Run by path, so it imports the standard library only.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from typing import NoReturn

PR_SET_PDEATHSIG = 1
LOOK_EVERY = 0.5  # seconds


def leash() -> None:
    """Asks the kernel to kill this process when its parent dies; the wish survives exec."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL):
        raise OSError(ctypes.get_errno(), "prctl")


def watch(parent: int, command: list[str]) -> int:
    """Runs the command in this process group and kills the group when the parent is gone."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, lambda number, _: process.send_signal(number))
    process = subprocess.Popen(command, env={**os.environ, "KAIZALA_PID": str(os.getpid())})  # noqa: S603
    while process.poll() is None:
        if os.getppid() != parent:
            os.killpg(0, signal.SIGKILL)
        time.sleep(LOOK_EVERY)
    return process.returncode


def main() -> NoReturn:
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if not sys.platform.startswith("linux"):
        sys.exit(watch(parent, command))
    leash()
    if os.getppid() != parent:  # it died before the wish
        sys.exit(1)
    os.execvp(command[0], command)  # noqa: S606


if __name__ == "__main__":
    main()
