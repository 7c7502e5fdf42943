"""The arithmetic of one budget: GCRA, spaced calls with a small burst (design, Limits; reliability 1.8)."""

from dataclasses import dataclass

from .models import Bucket

HEADROOM = 0.95  # an exact limiter still goes over on the wire
BURST_SECONDS, LEAST_BURST = 0.25, 3
SLOWER = 0.9  # the pace for a while after a 429
SLOW_FOR = 600.0  # seconds
LONGEST_PAUSE = 3600.0  # seconds


@dataclass(frozen=True)
class Pace:
    """How fast one budget may be used. Any 60 seconds see at most `calls_per_minute` grants."""

    calls_per_minute: int

    @property
    def burst(self) -> int:
        """Calls that may go at once after a rest."""
        wanted = max(LEAST_BURST, int(self.calls_per_minute / 60 * BURST_SECONDS))
        return max(1, min(wanted, self.calls_per_minute // 3))

    @property
    def per_minute(self) -> float:
        """The steady rate. A minute sees fewer calls than rate + burst: small budgets make room for it."""
        return min(self.calls_per_minute * HEADROOM, self.calls_per_minute + HEADROOM - self.burst)

    def spacing(self, slowed: bool) -> float:
        """Seconds between two calls."""
        return 60 / (self.per_minute * (SLOWER if slowed else 1.0))


@dataclass
class Budget:
    """One bucket under its lock. Times are seconds since the epoch on the database's clock."""

    bucket: Bucket
    pace: Pace

    def room(self, now: float) -> int:
        """Calls that may go now."""
        if self._rest(now):
            return 0
        return max(0, int(self.pace.burst - self._ahead(now) / self._spacing(now) + 1e-6))

    def wait(self, now: float) -> float:
        """Seconds until one call may go."""
        spaced = self._ahead(now) - (self.pace.burst - 1) * self._spacing(now)
        return max(0.0, self._rest(now), spaced)

    def use(self, now: float, calls: int) -> None:
        """Counts the calls, whether there was room or not; at most a minute's worth of debt is remembered."""
        used = now + self._ahead(now) + calls * self._spacing(now)
        self.bucket.next_at = min(used, now + self._most(now))

    def _ahead(self, now: float) -> float:
        """Seconds of calls already given."""
        return _left(self.bucket.next_at, now, self._most(now))

    def _rest(self, now: float) -> float:
        """Seconds of the pause that are left."""
        return _left(self.bucket.paused_until, now, LONGEST_PAUSE)

    def _most(self, now: float) -> float:
        return 60 + self.pace.burst * self._spacing(now)

    def _spacing(self, now: float) -> float:
        return self.pace.spacing(slowed=self.bucket.slowed_until > now)


def _left(until: float, now: float, most: float) -> float:
    """Seconds from now. Far more than was ever written down: the clock was set back, so nothing holds."""
    left = max(until - now, 0.0)
    return left if left <= 2 * most else 0.0
