"""Exports and archives of a million rows against a bare loop, their memory, and parts of names."""

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from benchmarks import tables
from benchmarks.ground import Ground
from benchmarks.lists import fill, settle
from benchmarks.measure import Line, milliseconds, times
from benchmarks.pages import PLAIN, analyse, someone
from groups import search
from groups.models import Group, Subscriber
from kaizala_admin.connectors import bulk
from kaizala_admin.connectors.models import Connector, Grant, Tenant
from kaizala_admin.exports.archive.reading import verify
from kaizala_admin.exports.models import Export
from messaging.models import Broadcast, Delivery, Dispatch

SEARCH_BAR = 5.0
SHORT = (("two Chinese letters, a", "王小"), ("two Cyrillic letters, a", "ив"), ("one letter, a", "и"))
BATCH, AT_ONCE, ROUNDS = 50, 50_000, 7
COLUMNS = "group_id, dispatch_id, name, mobile_number, people, state, reason"
PEOPLE = """
SELECT one.name, who.name, mobile_number, person_id, is_provisioned, who.first_seen_at, back_at, who.gone_at
FROM groups_subscriber who JOIN groups_group one ON one.id = who.group_id {where} ORDER BY who.id
"""
LINE = ("broadcast", "dispatch", "group", "mobile_number", "name", "people", "state", "reason")


def measure(ground: Ground) -> Iterator[Line]:
    """Everybody as a list, one broadcast to everybody and its ledger, and the archive of the tenant."""
    size, full = ground.size, ground.size.is_full
    ground.rest()
    fill(size.many_rows)
    analyse()
    with override_settings(**PLAIN):
        yield from _searches(size.many_rows, full)
    some = _subscribers(Group.objects.order_by("pk")[1])
    yield from tables.compare("subscribers", some, _subscribers(None), tables.FORMATS, size.rounds, full)
    few, many = _send(max(1, size.many_rows // 10)), _send(size.many_rows)
    analyse()
    yield from ledger(few, many, size.rounds, full, ("csv",))
    yield from _archive(size.many_rows, full)


def _archive(people: int, full: bool) -> Iterator[Line]:
    """Beside it a tenant with a tenth of its subscribers, for the memory."""
    many, few = Tenant.objects.get(), Tenant.objects.create(name="Few", default_region="IN")
    settle(few, max(1, people // 10))
    before, _ = tables.peak(partial(_archived, few))
    begun = time.perf_counter()
    peak, _ = tables.peak(partial(_archived, many))
    taken, done = time.perf_counter() - begun, Export.objects.latest("pk")
    begun = time.perf_counter()
    report = verify(Path(settings.EXPORTS_DIR) / done.file)
    checked = time.perf_counter() - begun
    what = f"archive of {done.rows_done:,} rows, {people:,} subscribers"
    yield Line(what, f"{taken:,.0f} s", "", f"{done.rows_done / taken:,.0f}/s")
    yield Line("its size", f"{done.size / 1e6:,.0f} MB", "", "")
    yield Line(
        f"its peak memory, from {people // 10:,}",
        f"+{peak - before:,.1f} MB",
        f"{before:,.0f} MB",
        "",
        f"grows by less than {tables.MOST_GROWTH:.0f} MB",
        peak - before < tables.MOST_GROWTH if full else None,
    )
    sound = report.is_sound and sum(report.rows.values()) == done.rows_done
    yield Line("verified", f"{checked:,.0f} s", "", "", "sound, every row", sound if full else None)


def _archived(tenant: Tenant) -> float:
    return tables.made("exports.archive", {"tenant": tenant.pk}, "zip").rows_done


def _searches(people: int, full: bool) -> Iterator[Line]:
    client, path = someone(), reverse("admin:groups_subscriber_changelist")
    number = Subscriber.objects.order_by("pk")[people // 2].mobile_number
    floor = _median(partial(_page, client, path, number))
    for what, text in (("rare", f"ya {people // 2}"), ("common", "kavya"), ("of nobody", "zzyzx"), *SHORT):
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
    for what, text in (("rare", f"ya {people // 2}"), ("common", "kavya"), *SHORT):
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


def _subscribers(group: Group | None) -> tables.Asked:
    """Present and gone ones, of one group or of all."""
    rows = Subscriber.objects.filter(group=group) if group else Subscriber.objects.all()
    query = f"presence=all&group__id__exact={group.pk}" if group else "presence=all"
    sql = PEOPLE.format(where=f"WHERE who.group_id = {group.pk}" if group else "")
    return tables.Asked("groups.subscribers", query, sql, rows.count())


def ledger(
    few: Broadcast,
    many: Broadcast,
    rounds: int,
    full: bool,
    formats: Sequence[str] = tables.FORMATS,
) -> Iterator[Line]:
    """The rate of `many` against a bare cursor, and how the peak of memory grows from `few` to it."""
    yield from tables.compare("lines of the ledger", _lines(few), _lines(many), formats, rounds, full)


def _lines(broadcast: Broadcast) -> tables.Asked:
    sql = f"SELECT {COLUMNS} FROM messaging_delivery WHERE broadcast_id = {broadcast.pk} ORDER BY id"
    return tables.Asked("messaging.ledger", f"broadcast={broadcast.pk}", sql, broadcast.people)


@transaction.atomic
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
        bulk.insert(
            Delivery,
            LINE,
            (
                (
                    broadcast.pk, calls[(n - start) // BATCH].pk, group.pk, f"+9198{n:08}", f"Asha {n}", 1,
                    *(("sent", "") if n % 9 else ("failed", "no_answer")),
                )
                for n in numbers
            ),
        )  # fmt: skip
    return broadcast
