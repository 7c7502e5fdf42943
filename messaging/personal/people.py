"""The people of a snapshot with their values, in the order in which they are called. Pages of PAGE."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db import connection

from groups.models import Group

from .values import Person

PAGE = 2_000


def index() -> None:
    """Once a snapshot is taken: its people can be looked up by their places."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE INDEX IF NOT EXISTS kza_target_place ON kza_target (group_id, place)")


def pages(
    broadcast_id: int, group: Group, first: int, count: int, *, with_role: bool, before: int = 0
) -> Iterator[list[Person]]:
    """`count` people of one group from the place `first` on; `before` are in line ahead of them."""
    sql = _SQL.format(role=_ROLE if with_role else "''")
    for start in range(0, count, PAGE):
        low, high = first + start, first + min(start + PAGE, count)
        with connection.cursor() as cursor:
            cursor.execute(sql, [broadcast_id, group.pk, low, high])
            found = cursor.fetchall()
        yield [_person(row, before + start + at, group.name) for at, row in enumerate(found, 1)]


_ROLE = (
    "(SELECT MIN(m.role) FROM groups_member m JOIN groups_group g ON g.id = m.group_id "
    "WHERE m.mobile_number = t.number AND m.gone_at IS NULL AND g.gone_at IS NULL "
    "AND g.tenant_id = (SELECT x.tenant_id FROM groups_group x WHERE x.id = t.group_id))"
)
_SQL = """SELECT t.number, COALESCE(s.name, ''), {role}, l.columns FROM kza_target t
LEFT JOIN groups_subscriber s ON s.id = t.subscriber_id
LEFT JOIN messaging_audienceline l ON l.broadcast_id = %s AND l.mobile_number = t.number AND l.problem = ''
WHERE t.group_id = %s AND t.why IS NULL AND t.place >= %s AND t.place < %s ORDER BY t.place"""


def _person(row: Sequence[Any], at: int, group: str) -> Person:
    number, name, role, columns = row
    return Person(at, number, name, group, role or "", read(columns))


def read(columns: Any) -> Mapping[str, str]:
    """A line's stored columns, as a database hands them to plain SQL."""
    found = json.loads(columns) if isinstance(columns, str) else columns
    return found or {}
