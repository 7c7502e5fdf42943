"""The paced dispatcher: one leader grants permits and rings the workers (design, Limits; reliability 1.8)."""

import logging
import os
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import redis
from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection
from kombu.exceptions import OperationalError

from kaizala_admin.connectors import heartbeats, instance, leases
from kaizala_admin.connectors.clock import later

from . import nudges
from .claims import permitted
from .granting import PERMIT_LIFE, Leadership, Memory, NotLeader, Round, grant_round
from .pump import pump
from .registry import row_classes
from .sweeper import sweep
from .tasks import pump_connector

log = logging.getLogger(__name__)

LEASE, LEASE_TTL = "dispatcher", timedelta(seconds=15)
RENEW_EVERY, STAND_BY, SWEEP_EVERY = 5.0, 5.0, 10.0  # seconds
PAUSE = 0.05  # seconds between two rounds at least, however often it is nudged
AFTER_AN_ERROR = 1.0  # seconds
PATIENCE = timedelta(seconds=5)  # that a permit waits for a worker before the dispatcher makes the call


class Dispatcher:
    """Run it in a process of its own; as many as wanted may stand by."""

    def __init__(self, stop: threading.Event) -> None:
        self.stop = stop
        self.owner = f"{socket.gethostname()}:{os.getpid()}:{id(self)}"
        self.leadership: Leadership | None = None
        self.memory = Memory()
        self.broker = nudges.bell() is not None
        self.hands = ThreadPoolExecutor(settings.KAIZALA_WORKER_THREADS, thread_name_prefix="dispatch")
        self._renewed = self._swept = 0.0
        self._nudged = False
        self._rung: dict[int, float] = {}
        self._unheard: dict[int, float] = {}  # connector: since when its permits wait for a worker

    def run(self) -> None:
        """Until `stop` is set. A database that is away is waited for."""
        try:
            while not self.stop.is_set():
                self._sleep(self._step_safely())
        finally:
            self.hands.shutdown(wait=True)
            if self.leadership:
                leases.release(LEASE, self.owner)

    def step(self) -> float:
        """One round, if we lead. Returns seconds to wait."""
        if not self._lead():
            return _until_the_lease_ends()
        self._sweep_without_broker()
        assert self.leadership is not None
        done = grant_round(self.memory, self.leadership)
        self._ring(done)
        return done.wait

    def _step_safely(self) -> float:
        try:
            return self.step()
        except NotLeader:
            log.warning("Another dispatcher leads now; standing by")
            self.leadership = None
            return STAND_BY
        except DatabaseError as error:
            log.error("The database does not answer: %s", type(error).__name__)
            connection.close()
            return AFTER_AN_ERROR

    def _lead(self) -> bool:
        if self.leadership is None:
            fence = leases.acquire(LEASE, self.owner, LEASE_TTL)
            self.leadership = None if fence is None else Leadership(LEASE, self.owner, fence)
            if self.leadership and instance.held_since():
                log.warning(
                    "This database was restored or copied: nothing is sent until an administrator agrees"
                )
        elif time.monotonic() - self._renewed < RENEW_EVERY:
            return True
        elif not leases.renew(LEASE, self.owner, LEASE_TTL):
            self.leadership = None
        if self.leadership:
            self._renewed = time.monotonic()
            heartbeats.beat("dispatcher")
        return self.leadership is not None

    def _ring(self, done: Round) -> None:
        """Once per useful worker; once a second at most for those whose workers are at it already."""
        now = time.monotonic()
        for connector_id, rows in done.granted.items():
            busy = connector_id in done.behind
            self._call(connector_id, 1 if busy else min(rows, settings.KAIZALA_WORKER_THREADS))
            self._rung[connector_id] = now
        for connector_id in done.behind:
            if now - self._rung.get(connector_id, 0.0) >= 1.0:
                self._call(connector_id, 1)
                self._rung[connector_id] = now
        self._help(done.behind, now)

    def _help(self, behind: list[int], now: float) -> None:
        """A broker that is up may have no worker that hears it (reliability 1.2): then we lend a hand."""
        self._unheard = {connector_id: self._unheard.get(connector_id, now) for connector_id in behind}
        for connector_id, since in self._unheard.items():
            if now - since >= PATIENCE.total_seconds():
                self._unheard[connector_id] = now
                if _waits_long(connector_id):
                    self.hands.submit(_pump_here, connector_id)

    def _call(self, connector_id: int, times: int) -> None:
        """Rings the workers. Without a broker the rows are done here, at the same pace (reliability 1.8)."""
        for _ in range(times):
            if not (self.broker and self._heard(connector_id)):
                self.hands.submit(_pump_here, connector_id)

    def _heard(self, connector_id: int) -> bool:
        try:
            if nudges.bells_waiting() < nudges.MOST_WAITING:
                pump_connector.apply_async(args=(connector_id,), expires=nudges.RING_LIFE)
        except (redis.RedisError, OperationalError) as error:
            self._broker_is(False, type(error).__name__)
        return self.broker

    def _sleep(self, seconds: float) -> None:
        """Until there may be more to give, or a nudge."""
        ends = time.monotonic() + seconds
        self.stop.wait(min(seconds, PAUSE))
        while not self.stop.is_set() and (left := ends - time.monotonic()) > 0:
            if self.leadership is None or not self._listen(min(left, 1.0)):
                self.stop.wait(min(left, 1.0))
            elif self._nudged:
                return

    def _listen(self, seconds: float) -> bool:
        """Waits at the bell. False: there is no bell to wait at."""
        try:
            self._nudged = nudges.wait_for_nudge(seconds)
        except redis.RedisError as error:
            self._broker_is(False, type(error).__name__)
            return False
        self._broker_is(True)
        return True

    def _broker_is(self, up: bool, why: str = "") -> None:
        if up != self.broker:
            log.warning("The broker is back" if up else f"The broker is gone ({why}); sending from here")
        self.broker = up

    def _sweep_without_broker(self) -> None:
        """Beat's sweep needs the broker; without it we do it."""
        if not self.broker and time.monotonic() - self._swept >= SWEEP_EVERY:
            self._swept = time.monotonic()
            sweep()


def _until_the_lease_ends() -> float:
    """Seconds. A leader that lives renews long before; the lease of a dead one is taken once it is over."""
    return max(PAUSE, min(STAND_BY, leases.seconds_left(LEASE) + PAUSE))


def _waits_long(connector_id: int) -> bool:
    """Whether a permit of the connector was given at least PATIENCE ago, and nobody has taken it."""
    given_before = later(PERMIT_LIFE - PATIENCE)
    waiting = {"connector_id": connector_id, "permits_until__lte": given_before}
    return any(permitted(row_class).filter(**waiting).exists() for row_class in row_classes())


def _pump_here(connector_id: int) -> None:
    close_old_connections()
    try:
        pump(connector_id)
    except Exception:
        log.exception("The pump of connector %s stopped", connector_id)
