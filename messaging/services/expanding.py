"""A snapshot becomes calls and a ledger: a row a call, a line a person, written where the snapshot lies."""

import json
from collections.abc import Iterator
from typing import Any

from django.db import connection
from django.db.models import Max

from groups import bulk
from kaizala_admin.outbox import services as outbox
from messaging import kinds
from messaging.audience import personal
from messaging.audience.plan import Calls, Leg
from messaging.media import uploading
from messaging.models import Broadcast, Delivery, Dispatch
from messaging.personal.content import own

NUMBERED = (
    "INSERT INTO kza_call (number, dispatch_id) SELECT ROW_NUMBER() OVER (ORDER BY id) - 1, id "
    "FROM messaging_dispatch WHERE broadcast_id = %s AND group_id = %s AND id > %s"
)
LEDGER = ("broadcast", "dispatch", "group", "mobile_number", "name", "people", "state", "reason")


def write(draft: Broadcast, calls: Calls) -> None:
    """Inside the transaction that launches, while the snapshot's tables are there. Flat in memory."""
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
    """The calls of a leg are numbered from 0; a person's place in the snapshot says in which one he is."""
    known = Dispatch.objects.filter(broadcast=draft, group=leg.group)
    before = known.aggregate(last=Max("pk"))["last"] or 0
    _post(draft, leg, _contents(draft, leg, calls))
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS kza_call")
        cursor.execute("CREATE TEMPORARY TABLE kza_call (number integer PRIMARY KEY, dispatch_id bigint)")
        cursor.execute(NUMBERED, [draft.pk, leg.group.pk, before])
        cursor.execute("ANALYZE kza_call")  # else the planner takes it for small
        cursor.execute(_lines_sql(), _lines_params(draft, leg, calls.snapshot.first[leg.group.pk]))
        cursor.execute("DROP TABLE kza_call")


def _post(draft: Broadcast, leg: Leg, contents: Iterator[tuple[int, str | None]]) -> None:
    """The leg's calls in line, which differ in their people and their own content alone.

    No model instance a call: a launch to a million would hold its transaction four times as long.
    """
    like = _dispatch(draft, leg, 0)
    fields = [one for one in Dispatch._meta.concrete_fields if not one.primary_key]
    fixed = {one.name: one.get_db_prep_save(getattr(like, str(one.attname)), connection) for one in fields}
    rows = (tuple({**fixed, "people": n, "content": own}.values()) for n, own in contents)
    bulk.insert(Dispatch, list(fixed), rows)
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
        "FROM kza_target t JOIN kza_call c ON c.number = (t.place - %s) / %s "
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
