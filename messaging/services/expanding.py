"""A snapshot becomes calls and a ledger: a row a call, a line a person, written where the snapshot lies.

What each call says is worked out beforehand, into `kza_call` beside the snapshot. The transaction that
launches only copies from table to table: on SQLite everybody who writes waits for it.
"""

import json
from collections.abc import Iterator
from typing import Any

from django.db import connection
from django.db.models import Max

from kaizala_admin.connectors import bulk
from kaizala_admin.outbox import services as outbox
from messaging import kinds
from messaging.audience import personal
from messaging.audience.plan import Calls, Leg
from messaging.audience.snapshot import create
from messaging.media import uploading
from messaging.models import Broadcast, Delivery, Dispatch
from messaging.personal.content import own

CALL = ("group_id", "number", "people", "content")
POSTED = (
    "INSERT INTO messaging_dispatch ({columns}) SELECT {places}, people, content FROM kza_call "
    "WHERE group_id = %s ORDER BY number"
)
NUMBERED = (
    "INSERT INTO kza_posted (number, dispatch_id) SELECT ROW_NUMBER() OVER (ORDER BY id) - 1, id "
    "FROM messaging_dispatch WHERE broadcast_id = %s AND group_id = %s AND id > %s"
)
LEDGER = ("broadcast", "dispatch", "group", "mobile_number", "name", "people", "state", "reason")


def prepare(draft: Broadcast, calls: Calls) -> None:
    """The calls of the snapshot, numbered from 0 in each group, before anybody waits. Flat in memory."""
    content = Dispatch._meta.get_field("content").db_type(connection)
    columns = f"group_id bigint, number integer, people integer, content {content}"
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS kza_call")
        cursor.execute(create("kza_call", f"({columns}, PRIMARY KEY (group_id, number))"))
    for leg in calls.legs:
        if leg.mode == Dispatch.Mode.GROUP:
            continue
        numbered = enumerate(_contents(draft, leg, calls))
        bulk.fill("kza_call", CALL, ((leg.group.pk, at, n, own) for at, (n, own) in numbered))


def write(draft: Broadcast, calls: Calls) -> None:
    """Inside the transaction that launches, after `prepare`, while the snapshot's tables are there."""
    for leg in calls.legs:
        if leg.mode == Dispatch.Mode.GROUP:
            _write_whole(draft, leg)
        else:
            _write_people(draft, leg, calls)


def _write_whole(draft: Broadcast, leg: Leg) -> None:
    row = _dispatch(draft, leg, leg.people)
    outbox.post([row])
    line = (draft.pk, row.pk, leg.group.pk, "", leg.group.name, leg.people, Delivery.State.QUEUED.value, "")
    bulk.insert(Delivery, LEDGER, [line])


def _write_people(draft: Broadcast, leg: Leg, calls: Calls) -> None:
    """A person's place in the snapshot says in which call of the leg he is."""
    known = Dispatch.objects.filter(broadcast=draft, group=leg.group)
    before = known.aggregate(last=Max("pk"))["last"] or 0
    with connection.cursor() as cursor:
        _post(cursor, draft, leg)
        cursor.execute("DROP TABLE IF EXISTS kza_posted")
        cursor.execute("CREATE TEMPORARY TABLE kza_posted (number integer PRIMARY KEY, dispatch_id bigint)")
        cursor.execute(NUMBERED, [draft.pk, leg.group.pk, before])
        cursor.execute("ANALYZE kza_posted")  # else the planner takes it for small
        cursor.execute(_lines_sql(), _lines_params(draft, leg, calls.snapshot.first[leg.group.pk]))
        cursor.execute("DROP TABLE kza_posted")


def _post(cursor: Any, draft: Broadcast, leg: Leg) -> None:
    """The leg's calls in line, which differ in their people and their own content alone.

    No model instance a call: a launch to a million would hold its transaction four times as long.
    """
    like = _dispatch(draft, leg, 0)
    outbox.due_at_once([like])
    alike = [one for one in Dispatch._meta.concrete_fields if one.name not in ("id", "people", "content")]
    values = [one.get_db_prep_save(getattr(like, str(one.attname)), connection) for one in alike]
    columns = ", ".join([*(str(one.column) for one in alike), "people", "content"])
    places = ", ".join(["%s"] * len(alike))
    cursor.execute(POSTED.format(columns=columns, places=places), [*values, leg.group.pk])
    outbox.posted([like.connector_id])


def _contents(draft: Broadcast, leg: Leg, calls: Calls) -> Iterator[tuple[int, str | None]]:
    """(people, their own content) for each call. A text of one's own is filled now: a retry keeps it."""
    if not calls.snapshot.scope.personal:
        yield from ((people, None) for people in leg.call_sizes())
        return
    kind = kinds.get(draft.kind)
    for page in personal.pages(calls.snapshot, leg.group):
        for person in page:
            yield 1, json.dumps(own(kind, draft.content, person.values()))


def _lines_sql() -> str:
    column_of = {field.name: str(field.column) for field in Delivery._meta.concrete_fields}
    columns = ", ".join(column_of[name] for name in LEDGER)
    return (
        f"INSERT INTO messaging_delivery ({columns}) "
        "SELECT %s, c.dispatch_id, t.group_id, t.number, COALESCE(s.name, ''), 1, %s, '' "
        "FROM kza_target t JOIN kza_posted c ON c.number = (t.place - %s) / %s "
        "LEFT JOIN groups_subscriber s ON s.id = t.subscriber_id "
        "WHERE t.group_id = %s AND t.why IS NULL"
    )


def _lines_params(draft: Broadcast, leg: Leg, first: int) -> list[Any]:
    size = leg.size if leg.mode == Dispatch.Mode.BATCH else leg.people
    return [draft.pk, Delivery.State.QUEUED.value, first, size, leg.group.pk]


def _dispatch(draft: Broadcast, leg: Leg, people: int) -> Dispatch:
    """Not saved. Where it needs files that are not at Kaizala yet, it waits for them."""
    assert leg.grant is not None  # the check has seen to it
    row = Dispatch(
        broadcast=draft,
        group=leg.group,
        mode=leg.mode,
        people=people,
        priority=draft.priority,
        connector=leg.grant.connector,
        grant=leg.grant,
    )
    uploading.hold_back(draft, [row])
    return row
