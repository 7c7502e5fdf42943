"""A snapshot becomes calls and a ledger: a row a call, a line a person, written where the snapshot lies."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from django.db import connection

from groups import bulk
from kaizala_admin.outbox import services as outbox
from messaging import kinds
from messaging.audience import personal
from messaging.audience.plan import Calls, Leg
from messaging.media import uploading
from messaging.models import Broadcast, Delivery, Dispatch
from messaging.personal.content import own

CHUNK = 2_000  # calls that are held in memory together
LEDGER = ("broadcast", "dispatch", "group", "mobile_number", "name", "people", "state", "reason")


def write(draft: Broadcast, calls: Calls) -> None:
    """Inside the transaction that launches, while the snapshot's tables are there. Flat in memory."""
    for leg in calls.legs:
        if leg.mode == Dispatch.Mode.GROUP:
            _write_whole(draft, leg)
        else:
            _write_people(draft, leg, calls)


def _write_whole(draft: Broadcast, leg: Leg) -> None:
    (row,) = _post(draft, [_dispatch(draft, leg, leg.people)])
    line = (draft.pk, row.pk, leg.group.pk, "", leg.group.name, leg.people, Delivery.State.QUEUED.value, "")
    bulk.insert(Delivery, LEDGER, [line])


def _write_people(draft: Broadcast, leg: Leg, calls: Calls) -> None:
    """The calls of a leg are numbered from 0; a person's place in the snapshot says in which one he is."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS kza_call")
        cursor.execute("CREATE TEMPORARY TABLE kza_call (number integer PRIMARY KEY, dispatch_id bigint)")
        for start, rows in _posted(draft, leg, calls):
            pairs = [(number, row.pk) for number, row in enumerate(rows, start)]
            cursor.executemany("INSERT INTO kza_call (number, dispatch_id) VALUES (%s, %s)", pairs)
        cursor.execute(_lines_sql(), _lines_params(draft, leg, calls.snapshot.first[leg.group.pk]))
        cursor.execute("DROP TABLE kza_call")


def _posted(draft: Broadcast, leg: Leg, calls: Calls) -> Iterator[tuple[int, Sequence[Dispatch]]]:
    """(number of the first, calls in line), CHUNK at a time."""
    if calls.snapshot.scope.personal:
        yield from _posted_each(draft, leg, calls)
        return
    sizes, first = leg.call_sizes(), 0
    while some := list(islice(sizes, CHUNK)):
        yield first, _post(draft, [_dispatch(draft, leg, people) for people in some])
        first += len(some)


def _posted_each(draft: Broadcast, leg: Leg, calls: Calls) -> Iterator[tuple[int, Sequence[Dispatch]]]:
    """The same where each call has a text of its own, filled now: a retry gives the same."""
    kind, first = kinds.get(draft.kind), 0
    for people in personal.pages(calls.snapshot, leg.group):
        rows = [_dispatch(draft, leg, 1) for _person in people]
        for row, person in zip(rows, people, strict=True):
            row.content = own(kind, draft.content, person.values())
        yield first, _post(draft, rows)
        first += len(rows)


def _post(draft: Broadcast, rows: list[Dispatch]) -> Sequence[Dispatch]:
    """In line; calls that need files wait until those are at Kaizala."""
    uploading.hold_back(draft, rows)
    return outbox.post(rows)


def _lines_sql() -> str:
    column_of = {field.name: str(field.column) for field in Delivery._meta.concrete_fields}
    columns = ", ".join(column_of[name] for name in LEDGER)
    return (
        f"INSERT INTO messaging_delivery ({columns}) "
        "SELECT %s, c.dispatch_id, t.group_id, t.number, COALESCE(s.name, ''), 1, %s, '' "
        "FROM kza_target t JOIN kza_call c ON c.number = (t.place - %s) / %s "
        "LEFT JOIN groups_subscriber s ON s.id = t.subscriber_id "
        "WHERE t.group_id = %s AND t.why IS NULL"
    )


def _lines_params(draft: Broadcast, leg: Leg, first: int) -> list[Any]:
    size = leg.size if leg.mode == Dispatch.Mode.BATCH else leg.people
    return [draft.pk, Delivery.State.QUEUED.value, first, size, leg.group.pk]


def _dispatch(draft: Broadcast, leg: Leg, people: int) -> Dispatch:
    assert leg.grant is not None  # the check has seen to it
    return Dispatch(
        broadcast=draft,
        group=leg.group,
        mode=leg.mode,
        people=people,
        priority=draft.priority,
        connector=leg.grant.connector,
        grant=leg.grant,
    )
