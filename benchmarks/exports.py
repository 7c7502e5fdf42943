"""Exports and archives of a million rows against a bare loop, their memory, and parts of names."""

import csv
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from benchmarks.ground import Ground
from benchmarks.lists import fill
from benchmarks.measure import Line, in_turn, milliseconds, percent, times
from benchmarks.pages import PLAIN, analyse, someone
from groups import search
from groups.models import Group, Subscriber
from kaizala_admin.connectors.models import Connector, Grant, Tenant
from kaizala_admin.exports import files, services, work
from kaizala_admin.exports.archive.reading import verify
from kaizala_admin.exports.models import Export
from messaging.models import Broadcast, Delivery, Dispatch

BAR, MOST_GROWTH, SEARCH_BAR = 0.5, 20.0, 5.0
BATCH, AT_ONCE, ROUNDS = 50, 50_000, 7
COLUMNS = "group_id, dispatch_id, name, mobile_number, people, state, reason"


def measure(ground: Ground) -> Iterator[Line]:
    """One broadcast to everybody, its ledger, and the archive of its tenant."""
    size, full = ground.size, ground.size.is_full
    ground.rest()
    fill(size.many_rows)
    analyse()
    with override_settings(**PLAIN):
        yield from _searches(size.many_rows, full)
    few, many = _send(max(1, size.many_rows // 10)), _send(size.many_rows)
    analyse()
    yield from ledger(few, many, size.rounds, full)
    yield from _subscribers(size.many_rows, full)
    yield from _archive(size.many_rows, full)


def ledger(
    few: Broadcast,
    many: Broadcast,
    rounds: int,
    full: bool,
    formats: Sequence[str] = ("csv", "xlsx", "jsonl"),
) -> Iterator[Line]:
    """The rate of `many` to CSV against a bare cursor, and how the peak of memory grows from `few` to it."""
    lines = many.people
    bare, ours = in_turn(partial(_bare, many), partial(_rate, many, "csv"), rounds)
    yield Line(
        f"ledger of {lines:,} lines to CSV",
        f"{ours:,.0f}/s",
        f"{bare:,.0f}/s",
        percent(ours / bare),
        f"{BAR:.0%} of a bare cursor into csv",
        ours / bare >= BAR if full else None,
    )
    for file_format in formats:
        _rate(few, file_format)
        before, after = (_peak(partial(_rate, one, file_format)) for one in (few, many))
        yield Line(
            f"peak memory, {file_format}, {few.people:,} to {lines:,} lines",
            f"+{after[0] - before[0]:,.1f} MB",
            f"{before[0]:,.0f} MB",
            f"{after[1]:,.0f}/s",
            f"grows by less than {MOST_GROWTH:.0f} MB",
            after[0] - before[0] < MOST_GROWTH if full else None,
        )


def _subscribers(people: int, full: bool) -> Iterator[Line]:
    """Present ones of one small group against all that there are."""
    group = Group.objects.order_by("pk")[1]
    few, many = f"group__id__exact={group.pk}", "presence=all"
    for file_format in ("csv", "xlsx", "jsonl"):
        _list(few, file_format)
        before, after = (_peak(partial(_list, asked, file_format)) for asked in (few, many))
        yield Line(
            f"{people:,} subscribers to {file_format}: time, and peak memory",
            f"{people / after[1]:,.0f} s, +{after[0] - before[0]:,.1f} MB",
            f"{before[0]:,.0f} MB",
            f"{after[1]:,.0f}/s",
            f"grows by less than {MOST_GROWTH:.0f} MB",
            after[0] - before[0] < MOST_GROWTH if full else None,
        )


def _list(asked: str, file_format: str) -> float:
    """Rows a second of the list of subscribers with these filters."""
    begun = time.perf_counter()
    done = _made("groups.subscribers", {"list": asked}, file_format)
    return done.rows_done / (time.perf_counter() - begun)


def _archive(people: int, full: bool) -> Iterator[Line]:
    tenant = Tenant.objects.get()
    begun = time.perf_counter()
    peak, _ = _peak(lambda: _made("exports.archive", {"tenant": tenant.pk}, "zip").rows_done)
    taken, done = time.perf_counter() - begun, Export.objects.latest("pk")
    begun = time.perf_counter()
    report = verify(Path(settings.EXPORTS_DIR) / done.file)
    checked = time.perf_counter() - begun
    what = f"archive of {done.rows_done:,} rows, {people:,} subscribers"
    yield Line(what, f"{taken:,.0f} s", "", f"{done.rows_done / taken:,.0f}/s")
    yield Line("its size, and its peak memory", f"{done.size / 1e6:,.0f} MB", f"{peak:,.0f} MB", "")
    sound = report.is_sound and sum(report.rows.values()) == done.rows_done
    yield Line("verified", f"{checked:,.0f} s", "", "", "sound, every row", sound if full else None)


def _searches(people: int, full: bool) -> Iterator[Line]:
    client, path = someone(), reverse("admin:groups_subscriber_changelist")
    number = Subscriber.objects.order_by("pk")[people // 2].mobile_number
    floor = _median(partial(_page, client, path, number))
    for what, text in (("rare", f"ya {people // 2}"), ("common", "kavya"), ("of nobody", "zzyzx")):
        figure = _median(partial(_page, client, path, text))
        yield Line(
            f"list of {people:,}: {what} part of a name",
            milliseconds(figure),
            milliseconds(floor),
            times(figure / floor),
            "5 times the exact number",
            figure <= SEARCH_BAR * floor if full else None,
        )
    bare = _median(partial(_query, number))
    for what, text in (("rare", f"ya {people // 2}"), ("common", "kavya")):
        figure = _median(partial(_query, text))
        yield Line(
            f"query alone: {what} part of a name",
            milliseconds(figure),
            milliseconds(bare),
            times(figure / bare),
        )


def _page(client: Client, path: str, text: str) -> None:
    assert client.get(path, {"q": text}).status_code == 200


def _query(text: str) -> None:
    list(Subscriber.objects.filter(search.people(text, Subscriber)).order_by("-pk")[:50])


def _median(does: Callable[[], None]) -> float:
    found = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        does()
        found.append(time.perf_counter() - begun)
    return statistics.median(found)


def _bare(broadcast: Broadcast) -> float:
    """Lines a second of the database's own cursor, row by row, into the csv module."""
    asked = f"SELECT {COLUMNS} FROM messaging_delivery WHERE broadcast_id = {broadcast.pk} ORDER BY id"
    begun = time.perf_counter()
    with (files.folder() / "bare.csv").open("w", newline="") as file, transaction.atomic():
        out = csv.writer(file)
        connection.ensure_connection()
        raw: Any = connection.connection
        cursor = raw.cursor("bare") if connection.vendor == "postgresql" else raw.cursor()
        cursor.execute(asked)
        out.writerows(cursor)
        cursor.close()
    return broadcast.people / (time.perf_counter() - begun)


def _rate(broadcast: Broadcast, file_format: str) -> float:
    begun = time.perf_counter()
    _made("messaging.ledger", {"list": f"broadcast={broadcast.pk}"}, file_format)
    return broadcast.people / (time.perf_counter() - begun)


def _made(kind: str, parameters: dict[str, Any], file_format: str) -> Export:
    export = services.start(
        kind=kind, parameters=parameters, file_format=file_format, by=None, ring_a_worker=False
    )
    assert work.run(export.pk), Export.objects.get(pk=export.pk).detail
    return Export.objects.get(pk=export.pk)


def _peak(does: Callable[[], float]) -> tuple[float, float]:
    """The most memory held meanwhile, in MB, and what it returned."""
    Path("/proc/self/clear_refs").write_text("5")
    found = does()
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024, found


def _send(lines: int) -> Broadcast:
    """A finished broadcast of so many lines, in calls of fifty."""
    group = Group.objects.order_by("pk")[0]
    tenant = group.tenant
    connector, _ = Connector.objects.get_or_create(tenant=tenant, name="Main", api_root="http://127.0.0.1:9")
    grant, _ = Grant.objects.get_or_create(connector=connector, name="Whole")
    broadcast = Broadcast.objects.create(tenant=tenant, title="All", state="finished", people=lines)
    now = timezone.now()
    for start in range(0, lines, AT_ONCE):
        numbers = range(start, min(start + AT_ONCE, lines))
        calls = Dispatch.objects.bulk_create(
            Dispatch(
                broadcast=broadcast, group=group, mode="batch", connector=connector, grant=grant,
                people=BATCH, state="sent", settled_at=now,
            )
            for _ in numbers[::BATCH]
        )  # fmt: skip
        Delivery.objects.bulk_create(
            (
                Delivery(
                    broadcast=broadcast, dispatch=calls[(n - start) // BATCH], group=group, name=f"Asha {n}",
                    mobile_number=f"+9198{n:08}", state="sent" if n % 9 else "failed",
                    reason="" if n % 9 else "no_answer",
                )
                for n in numbers
            ),
            batch_size=5_000,
        )  # fmt: skip
    return broadcast
