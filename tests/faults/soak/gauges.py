"""Memory, open files and the write-ahead log, looked at again and again."""

import os
import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from django.db import connection

from tests.faults.harness import FaultHouse

WATCHED = ("web", "worker", "beat", "dispatcher", "broker")
MB = 1_048_576


@dataclass
class Gauges:
    """Samples of each process by name; a process that was killed lately is not looked at."""

    house: FaultHouse
    memory: dict[str, list[float]] = field(default_factory=dict)  # MB
    files: dict[str, list[float]] = field(default_factory=dict)
    wal: float = 0.0  # MB, the most

    def read(self, old_enough: float) -> None:
        """One look. `old_enough` is the age in seconds from which a process counts as warm."""
        for name in WATCHED:
            child = self.house.supervisor.children[name]
            if child.process is None or not child.alive or child.age < old_enough:
                continue
            for pid in _family(child.process.pid):
                _add(self.memory, f"{name}", lambda pid=pid: _resident(pid))  # type: ignore[misc]
                _add(self.files, f"{name}", lambda pid=pid: _open_files(pid))  # type: ignore[misc]
        if connection.vendor == "sqlite":
            path = Path(f"{connection.settings_dict['NAME']}-wal")
            self.wal = max(self.wal, path.stat().st_size / MB if path.exists() else 0.0)

    def lines(self) -> list[str]:
        """For people: the early and the late middle of each gauge."""
        shown = []
        for name in self.memory:
            before, after = halves(self.memory[name])
            few, many = halves(self.files[name])
            shown.append(
                f"{name:<12}{before:>8,.0f} MB early{after:>8,.0f} MB late"
                f"{few:>8,.0f} files early{many:>8,.0f} files late"
            )
        return [*shown, f"write-ahead log at most {self.wal:,.1f} MB"]


def halves(samples: list[float]) -> tuple[float, float]:
    """The medians of the first and of the second half."""
    middle = max(1, len(samples) // 2)
    return statistics.median(samples[:middle]), statistics.median(samples[middle:] or samples)


def _add(into: dict[str, list[float]], name: str, look: Callable[[], float]) -> None:
    try:
        into.setdefault(name, []).append(look())
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return  # it ended between two looks


def _family(leader: int) -> list[int]:
    """The process itself, or for the web its one worker, which does the work."""
    found = [int(path.name) for path in Path("/proc").glob("[0-9]*") if _group(path) == leader]
    return [pid for pid in found if pid != leader] or [leader]


def _group(path: Path) -> int:
    try:
        return os.getpgid(int(path.name))
    except ProcessLookupError:
        return 0


def _resident(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / MB


def _open_files(pid: int) -> float:
    return float(len(list(Path(f"/proc/{pid}/fd").iterdir())))
