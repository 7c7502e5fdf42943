"""What came over the wire: counts by operation, and the last 500 calls in full."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from typing import Any

from kaizala_admin.sandbox.clock import iso

KEPT = 500
_BODY_LIMIT = 20_000
RawHeaders = tuple[tuple[bytes, bytes], ...]
_SECRET = frozenset(("accesstoken", "refreshtoken", "applicationsecret"))


class Tally:
    """One operation's counts; `accepted` are the calls that took effect, however they were answered."""

    __slots__ = ("accepted", "statuses", "total")

    def __init__(self) -> None:
        self.total = 0
        self.accepted = 0
        self.statuses: Counter[int] = Counter()

    def shown(self) -> dict[str, Any]:
        """Return the counts as the control plane shows them; status 0 is a cut connection."""
        statuses = {str(status): count for status, count in sorted(self.statuses.items())}
        return {"total": self.total, "accepted": self.accepted, "byStatus": statuses}


class Calls:
    """Counters since the start or the last reset; in memory only."""

    def __init__(self) -> None:
        self.tallies: dict[str, Tally] = {}
        self.minutes: Counter[int] = Counter()
        self.recent: deque[tuple[str, str, str, RawHeaders, bytes, int, float]] = deque(maxlen=KEPT)

    def note(
        self,
        operation: str,
        verb: str,
        path: str,
        headers: RawHeaders,
        body: bytes,
        status: int,
        accepted: bool,
        at: float,
    ) -> None:
        """Count one finished call; `at` is in seconds since 1970."""
        tally = self.tallies.get(operation)
        if tally is None:
            tally = self.tallies[operation] = Tally()
        tally.total += 1
        tally.accepted += accepted
        tally.statuses[status] += 1
        self.minutes[int(at // 60)] += 1
        self.recent.append((operation, verb, path, headers, body[:_BODY_LIMIT], status, at))

    def clear(self) -> None:
        """Start counting anew."""
        self.tallies.clear()
        self.minutes.clear()
        self.recent.clear()

    def shown(self, operation: str = "") -> dict[str, Any]:
        """Return the totals, of one operation or of all."""
        chosen = {name: tally for name, tally in self.tallies.items() if operation in ("", name)}
        return {
            "total": sum(tally.total for tally in chosen.values()),
            "byOperation": {name: tally.shown() for name, tally in sorted(chosen.items())},
            "perMinute": [
                {"minute": iso(minute * 60), "calls": count} for minute, count in sorted(self.minutes.items())
            ],
            "throttled": sum(tally.statuses[429] for tally in chosen.values()),
        }

    def shown_recent(self, limit: int) -> list[dict[str, Any]]:
        """Return the newest calls first; of a secret header only its last 6 characters."""
        newest = list(self.recent)[::-1][:limit]
        return [_shown_call(*call) for call in newest]


def _shown_call(
    operation: str, verb: str, path: str, headers: RawHeaders, body: bytes, status: int, at: float
) -> dict[str, Any]:
    return {
        "operation": operation,
        "method": verb,
        "path": path,
        "headers": _shown_headers(headers),
        "body": body.decode("utf-8", "replace"),
        "status": status,
        "at": iso(at),
    }


def _shown_headers(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    shown = {}
    for raw_name, raw_value in headers:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        if name.lower() in _SECRET:
            shown[name] = f"...{value[-6:]}"
        elif name.lower() in ("content-type", "applicationid", "user-agent", "content-length"):
            shown[name] = value
        else:
            shown[name] = ""
    return shown
