"""One supervised process: its group, its log, its restarts."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from kaizala_admin.connectors.signs import sign_of

from .children import Spec

ROOT = Path(__file__).resolve().parents[2]
LEASH = Path(__file__).with_name("leash.py")
LONG_LIFE = 60.0  # seconds of life after which earlier deaths are forgotten
LONGEST_WAIT = 30.0  # seconds between two starts at most
LARGEST_LOG = 20_000_000  # bytes
# glibc gives every thread memory of its own, and keeps what is freed there or was large (docs/adr/0009, 0011)
THRIFTY = {"MALLOC_ARENA_MAX": "2", "MALLOC_MMAP_THRESHOLD_": "131072"}


class Child:
    """A process in a group of its own that cannot outlive this process."""

    def __init__(self, spec: Spec, log: Path, environment: dict[str, str]) -> None:
        self.spec, self.log, self.environment = spec, log, environment
        self.process: subprocess.Popen[bytes] | None = None
        self.started = 0.0
        self.deaths = 0
        self.start_at: float | None = None

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def sign(self) -> str:
        """What the running process is called in its signs of life."""
        return sign_of(self.name, self.process.pid) if self.process else ""

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def age(self) -> float:
        """Seconds since it was started."""
        return time.monotonic() - self.started

    def start(self) -> None:
        """Starts it; its output goes to the end of its log."""
        command = [sys.executable, "-I", str(LEASH), str(os.getpid()), *self.spec.command]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603
                command,
                cwd=ROOT,
                env={**THRIFTY, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.started, self.start_at = time.monotonic(), None

    def bury(self) -> float:
        """Notes a death, ends what is left of the group, and returns the seconds until the next start."""
        self.kill()
        self.deaths = 0 if self.age > LONG_LIFE else self.deaths + 1
        wait = min(LONGEST_WAIT, 0.5 * 2.0**self.deaths)
        self.start_at = time.monotonic() + wait
        return wait

    def ask_to_stop(self) -> None:
        """SIGTERM to the process itself, which tells its own children."""
        if self.alive and self.process:
            self.process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL to all of its group."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def trim_log(self) -> None:
        """Starts a large log anew and keeps one older part. The process appends, so it goes on at 0."""
        if self.log.stat().st_size > LARGEST_LOG:
            shutil.copyfile(self.log, self.log.with_suffix(".log.1"))
            os.truncate(self.log, 0)
