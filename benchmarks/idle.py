"""What it costs to stand ready: processor time, memory and queries of every process."""

import os
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from benchmarks.ground import Ground
from benchmarks.house import BenchHouse
from benchmarks.measure import Line
from kaizala_admin.connectors.models import Connector, Grant
from kaizala_admin.embedded import children

CONNECTORS = 50
PROCESSES = ("web", "worker", "beat", "dispatcher", "standby", "broker")
SETTLE = 75  # seconds: each connector was signed in, and every minute's task ran once
OFTEN = 5.0  # seconds between two runs of a query, at least
TICKS = os.sysconf("SC_CLK_TCK")


class QuietHouse(BenchHouse):
    """Every process notes its queries."""

    def _environment(self) -> dict[str, str]:
        noted = self.places.var / "queries"
        noted.mkdir(parents=True, exist_ok=True)
        return {
            **super()._environment(),
            "DJANGO_SETTINGS_MODULE": "benchmarks.counted_settings",
            "KAIZALA_QUERIES": str(noted),
        }


def measure(ground: Ground) -> Iterator[Line]:
    """Nothing is due: no broadcast, no sync, no page that somebody looks at."""
    ground.rest()
    house = QuietHouse(ground.folder / "quiet")
    seconds = ground.size.idle_seconds
    try:
        house.start()
        house.supervisor.start(replace(children.dispatcher(), name="standby"))
        _many_connectors(house)
        time.sleep(min(SETTLE, seconds))
        pids = {name: _family(house, name) for name in PROCESSES}
        before, since = {name: _ticks(pids[name]) for name in PROCESSES}, time.time()
        time.sleep(seconds)
        for name in PROCESSES:
            used = (_ticks(pids[name]) - before[name]) / TICKS / seconds
            yield Line(
                f"{name}, {CONNECTORS} connectors and nothing to do",
                f"{used:.2%} CPU",
                f"{_memory(pids[name]):,.0f} MB",
                "",
            )
        what, times = _busiest(house, since, pids)
        gap = seconds / times if times else float(seconds)
        yield Line(
            f"most frequent query: {what[:34]}",
            f"every {gap:,.1f} s",
            "",
            "",
            "no loop faster than once in 5 s",
            gap >= OFTEN * 0.95 if ground.size.is_full else None,
        )
    finally:
        house.stop()


def _many_connectors(house: BenchHouse) -> None:
    """All of them healthy, with a token that is good for a year; none has a sync to do."""
    like = house.settle_in(300)
    tokens = like.grants.get()
    for number in range(CONNECTORS - 1):
        connector = Connector.objects.create(
            tenant=like.tenant,
            name=f"Number {number}",
            api_root=like.api_root,
            application_id=like.application_id,
            application_secret=like.application_secret,
        )
        Grant.objects.create(connector=connector, name="All", refresh_token=tokens.refresh_token)
    Connector.objects.update(sync_every=0)


def _family(house: BenchHouse, name: str) -> list[int]:
    """The process and its children: all of its group."""
    process = house.supervisor.children[name].process
    assert process is not None
    return [int(path.name) for path in Path("/proc").glob("[0-9]*") if _group(path) == process.pid]


def _group(path: Path) -> int:
    try:
        return os.getpgid(int(path.name))
    except ProcessLookupError:
        return 0


def _ticks(pids: list[int]) -> int:
    """Processor time so far, of user and system."""
    fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids]
    return sum(int(one[11]) + int(one[12]) for one in fields)


def _memory(pids: list[int]) -> float:
    """What the processes hold, in MB; what they share is counted in parts."""
    rolled = [Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in pids]
    return sum(int(text.partition("Pss:")[2].split()[0]) for text in rolled) / 1024


def _busiest(house: BenchHouse, since: float, pids: dict[str, list[int]]) -> tuple[str, int]:
    """The query that one process ran most often since then, and how often."""
    found: Counter[tuple[str, str]] = Counter()
    for name, family in pids.items():
        for pid in family:
            path = house.places.var / "queries" / f"{pid}.queries"
            for line in path.read_text().splitlines() if path.exists() else ():
                at, _, sql = line.partition("\t")
                if float(at) >= since and sql.startswith(("SELECT", "UPDATE", "INSERT", "DELETE")):
                    found[name, sql] += 1
    for (name, sql), times in found.most_common(12):
        print(f"    {name:<12}{times:>4} x {sql[:120]}")
    if not found:
        return "none", 0
    (name, sql), times = found.most_common(1)[0]
    return f"{name}: {sql}", times
