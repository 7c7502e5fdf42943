"""100,000 rows: their dry run against django-import-export's default, and against a bare insert.

Both dry runs read the same file into the same tables, each in a process of its own, so that the peak of its
memory is its own. django-import-export's "default" is a `ModelResource` of members as its documentation has
it, with `dry_run=True`.
"""

import csv
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from benchmarks.ground import Ground
from benchmarks.measure import Line, in_turn, percent, times
from groups.imports import reading, services
from groups.imports.checking import FIELDS
from groups.imports.models import ImportRow, ImportRun
from groups.models import Group, Member, Reach
from kaizala_admin.connectors import bulk
from kaizala_admin.connectors.models import Connector, Grant, Tenant

FASTER, SHARE, MOST_MEMORY = 10.0, 0.4, 150.0  # times, part of a bare insert, MB
ROWS, FEW_ROWS = 100_000, 500
BATCH = 2_000


def measure(ground: Ground) -> Iterator[Line]:
    """One in ten of the sheet is in the group already."""
    ground.rest()
    size, count = ground.size, ROWS if ground.size.is_full else FEW_ROWS
    group = _group(count // 10)
    sheet = ground.folder / "people.csv"
    _write(sheet, group, count)
    connection.close()
    ours = [_child("ours", sheet, group)]
    their_time, their_peak = _child("theirs", sheet, group)  # once: it takes minutes, and the bar is far off
    ours += [_child("ours", sheet, group) for _ in range(size.rounds - 1)]
    our_time = statistics.median(seconds for seconds, _ in ours)
    ratio = their_time / our_time
    yield Line(
        f"dry run of {count:,} rows, against django-import-export",
        f"{our_time:,.1f} s",
        f"{their_time:,.1f} s",
        times(ratio),
        "10 times faster",
        ratio >= FASTER if size.is_full else None,
    )
    peak = max(mb for _, mb in ours)
    yield Line(
        "peak memory of the whole process meanwhile",
        f"{peak:,.0f} MB",
        f"{their_peak:,.0f} MB",
        "",
        "under 150 MB",
        peak < MOST_MEMORY if size.is_full else None,
    )
    yield from _pending(sheet, group, count, size.rounds, size.is_full)


def _pending(sheet: Path, group: Group, count: int, rounds: int, full: bool) -> Iterator[Line]:
    run = _upload(sheet, group)
    floor, figure = in_turn(lambda: _bulk_create(run, count), lambda: _read(sheet, group), rounds)
    yield Line(
        f"{count:,} people into pending rows, against bulk_create",
        f"{count / figure:,.0f}/s",
        f"{count / floor:,.0f}/s",
        percent(floor / figure),
        "40 % of a bare bulk insert",
        floor / figure >= SHARE if full else None,
    )
    floor, figure = in_turn(lambda: _tuples(run, count), lambda: _read(sheet, group), rounds)
    yield Line(
        "the same, against ready-made tuples by executemany or COPY",
        f"{count / figure:,.0f}/s",
        f"{count / floor:,.0f}/s",
        percent(floor / figure),
        "40 % of a bare bulk insert",
        floor / figure >= SHARE if full else None,
    )
    ImportRun.objects.all().delete()


def _group(members: int) -> Group:
    now = timezone.now()
    tenant = Tenant.objects.create(name=f"Imports {time.time()}")
    connector = Connector.objects.create(
        tenant=tenant, name="Main", api_root="http://127.0.0.1:9", application_id="a", application_secret="s"
    )
    grant = Grant.objects.create(connector=connector, name="Whole", kind="tenant", refresh_token="r")
    group = Group.objects.create(tenant=tenant, group_id="wells", name="Wells", first_seen_at=now)
    Reach.objects.create(grant=grant, group=group, role="Admin", first_seen_at=now)
    fields = ("group", "person_id", "mobile_number", "name", "profile_pic", "is_provisioned", "role",
              "first_seen_at", "gone_at", "seen_run")  # fmt: skip
    rows = (
        (group.pk, f"p{n}", _number(n), f"Person {n}", "", True, "Member", bulk.moment(now), None, 0)
        for n in range(members)
    )
    bulk.insert(Member, fields, rows)
    return group


def _number(index: int) -> str:
    return f"+9198{index:08}"


def _write(path: Path, group: Group, count: int) -> None:
    """The columns that a member's row needs; ours reads the number alone."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "group", "person_id", "mobile_number", "name", "first_seen_at"])
        for n in range(count):
            writer.writerow(["", group.pk, f"n{n}", _number(n), f"Person {n}", "2026-01-01 00:00:00"])


def _upload(sheet: Path, group: Group) -> ImportRun:
    group = Group.objects.select_related("tenant").get(pk=group.pk)
    with sheet.open("rb") as file:
        chunks = iter(lambda: file.read(1 << 20), b"")
        return services.start(kind="add", file_name=sheet.name, chunks=chunks, group=group)


def _read(sheet: Path, group: Group) -> float:
    run = _upload(sheet, group)
    begun = time.perf_counter()
    reading.read(run.pk)
    taken = time.perf_counter() - begun
    run.refresh_from_db()
    assert run.state == ImportRun.State.CHECKED, run.error
    _empty(run)
    return taken


def _empty(run: ImportRun) -> None:
    ImportRow.objects.filter(run=run)._raw_delete("default")


def _bulk_create(run: ImportRun, count: int) -> float:
    begun = time.perf_counter()
    for start in range(0, count, BATCH):
        ImportRow.objects.bulk_create(
            ImportRow(
                run=run, line=n, action="add", group_id=run.group_id, mobile_number=_number(n), state="ready"
            )
            for n in range(start, min(count, start + BATCH))
        )
    taken = time.perf_counter() - begun
    _empty(run)
    return taken


def _tuples(run: ImportRun, count: int) -> float:
    begun = time.perf_counter()
    for start in range(0, count, BATCH):
        rows = (
            (
                run.pk,
                n,
                "add",
                run.group_id,
                None,
                _number(n),
                "member",
                "ready",
                "",
                "",
                "",
                "",
                None,
                "",
                False,
            )
            for n in range(start, min(count, start + BATCH))
        )
        with transaction.atomic():
            bulk.insert(ImportRow, FIELDS, rows)
    taken = time.perf_counter() - begun
    _empty(run)
    return taken


def _child(whose: str, sheet: Path, group: Group) -> tuple[float, float]:
    """(seconds, peak MB) of a fresh process that makes the dry run."""
    command = [sys.executable, "-m", "benchmarks.importing", whose, str(sheet), str(group.pk)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=dict(os.environ))
    if done.returncode:
        raise SystemExit(done.stderr)
    seconds, peak = done.stdout.split()[-2:]
    return float(seconds), float(peak)


def _theirs(sheet: Path) -> float:
    import tablib
    from import_export import resources

    class MemberResource(resources.ModelResource):  # type: ignore[misc]
        class Meta:
            model = Member
            fields = ("id", "group", "person_id", "mobile_number", "name", "first_seen_at")

    begun = time.perf_counter()
    dataset: Any = tablib.Dataset().load(sheet.read_text(encoding="utf-8"), format="csv")
    result = MemberResource().import_data(dataset, dry_run=True)
    taken = time.perf_counter() - begun
    assert not result.has_errors(), result.row_errors()[:1]
    return taken


def dry_run(whose: str, sheet: Path, group: int) -> float:
    """Seconds that ours or theirs takes, in this process."""
    return _theirs(sheet) if whose == "theirs" else _read(sheet, Group.objects.get(pk=group))
