"""A crowd for the audience's benchmark, written by the database itself: five sources that overlap."""

from datetime import datetime

from django.db import connection
from django.utils import timezone

from benchmarks.ground import empty_tables
from groups.models import Group, Reach
from kaizala_admin.connectors.models import Connector, Grant, Tenant
from messaging.audience import Exclude, Expression, Include, Plan
from messaging.models import Broadcast, Dispatch, SavedAudience

NOW = timezone.now()
# shares of a million: from, to
CROPS, WEATHER, STAFF_NEWS = (0.0, 0.5), (0.4, 0.9), (0.85, 1.05)
STAFF, FIELD, PASTED = (0.85, 1.05), (0.9, 1.0), (0.95, 1.0)
LEFT, BARRED, HEARD = (0.1, 0.12), (0.2, 0.205), (0.3, 0.32)


def gather(people: int) -> Broadcast:
    """A draft to about `people`: two public groups, a saved audience, a group one by one, pasted numbers;
    without a group, the do-not-contact list and those whom an earlier broadcast reached."""
    empty_tables()
    tenant = Tenant.objects.create(name="Crowd", many_people=10_000_000)
    connector = Connector.objects.create(tenant=tenant, name="One", api_root="http://127.0.0.1:9/")
    grant = Grant.objects.create(connector=connector, name="All")
    names = ("Crops", "Weather", "Staff news", "Staff", "Field", "Left")
    made = [_group(tenant, grant, name, n < 3) for n, name in enumerate(names)]
    for group, share in zip(made[:3], (CROPS, WEATHER, STAFF_NEWS), strict=True):
        _people("groups_subscriber", group, share, people)
    for group, share in zip(made[3:], (STAFF, FIELD, LEFT), strict=True):
        _people("groups_member", group, share, people)
    saved = SavedAudience.objects.create(
        tenant=tenant, name="Staff", rules={"who": "members", "groups": [made[3].pk]}
    )
    earlier = _earlier(tenant, grant, made[0], people)
    _numbers("messaging_donotcontact", "tenant_id, reason, added_at", [tenant.pk, "", NOW], BARRED, people)
    expression = Expression(
        include=Include(
            public=(made[0].pk, made[1].pk), saved=(saved.pk,), one_by_one=(made[4].pk,), numbers=True
        ),
        exclude=Exclude(groups=(made[5].pk,), reached_by=(earlier.pk,)),
        plan=Plan.BATCHES,
    )
    draft = Broadcast.objects.create(
        tenant=tenant, title="To all", content={"message": "Hello"}, audience=expression.as_json()
    )
    given = "broadcast_id, line, given, problem"
    _numbers("messaging_audienceline", given, [draft.pk, 1, "", ""], PASTED, people)
    return draft


def _group(tenant: Tenant, grant: Grant, name: str, public: bool) -> Group:
    group = Group.objects.create(
        tenant=tenant,
        group_id=name,
        name=name,
        group_type="ConnectGroup" if public else "Group",
        first_seen_at=NOW,
        synced_at=NOW,
    )
    Reach.objects.create(grant=grant, group=group, role="Admin", first_seen_at=NOW)
    return group


def _earlier(tenant: Tenant, grant: Grant, group: Group, people: int) -> Broadcast:
    row = Broadcast.objects.create(tenant=tenant, title="Earlier", state="finished", launched_at=NOW)
    call = Dispatch.objects.create(
        broadcast=row,
        group=group,
        connector=grant.connector,
        grant=grant,
        mode="batch",
        state="sent",
        settled_at=NOW,
    )
    fields = "broadcast_id, dispatch_id, group_id, name, people, state, reason"
    values: list[str | int | datetime] = [row.pk, call.pk, group.pk, "", 1, "sent", ""]
    _numbers("messaging_delivery", fields, values, HEARD, people)
    return row


def _people(table: str, group: Group, share: tuple[float, float], people: int) -> None:
    fields = "group_id, name, profile_pic, is_provisioned, first_seen_at, seen_run"
    values: list[str | int | datetime] = [group.pk, "Asha Devi", "", True, NOW, 0]
    if table == "groups_member":
        fields, values = f"{fields}, role", [*values, "Member"]
    _numbers(table, fields, values, share, people, person=True)


def _numbers(
    table: str,
    fields: str,
    values: list[str | int | datetime],
    share: tuple[float, float],
    people: int,
    *,
    person: bool = False,
) -> None:
    """A row a number of the share, in an order that is not the numbers' own."""
    first, last = (int(people * part) for part in share)
    digits = "(n.n * 7919) %% 100000000"
    number = (
        f"printf('+9198%%08d', {digits})"
        if connection.vendor == "sqlite"
        else f"'+9198' || lpad(({digits})::text, 8, '0')"
    )
    more, also = (", person_id", f", {number}") if person else ("", "")
    places = ", ".join(["%s"] * len(values))
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE n(n) AS (SELECT CAST(%s AS bigint) UNION ALL SELECT n + 1 FROM n WHERE n < %s) "
            f"INSERT INTO {table} (mobile_number, {fields}{more}) SELECT {number}, {places}{also} FROM n",
            [first, last - 1, *values],
        )


def numbers(draft: Broadcast) -> tuple[str, list[int]]:
    """A SELECT of the numbers of the same five sources, as they lie there."""
    keys = dict(Group.objects.values_list("name", "pk"))
    present = "gone_at IS NULL AND mobile_number <> ''"
    selects = [
        f"SELECT mobile_number FROM groups_subscriber WHERE group_id IN (%s, %s) AND {present}",
        f"SELECT mobile_number FROM groups_member WHERE group_id IN (%s, %s) AND {present}",
        "SELECT mobile_number FROM messaging_audienceline WHERE broadcast_id = %s AND problem = ''",
    ]
    params = [keys["Crops"], keys["Weather"], keys["Staff"], keys["Field"], draft.pk]
    return " UNION ALL ".join(selects), params
