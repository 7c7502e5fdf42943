"""The sandbox's idea of now, which a tester may push forward."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from kaizala_admin.sandbox.store import Store


class Clock:
    """Wall-clock seconds since 1970 plus an offset that survives a restart."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.offset = float(store.meta("clock_offset", "0"))

    def now(self) -> float:
        """Return seconds since 1970."""
        return time.time() + self.offset

    def advance(self, seconds: float) -> None:
        """Push the clock forward (or back) by `seconds`."""
        self._set(self.offset + seconds)

    def reset(self) -> None:
        """Go back to the real time."""
        self._set(0.0)

    def _set(self, offset: float) -> None:
        self.offset = offset
        self._store.put_meta("clock_offset", repr(offset))


def iso(seconds: float) -> str:
    """Return `yyyy-MM-ddTHH:mm:ssZ`, as Kaizala writes times."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def milliseconds(seconds: float) -> int:
    """Return the whole milliseconds since 1970 that Kaizala uses for expiries."""
    return int(seconds * 1000)
