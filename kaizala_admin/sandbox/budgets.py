"""The two call budgets of contract 1.7: 100 a minute per connector and 300 per tenant, over any 60 seconds.

The windows truly slide: a call is allowed when fewer than the limit were accepted in the 60 seconds before
it. A refused call does not count. The windows live in memory; a restart forgets them.
"""

from __future__ import annotations

import math
from collections import deque

WINDOW = 60.0


class Window:
    """The times, in seconds, of the calls accepted in the last minute."""

    __slots__ = ("limit", "times")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.times: deque[float] = deque()

    def wait(self, now: float) -> float:
        """Return the seconds until a call is allowed, 0 when it is allowed now."""
        times = self.times
        while times and times[0] <= now - WINDOW:
            times.popleft()
        if len(times) < self.limit:
            return 0.0
        if self.limit <= 0:
            return WINDOW
        return times[len(times) - self.limit] + WINDOW - now


class Budgets:
    """Both windows of every connector and tenant, by their row ids."""

    def __init__(self) -> None:
        self.connectors: dict[int, Window] = {}
        self.tenants: dict[int, Window] = {}

    def take(self, connector: tuple[int, int], tenant: tuple[int, int], now: float) -> int:
        """Count one call of `(id, limit)` twice, or return the whole seconds to wait (0 = counted)."""
        first = _window(self.connectors, *connector)
        second = _window(self.tenants, *tenant)
        wait = max(first.wait(now), second.wait(now))
        if wait > 0:
            return max(1, math.ceil(wait))
        first.times.append(now)
        second.times.append(now)
        return 0

    def clear(self) -> None:
        """Forget every call."""
        self.connectors.clear()
        self.tenants.clear()


def _window(windows: dict[int, Window], key: int, limit: int) -> Window:
    window = windows.get(key)
    if window is None:
        window = windows[key] = Window(limit)
    window.limit = limit
    return window
