"""A sync through the whole house against a bare paging loop, and what a long one costs the worker."""

import time
from collections.abc import Iterator
from pathlib import Path

import requests
from django.db.models import F

from benchmarks.ground import Ground
from benchmarks.house import BenchHouse
from benchmarks.measure import Line, Size, times
from groups.models import Group, Subscriber, SyncRun
from groups.services import start_sync
from kaizala_admin.kaizala import SUBSCRIBER_PAGE

BAR = 2.0
MOST_GROWTH = 50.0  # MB
LONGEST = 3_600.0  # seconds


def measure(ground: Ground) -> Iterator[Line]:
    """First everybody is new, then nobody; then ten times as many."""
    house, size = ground.house(), ground.size
    group, people = _settle_in(house, size.subscribers)
    floors, figures, runs, before = [], [], [], 0.0
    floors.append(_bare(house, group, people))
    for _ in range(2):
        taken, held = _ours(house, group, people)
        figures.append(taken)
        before = max(before, held)
        runs.append(SyncRun.objects.latest("pk"))
        floors.append(_bare(house, group, people))
    for what, number in (("everybody is new", 0), ("nobody is new", 1)):
        around = floors[number : number + 2]
        yield _against(f"sync of {people:,} subscribers, {what}", figures[number], around, size)
    written = Subscriber.objects.filter(group=group).exclude(seen_run=runs[0].pk).count()
    again = runs[1].created + runs[1].changed + runs[1].gone
    yield Line(
        "subscriber rows written by the second sync", f"{written + again}", "0", "", "none", not written
    )
    group, people = _settle_in(house, size.many_subscribers)
    around = [_bare(house, group, people)]
    taken, held = _ours(house, group, people)
    around.append(_bare(house, group, people))
    growth = held - before
    yield Line(
        f"worker's peak memory, {size.subscribers:,} to {people:,}",
        f"+{growth:,.1f} MB",
        f"{before:,.0f} MB",
        "",
        "grows by less than 50 MB",
        growth < MOST_GROWTH if size.is_full else None,
    )
    yield _against(f"sync of {people:,} subscribers, everybody is new", taken, around, size)
    yield _one_in_a_hundred(house, group, people, size)


def _against(what: str, taken: float, around: list[float], size: Size) -> Line:
    """Seconds of ours against the bare loop just before and just after it."""
    floor = sum(around) / len(around)
    ratio, bar = taken / floor, "twice a bare paging loop"
    met = ratio <= BAR if size.is_full else None
    return Line(what, f"{taken:,.1f} s", f"{floor:,.1f} s", times(ratio), bar, met)


def _one_in_a_hundred(house: BenchHouse, group: Group, people: int, size: Size) -> Line:
    """Rows written by a sync that finds other names for one per cent of the mirror's rows."""
    stale = Subscriber.objects.filter(group=group).annotate(last=F("pk") % 100).filter(last=0)
    changed = Subscriber.objects.filter(pk__in=stale.values("pk")).update(name="An older name")
    _ours(house, group, people)
    run = SyncRun.objects.latest("pk")
    written = Subscriber.objects.filter(seen_run=run.pk).count()
    exact = (run.created, run.changed, run.gone, written) == (0, changed, 0, changed)
    return Line(
        f"rows written by a sync of {people:,}, 1 % of them changed",
        f"{written:,}",
        f"{changed:,}",
        times(written / changed) if changed else "",
        "those alone",
        exact if size.is_full else None,
    )


def _settle_in(house: BenchHouse, people: int) -> tuple[Group, int]:
    """The largest group has as many subscribers; returns it with their number."""
    house.read_directory(house.settle_in(people * 5 // 4))
    return house.largest()


def _bare(house: BenchHouse, group: Group, people: int) -> float:
    """Seconds to read every page with `requests.Session` and its JSON, and to throw it away."""
    session, seen, body = requests.Session(), 0, {"count": SUBSCRIBER_PAGE}
    session.headers["accessToken"] = house.bare_access()
    url = f"{house.sandbox_url}/v1/groups/{group.group_id}/subscribers"
    begun = time.perf_counter()
    while True:
        answer = session.post(url, json=body, timeout=60)
        answer.raise_for_status()
        page = answer.json()
        seen += len(page["subscribers"])
        if not page.get("cursor"):
            break
        body["cursor"] = page["cursor"]
    taken = time.perf_counter() - begun
    if seen != people:
        raise RuntimeError(f"the pages held {seen} of {people}")
    return taken


def _ours(house: BenchHouse, group: Group, people: int) -> tuple[float, float]:
    """Seconds from the start of the sync until its run is over, every page through worker and database.

    And the most memory of its own that the worker was seen to hold meanwhile, in MB.
    """
    begun, held = time.perf_counter(), [0.0]
    run = start_sync(group)

    def is_over() -> bool:
        held[0] = max(held[0], _memory(house))
        return SyncRun.objects.get(pk=run.pk).state in ("sent", "failed", "cancelled")

    house.wait(is_over, LONGEST)
    taken = time.perf_counter() - begun
    here = Subscriber.objects.filter(group=group, gone_at=None).count()
    run.refresh_from_db()
    if (run.state, here) != ("sent", people):
        raise RuntimeError(f"the sync is {run.state} ({run.detail}), with {here} of {people}")
    return taken, held[0]


def _memory(house: BenchHouse) -> float:
    """What the worker holds now, in MB, without the pages of SQLite's file that it maps: at most 128 MB."""
    process = house.supervisor.children["worker"].process
    assert process is not None
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.partition("RssAnon:")[2].split()[0]) / 1024
