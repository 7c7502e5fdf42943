"""Keeps the programs of a one-machine install running, and ends them in order (reliability 3.3)."""

import os
import threading
import time
from collections.abc import Callable, MutableMapping, Sequence

from .child import Child
from .children import Spec
from .places import Places
from .terminal import CannotStart, last_lines, say

READY_WITHIN = 60.0  # seconds
LOOK_EVERY = 0.1  # seconds
DEAF_EVERY, DEAF_AFTER, DEAF_GRACE = 15.0, 60.0, 90.0  # seconds
STOP_ORDER = (("web", "beat"), ("dispatcher",), ("worker",), ("sandbox",), ("broker",))


class Supervisor:
    """Starts programs, waits until they are ready, restarts those that die or go deaf, stops them in order.

    `silent(seconds)` are the signs of life that are older than that (`connectors.signs`).
    """

    def __init__(
        self,
        places: Places,
        silent: Callable[[float], set[str]],
        environment: MutableMapping[str, str] = os.environ,
    ) -> None:
        self.places, self.silent, self.environment = places, silent, environment
        self.children: dict[str, Child] = {}
        self.stop_asked = threading.Event()
        self.hurry = threading.Event()
        self._looked = time.monotonic()
        self._suspects: set[str] = set()

    def start(self, *specs: Spec) -> None:
        """Starts them side by side; returns when all are ready. Raises CannotStart, naming one that isn't."""
        started = [self._add(spec) for spec in specs]
        for child in started:
            self._wait_for(child)

    def ask_to_stop(self, *_: object) -> None:
        """For signals. The second time, nothing is waited for."""
        if self.stop_asked.is_set():
            self.hurry.set()
        self.stop_asked.set()

    def watch(self) -> None:
        """Until somebody asks to stop: dead programs are started again, later and later."""
        while not self.stop_asked.wait(LOOK_EVERY):
            self.look()

    def look(self) -> None:
        """One look at everybody."""
        for child in self.children.values():
            self._look_at(child)
        if time.monotonic() - self._looked >= DEAF_EVERY:
            self._looked = time.monotonic()
            self._look_for_the_deaf()

    def stop(self) -> None:
        """Ends everything: who makes work first, the broker last."""
        for names in STOP_ORDER:
            stage = [self.children[name] for name in names if name in self.children]
            for child in stage:
                child.ask_to_stop()
            self._wait_for_the_end(stage)

    def restart(self, name: str) -> None:
        """Stops one program, as gently as it lets us, and starts it again."""
        child = self.children[name]
        child.ask_to_stop()
        self._wait_for_the_end([child])
        child.start()

    def _add(self, spec: Spec) -> Child:
        child = Child(spec, self.places.log(spec.name), dict(self.environment))
        self.children[spec.name] = child
        child.start()
        return child

    def _wait_for(self, child: Child) -> None:
        ends = time.monotonic() + READY_WITHIN
        while not (child.alive and child.spec.is_ready()):
            if self.stop_asked.is_set():
                raise CannotStart("Stopped before it was ready.")
            if not child.alive:
                raise CannotStart(self._obituary(child, "did not start"))
            if time.monotonic() > ends:
                raise CannotStart(self._obituary(child, f"was not ready within {READY_WITHIN:.0f} seconds"))
            time.sleep(LOOK_EVERY)

    def _look_at(self, child: Child) -> None:
        if child.start_at is not None:
            if time.monotonic() >= child.start_at:
                child.start()
        elif not child.alive:
            say(self._obituary(child, f"stopped; it is started again in {child.bury():g} s"))

    def _look_for_the_deaf(self) -> None:
        signs = self.silent(DEAF_AFTER)
        silent = {
            child.name for child in self.children.values() if child.sign in signs and _should_be_heard(child)
        }
        for name in silent & self._suspects:
            say(f"The {name} was silent for more than {DEAF_AFTER:.0f} seconds; it is started again.")
            self.restart(name)
        self._suspects = silent - self._suspects
        for child in self.children.values():
            child.trim_log()

    def _wait_for_the_end(self, children: Sequence[Child]) -> None:
        begun = time.monotonic()
        for child in children:
            while child.alive and not self.hurry.is_set() and time.monotonic() - begun < child.spec.grace:
                time.sleep(LOOK_EVERY / 2)
            child.kill()

    @staticmethod
    def _obituary(child: Child, what: str) -> str:
        code = None if child.process is None else child.process.poll()
        status = "" if code is None else f" (exit {code})"
        lines = last_lines(child.log)
        return f"The {child.name} {what}{status}. Its log, {child.log}, ends:\n{lines or '    (nothing)'}"


def _should_be_heard(child: Child) -> bool:
    return child.alive and child.age > DEAF_GRACE
