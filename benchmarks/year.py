"""A year of broadcasts in the tables; the five million lines are written by the database itself."""

from datetime import timedelta

from django.db import connection
from django.utils import timezone

from benchmarks.ground import empty_tables
from groups.models import Group
from kaizala_admin.connectors.models import Connector, Grant, Tenant
from messaging.models import Broadcast, Delivery, Dispatch

BATCH = 50  # people in one call
DAYS = 365


def spend_a_year(broadcasts: int, people: int) -> None:
    """Each broadcast went to `people`, fifty a call. One call in a hundred failed; the last two still run."""
    empty_tables()
    tenant = Tenant.objects.create(name="A year")
    connector = Connector.objects.create(tenant=tenant, name="One", api_root="http://127.0.0.1:9/")
    grant = Grant.objects.create(connector=connector, name="All")
    now = timezone.now()
    group = Group.objects.create(
        tenant=tenant, group_id="g", name="Everybody", group_type="ConnectGroup", first_seen_at=now
    )
    made = Broadcast.objects.bulk_create(
        (_broadcast(tenant, n, broadcasts, people) for n in range(broadcasts)), batch_size=500
    )
    calls = max(1, people // BATCH)
    Dispatch.objects.bulk_create(
        (
            Dispatch(
                broadcast=broadcast,
                group=group,
                connector=connector,
                grant=grant,
                mode="batch",
                people=min(BATCH, people),
                created_at=broadcast.created_at,
                settled_at=broadcast.finished_at,
                state=_state(broadcast, number * calls + call),
                held=broadcast.state == Broadcast.State.PAUSED,
            )
            for number, broadcast in enumerate(made)
            for call in range(calls)
        ),
        batch_size=500,
    )
    _write_the_ledger(min(BATCH, people))


def _broadcast(tenant: Tenant, n: int, of: int, people: int) -> Broadcast:
    at = timezone.now() - timedelta(days=DAYS * (of - n) / of)
    over = n < of - 2
    return Broadcast(
        tenant=tenant,
        title=f"Broadcast {n}",
        content={"message": f"Number {n}"},
        state=Broadcast.State.FINISHED if over else Broadcast.State.PAUSED,
        created_at=at,
        launched_at=at,
        finished_at=at + timedelta(minutes=5) if over else None,
        people=people,
        dispatch_count=max(1, people // BATCH),
    )


def _state(broadcast: Broadcast, number: int) -> str:
    if broadcast.state == Broadcast.State.PAUSED:
        return "queued"
    return "failed" if number % 100 == 7 else "sent"


def _write_the_ledger(people: int) -> None:
    """A line for each person of each call; the table's other columns are what the model says."""
    number = (
        "printf('+9198%%08d', d.id * 50 + n.n)"
        if connection.vendor == "sqlite"
        else "'+9198' || lpad((d.id * 50 + n.n)::text, 8, '0')"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < %s)
            INSERT INTO {Delivery._meta.db_table}
              (broadcast_id, dispatch_id, group_id, mobile_number, name, people, state, reason)
            SELECT d.broadcast_id, d.id, d.group_id, {number}, '', 1, d.state, ''
            FROM {Dispatch._meta.db_table} d CROSS JOIN n""",
            [people],
        )
