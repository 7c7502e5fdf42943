"""What the commands share: waiting for the house to do what was asked."""

import time
from collections.abc import Callable


def wait(seconds: float | None, is_over: Callable[[], bool], every: float = 1.0) -> bool:
    """Asks again and again, for at most so many seconds; whether it is over. None: asks once.

    Ctrl-C ends the waiting, not what is waited for.
    """
    ends = time.monotonic() + (seconds or 0)
    while not (over := is_over()) and time.monotonic() < ends:
        try:
            time.sleep(min(every, max(0.0, ends - time.monotonic())))
        except KeyboardInterrupt:
            return is_over()
    return over
