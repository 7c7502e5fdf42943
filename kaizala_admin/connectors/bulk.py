"""Many rows at once from plain values: no model instance and no statement a row.

SQLite has one writer at a time, and the others wait for 20 seconds at most: a large launch must be over by
then. Measured there: 200,000 ledger lines in 2 s, where bulk_create took 15. PostgreSQL takes rows by COPY,
which costs less than INSERT from the first row on (docs/adr/0009).
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import chain, islice
from typing import Any

from django.db import connection, models, transaction
from django.db.models.expressions import RawSQL

BATCH = 5_000  # rows handed to SQLite together
COPIED = 50_000  # rows in one COPY: PostgreSQL works on the first while the others are on their way


def insert(row_class: type[models.Model], fields: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Inserts rows of whole numbers and strings, in the order of `fields`: all of them, or none.

    `fields` are every column, but for the key, which may be left out: `next_keys` gives keys beforehand to
    those who need them. Times are as `moment` gives them. Few rows may hold bytes, too.
    """
    fill(row_class._meta.db_table, [_column(row_class, name) for name in fields], rows)


def fill(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """The same for a table without a model."""
    quote = connection.ops.quote_name
    into = f"{quote(table)} ({', '.join(map(quote, columns))})"
    put, size = (_copy, COPIED) if connection.vendor == "postgresql" else (_put, BATCH)
    source = iter(rows)
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        while some := list(islice(source, size)):  # first: the rows may come from queries of their own
            put(cursor, into, some)


def _column(row_class: type[models.Model], name: str) -> str:
    return str(row_class._meta.get_field(name).column)  # type: ignore[union-attr]


def _put(cursor: Any, into: str, rows: Sequence[Sequence[Any]]) -> None:
    """One statement: other threads run while SQLite works on it, and it notes each page's old state once.

    As many rows as it has places for, or any number as one JSON text, which costs more for few or long ones.
    """
    places = len(rows[0])
    if len(rows) * places <= (connection.features.max_query_params or 0):
        values = ", ".join([f"({', '.join(['%s'] * places)})"] * len(rows))
        cursor.execute(f"INSERT INTO {into} VALUES {values}", list(chain.from_iterable(rows)))  # noqa: S608
        return
    values = ", ".join(f"json_extract(value, '$[{place}]')" for place in range(places))
    text = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
    cursor.execute(f"INSERT INTO {into} SELECT {values} FROM json_each(%s)", [text])  # noqa: S608


def _copy(cursor: Any, into: str, rows: Sequence[Sequence[Any]]) -> None:
    # Its errors are the driver's; callers expect Django's.
    with connection.wrap_database_errors, cursor.copy(f"COPY {into} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def next_keys(row_class: type[models.Model], count: int) -> Sequence[int]:
    """Primary keys that nobody else gets, for rows about to be inserted in this same transaction."""
    table = row_class._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            statement = (
                "SELECT json_agg(nextval(pg_get_serial_sequence(%s, 'id'))) FROM generate_series(1, %s)"
            )
            cursor.execute(statement, [table, count])
            return list(cursor.fetchone()[0] or ())
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        last = (cursor.fetchone() or (0,))[0]  # nobody else writes until this transaction ends
        return range(last + 1, last + 1 + count)


def tuples(rows: "models.QuerySet[Any, Any]") -> list[tuple[Any, ...]]:
    """The rows of a `values_list` as the database gives them: on SQLite times are texts, truths numbers."""
    statement, values = rows.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def any_of(texts: Iterable[str]) -> RawSQL:
    """For `field__in`: any number of texts as one value of the statement."""
    on_postgres = connection.vendor == "postgresql"
    each = "json_array_elements_text(%s::json)" if on_postgres else "value FROM json_each(%s)"
    return RawSQL(f"SELECT {each}", [json.dumps(list(texts))])  # noqa: S611


def moment(at: datetime) -> Any:
    """The time as `insert` takes it."""
    return connection.ops.adapt_datetimefield_value(at)


def update(row_class: type[models.Model], fields: Sequence[str], rows: Iterable[models.Model]) -> None:
    """Writes these fields, numbers and strings, of rows that exist; by their primary keys, in one go."""
    update_values(row_class, fields, [(*(getattr(row, name) for name in fields), row.pk) for row in rows])


def update_values(
    row_class: type[models.Model], fields: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """Writes these fields, numbers and strings, of rows that exist, in one go: values and key of each."""
    quote = connection.ops.quote_name
    columns = ", ".join(f"{quote(_column(row_class, name))} = %s" for name in fields)
    key = quote(str(row_class._meta.pk.column))
    statement = f"UPDATE {quote(row_class._meta.db_table)} SET {columns} WHERE {key} = %s"  # noqa: S608
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(statement, rows)
