"""Parts of names, found by an index: pg_trgm on PostgreSQL, FTS5's trigrams on SQLite (reliability 4.3).

Without the index a search is right but reads every row; `build` makes it, again and again without harm.
"""

from typing import Any

from django.db import DatabaseError, connection, transaction
from django.db.models import Q
from django.db.models.expressions import RawSQL

from groups.models import Member, Subscriber

MODELS: tuple[type[Any], ...] = (Member, Subscriber)
LEAST = 3  # letters: a trigram

POSTGRES = (
    "CREATE INDEX{concurrently} IF NOT EXISTS {table}_name_part ON {table} "
    "USING gin (UPPER(name) gin_trgm_ops)"
)
SQLITE = (
    "CREATE VIRTUAL TABLE {table}_names USING fts5("
    "name, content='{table}', content_rowid='id', tokenize='trigram')",
    "CREATE TRIGGER {table}_names_add AFTER INSERT ON {table} BEGIN "
    "INSERT INTO {table}_names(rowid, name) VALUES (new.id, new.name); END",
    "CREATE TRIGGER {table}_names_drop AFTER DELETE ON {table} BEGIN "
    "INSERT INTO {table}_names({table}_names, rowid, name) VALUES ('delete', old.id, old.name); END",
    "CREATE TRIGGER {table}_names_change AFTER UPDATE OF name ON {table} WHEN old.name IS NOT new.name BEGIN "
    "INSERT INTO {table}_names({table}_names, rowid, name) VALUES ('delete', old.id, old.name); "
    "INSERT INTO {table}_names(rowid, name) VALUES (new.id, new.name); END",
    "INSERT INTO {table}_names({table}_names) VALUES ('rebuild')",
)
TRIGGERS = ("add", "drop", "change")


class CannotIndex(Exception):
    """The database does not allow it, or cannot. `str()` says what to do, for a person."""


def part_of_name(model: type[Any], text: str) -> Q:
    """A condition on this model: `text` stands somewhere in the name, whatever its case."""
    if connection.vendor != "sqlite" or model not in MODELS or len(text) < LEAST or not is_ready(model):
        return Q(name__icontains=text)
    table = model._meta.db_table
    quoted = '"' + text.replace('"', '""') + '"'
    found = RawSQL(f"SELECT rowid FROM {table}_names WHERE name MATCH %s", [quoted])  # noqa: S608, S611
    return Q(pk__in=found)


def is_ready(model: type[Any]) -> bool:
    """Whether the index is there. One query."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT COUNT(*) FROM pg_indexes WHERE indexname = %s", [f"{table}_name_part"])
            return bool(cursor.fetchone()[0])
        names = [f"{table}_names", *(f"{table}_names_{end}" for end in TRIGGERS)]
        marks = ",".join(["%s"] * len(names))
        cursor.execute(f"SELECT COUNT(*) FROM sqlite_master WHERE name IN ({marks})", names)  # noqa: S608
        return bool(cursor.fetchone()[0] == len(names))


def build(*, concurrently: bool = False) -> None:
    """Makes what is missing. Raises CannotIndex. `concurrently`: outside a transaction, without a lock."""
    if connection.vendor == "postgresql":
        _extension()
        word = " CONCURRENTLY" if concurrently else ""
        for model in MODELS:
            with connection.cursor() as cursor:
                cursor.execute(POSTGRES.format(table=model._meta.db_table, concurrently=word))
    else:
        for model in MODELS:
            if not is_ready(model):
                _build_sqlite(model._meta.db_table)


def _extension() -> None:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except DatabaseError as error:
        raise CannotIndex(
            "PostgreSQL's extension pg_trgm is missing and this user may not add it, so parts of names are "
            "searched without an index. Let the owner of the database run CREATE EXTENSION pg_trgm, then run "
            "manage.py index_names."
        ) from error


def _build_sqlite(table: str) -> None:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            for end in TRIGGERS:
                cursor.execute(f"DROP TRIGGER IF EXISTS {table}_names_{end}")
            cursor.execute(f"DROP TABLE IF EXISTS {table}_names")
            for statement in SQLITE:
                cursor.execute(statement.format(table=table))
    except DatabaseError as error:
        raise CannotIndex(
            "This SQLite has no trigrams (it is older than 3.34), so parts of names are searched without an "
            "index."
        ) from error


def heal() -> bool:
    """Builds SQLite's index again where a migration that rewrote the table took its triggers along."""
    if connection.vendor != "sqlite" or all(is_ready(model) for model in MODELS):
        return False
    try:
        build()
    except CannotIndex:
        return False
    return True
