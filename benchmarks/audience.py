"""Five overlapping sources with exclusions: resolved, expanded to a ledger, exported, watched meanwhile."""

import resource
import statistics
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import suppress

from django.db import connection, transaction
from django.test import override_settings
from django.urls import reverse

from benchmarks import crowd, exports
from benchmarks.ground import Ground, on_database
from benchmarks.measure import Line, in_turn, milliseconds, percent, times
from benchmarks.pages import PLAIN, _open, analyse, someone
from messaging import audience
from messaging.audience.plan import calls_of
from messaging.models import Broadcast, Delivery
from messaging.services import expanding

DISTINCT, RATE, WHILE = 4.0, 0.4, 2.0
FLAT = 64.0  # MB
PAGES = 5
LINE = "dispatch_id, group_id, mobile_number, name, people, state, reason"  # beside its broadcast


def measure(ground: Ground) -> Iterator[Line]:
    """Resolve, expand, export; then the pages of it while as many deliveries again are being written."""
    size = ground.size
    ground.rest()
    idle, large = str(connection.settings_dict["NAME"]), ground.second_database()
    with on_database(large):
        draft = crowd.gather(size.many_rows)
        analyse()
        yield from _resolve(draft, size.rounds, size.is_full)
        yield from _expand(draft, size.rounds, size.is_full)
        few = _tenth(draft)
        analyse()
        yield from exports.ledger(few, draft, size.rounds, size.is_full, formats=["csv"])
    with on_database(idle):
        small = crowd.gather(size.few_rows)
        _launch(small)
        analyse()
    yield from _watch(idle, large, small, draft, size.is_full)


def _resolve(draft: Broadcast, rounds: int, full: bool) -> Iterator[Line]:
    people = _people(draft)
    floor, figure = in_turn(lambda: _distinct(draft), lambda: _taken(draft), rounds)
    bar = connection.vendor == "postgresql"
    yield Line(
        f"resolve {people:,} people of five sources, with exclusions",
        f"{figure:,.2f} s",
        f"{floor:,.2f} s",
        times(figure / floor),
        "4 times a bare SELECT DISTINCT" if bar else "",
        figure <= DISTINCT * floor if full and bar else None,
    )
    peak = _python_peak(lambda: _taken(draft))
    yield Line(
        "memory that resolving takes in the process",
        f"+{peak:,.1f} MB",
        "",
        "",
        "flat: under 64 MB",
        peak < FLAT,
    )


def _people(draft: Broadcast) -> int:
    with audience.taken(draft) as snapshot:
        return snapshot.people


def _taken(draft: Broadcast) -> float:
    begun = time.perf_counter()
    with audience.taken(draft):
        return time.perf_counter() - begun


def _distinct(draft: Broadcast) -> float:
    """The numbers of the same rows, each once, into a table."""
    rows, params = crowd.numbers(draft)
    with transaction.atomic(), connection.cursor() as cursor:
        begun = time.perf_counter()
        cursor.execute(
            f"CREATE TEMPORARY TABLE kza_floor AS SELECT DISTINCT mobile_number FROM ({rows}) x", params
        )
        taken = time.perf_counter() - begun
        cursor.execute("DROP TABLE kza_floor")
    return taken


def _python_peak(work: Callable[[], object]) -> float:
    """MB of Python objects at the worst moment, and of the whole process beside them, whichever is more."""
    unit = 1 if sys.platform == "darwin" else 1024
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    tracemalloc.start()
    work()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit - before
    return max(peak, grown) / 1e6


def _expand(draft: Broadcast, rounds: int, full: bool) -> Iterator[Line]:
    """The last one stays: the pages below are of it."""
    peak = _python_peak(lambda: _launch(draft))
    lines = draft.people
    floor, figure = in_turn(lambda: lines / _bare(draft), lambda: lines / _expanded(draft), rounds)
    ratio = figure / floor
    yield Line(
        f"expand to {lines:,} deliveries",
        f"{figure:,.0f}/s",
        f"{floor:,.0f}/s",
        percent(ratio),
        "40 % of a bare bulk insert",
        ratio >= RATE if full else None,
    )
    yield Line(
        "memory that expanding takes in the process",
        f"+{peak:,.1f} MB",
        "",
        "",
        "flat: under 64 MB",
        peak < FLAT,
    )


def _launch(draft: Broadcast) -> None:
    with audience.taken(draft) as snapshot, transaction.atomic():
        calls = calls_of(snapshot)
        expanding.prepare(draft, calls)
        expanding.write(draft, calls)
        draft.state, draft.launched_at = Broadcast.State.RUNNING, crowd.NOW
        draft.people = Delivery.objects.filter(broadcast=draft).count()
        draft.save()


def _tenth(draft: Broadcast) -> Broadcast:
    """A broadcast with the first tenth of the same ledger."""
    people = max(1, draft.people // 10)
    few = Broadcast.objects.create(tenant=draft.tenant, title="To some", launched_at=crowd.NOW, people=people)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO messaging_delivery (broadcast_id, {LINE}) SELECT %s, {LINE} "
            "FROM messaging_delivery WHERE broadcast_id = %s ORDER BY id LIMIT %s",
            [few.pk, draft.pk, people],
        )
    return few


class _Undo(Exception):
    pass


def _tidy() -> None:
    """What was undone takes no room any more, as autovacuum does in its own time."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM messaging_delivery, messaging_dispatch")


def _expanded(draft: Broadcast) -> float:
    """Seconds from the snapshot to the last line of the ledger; undone, so that each round finds the same."""
    taken = 0.0
    with audience.taken(draft) as snapshot:
        calls = calls_of(snapshot)
        with suppress(_Undo), transaction.atomic():
            begun = time.perf_counter()
            expanding.prepare(draft, calls)
            expanding.write(draft, calls)
            taken = time.perf_counter() - begun
            raise _Undo
    _tidy()
    return taken


def _bare(draft: Broadcast) -> float:
    """Seconds of one INSERT of the same rows into the same table, from a table."""
    columns, taken = f"broadcast_id, {LINE}", 0.0
    with suppress(_Undo), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMPORARY TABLE kza_rows AS SELECT {columns} FROM messaging_delivery "
            "WHERE broadcast_id = %s",
            [draft.pk],
        )
        begun = time.perf_counter()
        cursor.execute(f"INSERT INTO messaging_delivery ({columns}) SELECT {columns} FROM kza_rows")
        taken = time.perf_counter() - begun
        raise _Undo
    _tidy()
    return taken


def _watch(idle: str, large: str, small: Broadcast, big: Broadcast, full: bool) -> Iterator[Line]:
    """Each page in turn: of 1,000 deliveries with nothing going on, of all of them while more are written."""
    found: dict[tuple[str, str], list[float]] = {}
    writer = _Writer(large, big)
    for _ in range(PAGES if full else 1):
        for where, row in ((idle, small), (large, big)):
            with on_database(where), override_settings(**PLAIN):
                client = someone()
                if where == large:
                    writer.go()
                for name, path in _pages(row).items():
                    _open(client, path)
                    found.setdefault((where, name), []).append(_open(client, path)[0])
    writer.stop()
    for name in _pages(big):
        floor, figure = (statistics.median(found[where, name]) for where in (idle, large))
        yield Line(
            name,
            milliseconds(figure),
            milliseconds(floor),
            times(figure / floor),
            "twice that of 1,000 when idle",
            figure <= WHILE * floor if full else None,
        )
    yield Line("launches written meanwhile", f"{writer.rounds}", "", "")


def _pages(row: Broadcast) -> dict[str, str]:
    ledger = f"{reverse('admin:messaging_delivery_changelist')}?broadcast={row.pk}"
    progress = reverse("admin:messaging_broadcast_progress", args=[row.pk])
    return {
        "ledger": ledger,
        "ledger: waiting": f"{ledger}&state=queued",
        "progress, with its totals": progress,
    }


class _Writer:
    """Writes the broadcast's whole ledger again and again, beside, and never commits it."""

    def __init__(self, database: str, draft: Broadcast) -> None:
        self.database, self.draft = database, draft
        self.rounds, self.over = 0, threading.Event()
        self.begun = threading.Event()
        self.thread = threading.Thread(target=self._write, daemon=True)

    def go(self) -> None:
        """Returns once it is writing."""
        if not self.thread.is_alive():
            self.thread.start()
        self.begun.wait(120)

    def stop(self) -> None:
        self.over.set()
        self.thread.join(300)

    def _write(self) -> None:
        connection.settings_dict["NAME"] = self.database
        while not self.over.is_set():
            self.begun.set()
            _expanded(self.draft)
            self.rounds += 1
        connection.close()
