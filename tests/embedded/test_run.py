"""`bin/run` as a person meets it: the whole console on one machine, started and ended in every way."""

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kaizala_admin.embedded.child import ROOT

pytestmark = [pytest.mark.flow, pytest.mark.machine]
CHILDREN = {"sandbox", "broker", "worker", "beat", "dispatcher", "web"}


class Run:
    """One `bin/run` over `var`; `lines` is what it has said so far."""

    def __init__(self, var: Path, *options: str) -> None:
        self.var = var
        unset = {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "KAIZALA_FIELD_KEYS"}
        plain = {name: value for name, value in os.environ.items() if name not in unset}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "kaizala_admin.embedded", "--people", "100", *options],
            cwd=ROOT,
            env={**plain, "KAIZALA_VAR_DIR": str(var), "DJANGO_SETTINGS_MODULE": "kaizala_admin.settings"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[str] = []

    def until(self, words: str) -> str:
        """Reads until a line holds `words`, and returns that line."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())
            if words in line:
                return line.rstrip()
        raise AssertionError(f"{words!r} was never said:\n" + "\n".join(self.lines))

    def ready(self) -> "Run":
        self.until("Ctrl-C stops everything.")
        return self

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(number)
        rest, _ = self.process.communicate(timeout=60)
        self.lines += rest.splitlines()
        return self.process.returncode

    def said(self, pattern: str) -> str:
        found = re.search(pattern, "\n".join(self.lines))
        assert found, self.lines
        return found[1]


def processes(var: Path) -> set[int]:
    """Everything that was started for this folder and still lives."""
    mark = f"KAIZALA_VAR_DIR={var}\0".encode()
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if (
                mark in (folder / "environ").read_bytes()
                and "Z" not in (folder / "stat").read_text().split()[2]
            ):
                found.add(int(folder.name))
        except OSError:
            continue
    return found


def wait(check: Callable[[], object], seconds: float = 30) -> None:
    ends = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < ends, "not in time"
        time.sleep(0.1)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    runs: list[Run] = []

    def begin(*options: str) -> Run:
        runs.append(Run(tmp_path / "var", *options))
        return runs[-1]

    yield begin
    for run in runs:
        if run.process.poll() is None:
            run.process.kill()
        run.process.communicate()


def dispatchers(var: Path) -> list[int]:
    return [pid for pid in processes(var) if b"dispatch" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def refuses(rival: Run, run: Run) -> None:
    """The second one on a folder says where the first is, and ends."""
    assert rival.process.wait(30) == 1
    assert rival.process.stdout is not None
    said = rival.process.stdout.read().strip()
    where = run.said(r"ready:  (\S+)")
    assert said == (
        f"Kaizala Admin runs here already (process {run.process.pid}, {where})."
        " Stop it first, with Ctrl-C there."
    )


def accounts(run: Run) -> list[tuple[int, str]]:
    with sqlite3.connect(run.var / "data" / "kaizala.sqlite3") as base:
        return base.execute("SELECT id, password FROM auth_user").fetchall()


def test_a_run_outlives_a_child_refuses_a_rival_and_ctrl_c_ends_every_process(
    start: Callable[..., Run],
) -> None:
    run = start("--port", "0").ready()
    assert {path.stem for path in (run.var / "log").iterdir()} == CHILDREN
    assert len(run.said(r"password   (\S+)   \(shown only now\)")) == 24
    refuses(start("--port", "0"), run)
    os.kill(dispatchers(run.var)[0], signal.SIGKILL)
    said = run.until("The dispatcher stopped; it is started again in 1 s (exit -9).")
    assert str(run.var / "log" / "dispatcher.log") in said
    wait(lambda: dispatchers(run.var))
    assert run.end() == 0
    assert run.lines[-1] == "Stopped."
    assert processes(run.var) == set()


def test_a_second_start_keeps_all_data_and_a_killed_parent_leaves_no_orphan(
    start: Callable[..., Run],
) -> None:
    first = start("--port", "0").ready()
    before = accounts(first)
    assert first.end(signal.SIGTERM) == 0
    second = start("--port", "0").ready()
    assert second.said(r"password   (.*)") == "as before; bin/run --reset-password makes another"
    assert first.said(r"sandbox    (\S+)") == second.said(r"sandbox    (\S+)")
    assert accounts(second) == before
    assert len(processes(second.var)) >= len(CHILDREN)
    second.process.kill()
    second.process.wait()
    wait(lambda: not processes(second.var))


def test_a_taken_port_is_said_in_one_line(start: Callable[..., Run]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        run = start("--port", str(port))
        assert run.process.wait(30) == 1
        assert run.process.stdout is not None
        said = run.process.stdout.read().strip()
    assert re.fullmatch(
        rf"Port {port} is taken by another program. Choose another one: bin/run --port \d+", said
    )
    assert processes(run.var) == set()
