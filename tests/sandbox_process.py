"""Starts the sandbox as its own process, as tests need it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests

TIMEOUT = 30


class SandboxProcess:
    """A sandbox on a free port, over `data_dir`.

    Options become flags (`connector_rate=5`, `no_answers=True`).
    """

    def __init__(self, data_dir: Path | str, people: int = 300, **options: Any) -> None:
        self.data_dir = Path(data_dir)
        self.options: dict[str, Any] = {"people": people, **options}
        self.url = ""
        self._process: subprocess.Popen[str] | None = None
        self._web = requests.Session()
        self._web.trust_env = False

    def start(self) -> Self:
        """Start it and wait until it serves."""
        command = [sys.executable, "-m", "kaizala_admin.sandbox", "--data", str(self.data_dir)]
        flags = {"port": 0, "parent_pid": os.getpid(), **self.options}
        for name, value in flags.items():
            flag = f"--{name.replace('_', '-')}"
            command += [flag] if value is True else [] if value is False else [flag, str(value)]
        root = Path(__file__).resolve().parent.parent
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line.startswith("sandbox ready "):
            self.stop()
            raise RuntimeError(f"the sandbox did not start: {line!r}")
        self.url = line.split()[-1]
        return self

    @property
    def pid(self) -> int:
        """The process id while it runs."""
        assert self._process is not None
        return self._process.pid

    def get(self, path: str, **params: Any) -> Any:
        """GET a control path and return its JSON."""
        return self._answer(self._web.get(f"{self.url}{path}", params=params, timeout=TIMEOUT))

    def post(self, path: str, **json: Any) -> Any:
        """POST JSON to a control path and return its JSON."""
        return self._answer(self._web.post(f"{self.url}{path}", json=json, timeout=TIMEOUT))

    def delete(self, path: str) -> Any:
        """DELETE a control path and return its JSON."""
        return self._answer(self._web.delete(f"{self.url}{path}", timeout=TIMEOUT))

    def _answer(self, response: requests.Response) -> Any:
        response.raise_for_status()
        return response.json() if response.content else None

    def kill(self) -> None:
        """Kill it as `kill -9` does; `start()` runs it again over the same state, on another port."""
        assert self._process is not None
        self._process.kill()
        self._close()

    def stop(self) -> None:
        """Stop it cleanly."""
        self._web.close()
        if self._process is not None:
            self._process.terminate()
            self._close()

    def _close(self) -> None:
        assert self._process is not None
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process = None

    def __enter__(self) -> Self:
        return self if self._process is not None else self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
