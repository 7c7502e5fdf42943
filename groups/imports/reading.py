"""Reads an uploaded sheet into rows, in short transactions, under a lease; a dead reader's work is redone."""

import logging
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from itertools import chain, islice
from typing import IO, Any

from django.db import transaction
from django.db.models import Count, F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from groups import pace, queries
from groups.models import Member, Subscriber
from groups.reading import sheets
from kaizala_admin.connectors import bulk
from kaizala_admin.connectors.clock import later
from kaizala_admin.kaizala import MAX_MEMBERS

from . import columns, places, rejected, undoing
from .checking import FIELDS, Judge, Judged, settle_present
from .models import ImportChunk, ImportRow, ImportRun

log = logging.getLogger(__name__)

MAX_BYTES = 50 * sheets.MEGABYTE
MAX_ROWS = 1_000_000
BATCH = 2_000  # rows a transaction
LEASE = timedelta(minutes=2)  # a batch takes a fraction of a second, unpacking a large workbook longer
LOOKED_AT = 50  # rows that say which column is which
SAMPLE, SAMPLE_COLUMNS = 6, 40  # what a person sees who maps by hand
State, Action = ImportRun.State, ImportRow.Action


class Lost(Exception):
    """Another reader has the import, or it was cancelled: write no more."""


def read(run_id: int) -> bool:
    """Reads and judges the whole sheet. False: somebody else does, or it is read already."""
    run = _claim(run_id)
    if run is None:
        return False
    try:
        if run.kind == ImportRun.Kind.UNDO:
            _read_back(run)
        else:
            with _file(run) as file:
                _read(run, file)
    except Lost:
        log.info("import %s: another reader took over", run.pk)
    except sheets.BadSheet as error:
        _end(run, State.FAILED, error=str(error)[:500])
        ImportChunk.objects.filter(run=run.pk, run__state=State.FAILED).delete()
    return True


def _claim(run_id: int) -> ImportRun | None:
    free = ImportRun.objects.filter(pk=run_id, state=State.READING)
    free = free.filter(Q(lease_until__isnull=True) | Q(lease_until__lt=Now()))
    with transaction.atomic():
        if not free.update(claim=F("claim") + 1, lease_until=later(LEASE), rows_read=0, bytes_read=0):
            return None
        run = ImportRun.objects.select_related("tenant", "group", "undoes").get(pk=run_id)
    _forget(run)
    return run


def _forget(run: ImportRun) -> None:
    """Rows of a reader that died."""
    rows = ImportRow.objects.filter(run=run.pk)
    while keys := list(rows.values_list("pk", flat=True)[: BATCH * 5]):
        ImportRow.objects.filter(pk__gte=keys[0], pk__in=keys)._raw_delete("default")


def _mine(run: ImportRun, **values: Any) -> None:
    """Raises Lost when the import is not ours any more."""
    ours = ImportRun.objects.filter(pk=run.pk, state=State.READING, claim=run.claim)
    if not ours.update(**values):
        raise Lost


def _end(run: ImportRun, state: str, **values: Any) -> None:
    ours = ImportRun.objects.filter(pk=run.pk, state=State.READING, claim=run.claim)
    ours.update(state=state, lease_until=None, **values)


def _file(run: ImportRun) -> IO[bytes]:
    """The uploaded file, on this machine's disk."""
    file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    for data in (
        ImportChunk.objects.filter(run=run.pk)
        .order_by("number")
        .values_list("data", flat=True)
        .iterator(chunk_size=1)
    ):
        file.write(data)
    file.seek(0)
    return file


def _read(run: ImportRun, file: IO[bytes]) -> None:
    rows = sheets.rows(file, run.file_size, MAX_BYTES)
    first = [row for row in islice(rows, LOOKED_AT) if not row[1][0].lower().startswith("sep=")]
    if not first:
        raise sheets.BadSheet(_("The sheet has no rows. Choose one with a heading and a row a person."))
    if not run.columns:
        run.columns, run.headed = columns.find(run.kind, [cells for _line, cells in first], run.region)
    run.heading = first[0][1][: sheets.MAX_COLUMNS] if run.headed else []
    if run.kind == ImportRun.Kind.EQUAL and rejected.is_ours(run.heading):
        raise sheets.BadSheet(
            _("These are the rows to repair of another import, not the list of the whole group: everybody "
              "else would be removed. Upload them as people to add, or upload the whole list.")
        )  # fmt: skip
    sample = [cells[:SAMPLE_COLUMNS] for _line, cells in first[:SAMPLE]]
    if not run.columns:
        _end(run, State.MAPPING, sample=sample)
        return
    _mine(run, columns=run.columns, headed=run.headed, heading=run.heading, sample=sample)
    judge = _judge(run)
    tally: Counter[tuple[int, str]] = Counter()
    _store(run, judge, judge.judge(chain(first[1:] if run.headed else first, rows)), tally, file)
    if run.kind == ImportRun.Kind.EQUAL:
        kept: Counter[str] = Counter()
        _store(run, judge, _lacking(run, judge, kept), tally, file)
        run.kept = dict(kept)
    _end_checked(run, tally)


def _read_back(run: ImportRun) -> None:
    """What another import did, the other way round."""
    known, graph = places.of_tenant(run.tenant_id), places.Graph(run.tenant_id)
    tally: Counter[tuple[int, str]] = Counter()
    _store(run, Judge(run, known), undoing.rows(run, known, graph), tally, None)
    _end_checked(run, tally)


def _end_checked(run: ImportRun, tally: Counter[tuple[int, str]]) -> None:
    calls = _calls(tally)
    _end(
        run,
        State.CHECKED,
        calls=sum(calls.values()),
        seconds=pace.seconds(calls),
        kept=run.kept,
        bytes_read=run.file_size,
    )


def _judge(run: ImportRun) -> Judge:
    links = run.kind in (ImportRun.Kind.LINKS, ImportRun.Kind.UNLINK)
    known = places.Places() if run.group_id else places.of_tenant(run.tenant_id)
    return Judge(run, known, places.Graph(run.tenant_id) if links else None)


def _store(
    run: ImportRun,
    judge: Judge,
    judged: Iterator[Judged],
    tally: Counter[tuple[int, str]],
    file: IO[bytes] | None,
) -> None:
    """Batch by batch: the rows and how far we are, in one transaction. `tally` counts what is to do."""
    while some := list(islice(judged, BATCH)):
        settle_present(some, judge.present)
        run.rows_read += sum(row.line > 0 for row in some) if file else len(some)
        if file and run.rows_read > MAX_ROWS:
            raise sheets.BadSheet(_("There are more than 1,000,000 rows. Split the sheet."))
        with transaction.atomic():
            _mine(run, rows_read=run.rows_read, bytes_read=_place(run, file), lease_until=later(LEASE))
            bulk.insert(ImportRow, FIELDS, [row.values(run.pk) for row in some])
        tally.update((row.group or 0, _call_of(row)) for row in some if row.state == ImportRow.State.READY)


def _place(run: ImportRun, file: IO[bytes] | None) -> int:
    """How far the file is read; a workbook is unpacked, so there it is a guess."""
    try:
        return min(file.tell(), run.file_size) if file else 0
    except (OSError, ValueError):
        return 0


def _call_of(row: Judged) -> str:
    return f"{row.action}:{row.role}"


def _calls(tally: Counter[tuple[int, str]]) -> Counter[int]:
    """Calls by connector: additions and subscribers go by the hundred, members leave one by one."""
    grants = queries.best_grants(sorted({group for group, _what in tally}))
    calls: Counter[int] = Counter()
    for (group, what), count in tally.items():
        if group in grants:
            action, role = what.split(":")
            by_hundred = action == Action.ADD or (action == Action.REMOVE and role == "subscriber")
            number = -(-count // MAX_MEMBERS) if by_hundred else count
            if action == Action.ADD and role == "admin":
                number += 2 * count  # who is new has to be looked up, then promoted
            calls[grants[group].connector_id] += number
    return calls


def _lacking(run: ImportRun, judge: Judge, kept: Counter[str]) -> Iterator[Judged]:
    """Whom the group has and the list lacks. Admins stay, and people without a number: `kept` counts them."""
    assert run.group is not None
    row_class: Any = Subscriber if run.subscribers else Member
    here = row_class.objects.filter(group=run.group, gone_at__isnull=True).order_by("id")
    fields = ("id", "mobile_number") if run.subscribers else ("id", "mobile_number", "role")
    last = 0
    while some := list(here.filter(id__gt=last).values_list(*fields)[:BATCH]):
        last = some[-1][0]
        for _key, number, *role in some:
            if not judge.is_new(run.group.pk, number):
                continue
            if not number:
                kept["nameless"] += 1
            elif role == [Member.Role.ADMIN]:
                kept["admins"] += 1
            else:
                yield Judged(
                    0, Action.REMOVE.value, group=run.group.pk, number=number, role=judge.role, given=number
                )


def counts(run: ImportRun) -> dict[str, int]:
    """Rows by state, and by what is to do with them: {"ready": 3, "ready:add": 2, ...}. One query."""
    found: dict[str, int] = {}
    rows = (
        ImportRow.objects.filter(run=run.pk).order_by().values_list("state", "action").annotate(Count("pk"))
    )
    for state, action, count in rows:
        found[state] = found.get(state, 0) + count
        found[f"{state}:{action}"] = count
    return found
