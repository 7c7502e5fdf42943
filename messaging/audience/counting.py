"""How many people rules come to, as they stand in the mirror now."""

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from groups.models import Subscriber
from kaizala_admin.connectors.models import Tenant

from .rules import Rules
from .scope import PUBLIC_GROUP


@dataclass(frozen=True)
class Counted:
    """Different numbers; `single` of them follow a public group, so that they can be reached one by one."""

    people: int
    single: int


def count(rules: Rules, tenant: Tenant) -> Counted:
    """Two queries."""
    rows = rules.people(tenant)
    follows = Subscriber.objects.filter(
        mobile_number=OuterRef("mobile_number"),
        gone_at__isnull=True,
        group__gone_at__isnull=True,
        group__tenant=tenant,
        group__group_type=PUBLIC_GROUP,
    )
    return Counted(_distinct(rows), _distinct([some.filter(Exists(follows)) for some in rows]))


def _distinct(rows: list[QuerySet[Any]]) -> int:
    selects = [
        some.values_list("mobile_number").query.get_compiler(connection=connection).as_sql() for some in rows
    ]
    union = " UNION ".join(sql for sql, _ in selects)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT COUNT(*) FROM (SELECT DISTINCT * FROM ({union}) y) x",
            [p for _, ps in selects for p in ps],
        )
        found: int = cursor.fetchone()[0]
    return found
