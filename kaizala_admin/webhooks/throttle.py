"""How many events a subscription may bring a second, in each web process. Beyond it: 429, and come again."""

import threading
import time
from collections.abc import Callable

from django.conf import settings

BURST = 2  # seconds' worth that may come at once
MOST = 10_000  # subscriptions remembered; then all start afresh


class Throttle:
    """A token bucket for each key, on a clock that never goes back."""

    def __init__(self, rate: Callable[[], float], clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._clock = rate, clock
        self._left: dict[int, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def lets_in(self, key: int) -> bool:
        """Whether one more may come now."""
        rate, now = self._rate(), self._clock()
        with self._lock:
            left, then = self._left.get(key, (rate * BURST, now))
            left = min(rate * BURST, left + (now - then) * rate)
            if len(self._left) >= MOST and key not in self._left:
                self._left.clear()
            self._left[key] = (left - 1 if left >= 1 else left, now)
        return left >= 1


throttle = Throttle(lambda: float(settings.KAIZALA_EVENT_RATE))
