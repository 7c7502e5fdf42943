"""A process that dies where a test says, without the second that a fresh interpreter costs."""

import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from itertools import count
from typing import Any, NoReturn

from django.db import connection, connections

from kaizala_admin.connectors import call_log

KILLED = -signal.SIGKILL
LONGEST = 400.0  # seconds that a child may live


def fork(work: Callable[[], object]) -> int:
    """Starts `work` in a child, with database connections of its own. Returns its process id."""
    quiet()
    connections.close_all()
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        _work_and_end(work)
    return pid


def quiet() -> None:
    """Nobody writes the call log: born while a thread is inside SQLite, a child would wait for its mutex."""
    call_log.flush()
    for thread in threading.enumerate():
        if isinstance(thread, threading.Timer):
            thread.join()


def ending(pid: int) -> int:
    """The exit code of a child, negative for a signal. One that does not end is killed."""
    ends = time.monotonic() + LONGEST
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > ends:
            os.kill(pid, signal.SIGKILL)
            raise TimeoutError(f"a child still lived after {LONGEST:.0f} s")
        time.sleep(0.01)


def run(work: Callable[[], object]) -> int:
    return ending(fork(work))


def run_dying(work: Callable[[], object], at: int) -> int:
    """Runs `work` in a child that dies before its query number `at`: a point in the work, not in time."""

    def mined() -> None:
        asked = count(1)

        def ask(execute: Callable[..., Any], *given: Any) -> Any:
            if next(asked) == at:
                die()
            return execute(*given)

        with connection.execute_wrapper(ask):
            work()

    return run(mined)


def die() -> NoReturn:
    """kill -9 of this very process: no cleaning up, no rollback, no goodbye."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("still alive")


def die_before(place: Any, name: str, only: Callable[..., bool] = lambda *_, **__: True) -> None:
    """Replaces `place.name` by one that dies when it is called. In a child only: it is never put back."""
    real = getattr(place, name)

    def mined(*given: Any, **named: Any) -> Any:
        if only(*given, **named):
            die()
        return real(*given, **named)

    setattr(place, name, mined)


def die_after(place: Any, name: str, only: Callable[..., bool] = lambda *_, **__: True) -> None:
    """The same, but the real thing is done first."""
    real = getattr(place, name)

    def mined(*given: Any, **named: Any) -> Any:
        result = real(*given, **named)
        if only(*given, **named):
            die()
        return result

    setattr(place, name, mined)


def _work_and_end(work: Callable[[], object]) -> NoReturn:
    code = 1
    try:
        work()
        code = 0
    except BaseException:  # noqa: BLE001
        traceback.print_exc()
    finally:
        os._exit(code)
