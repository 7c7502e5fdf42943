"""Parts of names, found by an index: pg_trgm on PostgreSQL, FTS5's trigrams on SQLite (reliability 4.3).

A trigram is three letters. Shorter texts are found where a word begins or ends, because the space beside it
counts as a letter: PostgreSQL puts one there by itself, SQLite indexes the names with one around them.
Without the index a search is right but reads every row; `build` makes it, again and again without harm.
"""

from typing import Any

from django.db import DatabaseError, connection, transaction
from django.db.models import Q
from django.db.models.expressions import RawSQL

from groups.models import Member, Subscriber

MODELS: tuple[type[Any], ...] = (Member, Subscriber)
LEAST = 3  # letters that are found anywhere in a name

POSTGRES = (
    "CREATE INDEX{concurrently} IF NOT EXISTS {table}_name_part ON {table} "
    "USING gin (UPPER(name) gin_trgm_ops)"
)
ADD = "INSERT INTO {table}_parts(rowid, name) VALUES (new.id, ' ' || new.name || ' ');"
DROP = (
    "INSERT INTO {table}_parts({table}_parts, rowid, name) VALUES ('delete', old.id, ' ' || old.name || ' ');"
)
SQLITE = (
    "CREATE VIRTUAL TABLE {table}_parts USING fts5(name, content='', columnsize=0, tokenize='trigram')",
    "CREATE VIRTUAL TABLE {table}_terms USING fts5vocab({table}_parts, 'instance')",
    "CREATE TRIGGER {table}_parts_add AFTER INSERT ON {table} BEGIN " + ADD + " END",
    "CREATE TRIGGER {table}_parts_drop AFTER DELETE ON {table} BEGIN " + DROP + " END",
    "CREATE TRIGGER {table}_parts_change AFTER UPDATE OF name ON {table} WHEN old.name IS NOT new.name BEGIN "
    + DROP
    + ADD
    + " END",
    "INSERT INTO {table}_parts(rowid, name) SELECT id, ' ' || name || ' ' FROM {table}",
)
TRIGGERS = ("add", "drop", "change")
EARLIER = "names"  # the index of before, which knew no words


class CannotIndex(Exception):
    """The database does not allow it, or cannot. `str()` says what to do, for a person."""


def part_of_name(model: type[Any], text: str) -> Q:
    """A condition on this model: `text` stands somewhere in the name, whatever its case.

    Two letters stand at the beginning or the end of a word, one at the beginning.
    """
    if connection.vendor != "sqlite" or model not in MODELS or not is_ready(model):
        return _by_reading(text)
    return Q(pk__in=_by_trigrams(model._meta.db_table, text))


def _by_reading(text: str) -> Q:
    """In Django's own words, which PostgreSQL answers by its index."""
    if len(text) >= LEAST:
        return Q(name__icontains=text)
    begins = Q(name__istartswith=text) | Q(name__icontains=f" {text}")
    ends = Q(name__iendswith=text) | Q(name__icontains=f"{text} ")
    return begins | ends if len(text) > 1 else begins


def _by_trigrams(table: str, text: str) -> RawSQL:
    """Keys of the rows; of one letter those with a trigram that begins with a space and this letter."""
    if len(text) == 1:
        first = f" {text.lower()}"
        terms = f"SELECT doc FROM {table}_terms WHERE term >= %s AND term <= %s"  # noqa: S608
        return RawSQL(terms, [first, f"{first}\U0010ffff"])  # noqa: S611
    places = [text] if len(text) >= LEAST else [f" {text}", f"{text} "]
    asked = " OR ".join('"' + place.replace('"', '""') + '"' for place in places)
    return RawSQL(f"SELECT rowid FROM {table}_parts WHERE name MATCH %s", [asked])  # noqa: S608, S611


def is_ready(model: type[Any]) -> bool:
    """Whether the index is there. One query."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT COUNT(*) FROM pg_indexes WHERE indexname = %s", [f"{table}_name_part"])
            return bool(cursor.fetchone()[0])
        names = [f"{table}_parts", f"{table}_terms", *(f"{table}_parts_{end}" for end in TRIGGERS)]
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
            cursor.execute(f"DROP TABLE IF EXISTS {table}_terms")
            for name in (EARLIER, "parts"):
                for end in TRIGGERS:
                    cursor.execute(f"DROP TRIGGER IF EXISTS {table}_{name}_{end}")
                cursor.execute(f"DROP TABLE IF EXISTS {table}_{name}")
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
