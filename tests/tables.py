"""Everything that the database holds, as text: what must stand nowhere is looked for in all of it."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection


def tables() -> Iterator[tuple[str, list[str]]]:
    """Each table's rows. SQLite's virtual tables are views of others, which are among them."""
    with connection.cursor() as cursor:
        for table in sorted(set(connection.introspection.table_names(cursor)) - _virtual()):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            yield table, [" ".join(map(_told, row)) for row in cursor.fetchall()]


def _virtual() -> set[str]:
    if connection.vendor != "sqlite":
        return set()
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%'")
        return {name for (name,) in cursor.fetchall()}


def _told(value: object) -> str:
    return bytes(value).decode("utf-8", "replace") if isinstance(value, bytes | memoryview) else str(value)
