"""Who an expression comes to at one moment, in tables of this connection: set-based, flat in memory.

`kza_target` holds each number once, with the subscriber row that carries it, and why it is left out, if it
is. Those who are not have a `place`, without gaps in a group from `Snapshot.first` on.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction

from groups.models import Group
from messaging.models import Broadcast

from . import personal, sources
from .scope import Scope, scope_of
from .sources import Select, Since, Why

LAST = 1 << 62  # behind every pick
LOW = 1 << 40  # a pick is rank * LOW + the subscriber's key: the least of a number's picks wins
TABLES = ("kza_carrier", "kza_wanted", "kza_left_out", "kza_target", "kza_call")
SUBSCRIBERS, MEMBERS = "groups_subscriber", "groups_member"


@dataclass
class Snapshot:
    """What the tables hold, in numbers. `kept`, `first` and `present` are by group; `left_out` by Why.

    `present` counts subscribers with a number, `nameless` those without. `lost` are meant by number and
    follow no group that could carry it to them.
    """

    scope: Scope
    kept: dict[int, int] = field(default_factory=dict)
    first: dict[int, int] = field(default_factory=dict)
    present: dict[int, int] = field(default_factory=dict)
    nameless: dict[int, int] = field(default_factory=dict)
    left_out: dict[Why, int] = field(default_factory=dict)
    touched: set[int] = field(default_factory=set)  # groups some of whose subscribers are left out
    bars_anybody: bool = False  # whether any number at all is to be left out; asked where some are nameless
    lost: int = 0

    @property
    def people(self) -> int:
        """Who is named one by one."""
        return sum(self.kept.values())

    def is_everybody(self, group: Group) -> bool:
        """Whether every subscriber of the group is meant, through this very group, as far as one can know.

        Who is missing in a mirror that was never complete, and who has no number, may be one to leave out.
        """
        kept, present = self.kept.get(group.pk, 0), self.present.get(group.pk, 0)
        if not kept or group.pk in self.touched or group.synced_at is None:
            return False
        if self.bars_anybody and self.nameless.get(group.pk):
            return False
        return kept == present or not _first(_ELSEWHERE, [group.pk])


_ELSEWHERE = f"""SELECT 1 FROM {SUBSCRIBERS} s
LEFT JOIN kza_target t ON t.number = s.mobile_number AND t.group_id = s.group_id
WHERE s.group_id = %s AND s.gone_at IS NULL AND s.mobile_number <> '' AND t.number IS NULL LIMIT 1"""


@contextmanager
def taken(broadcast: Broadcast, since: Since | None = None) -> Iterator[Snapshot]:
    """The snapshot of the broadcast's audience as it is now; its tables live as long as the block.

    `since`: only who is in the mirror's rows that are newer than these keys. On PostgreSQL the block is a
    transaction; on SQLite it is not, so that nobody waits for the one writer meanwhile.
    """
    with _around(), connection.cursor() as cursor:
        scope = scope_of(broadcast)
        _drop(cursor)
        _fill(cursor, scope, since)
        try:
            found = _counted(cursor, scope)
            yield _without_faulty(cursor, found, since) if scope.personal else found
        finally:
            if connection.vendor == "sqlite" and not connection.needs_rollback:
                _drop(cursor)


def _without_faulty(cursor: Any, found: Snapshot, since: Since | None) -> Snapshot:
    """Leaves out, if that was chosen, whose text could not be sent; their places are then closed."""
    personal.index()
    numbers = personal.faulty_numbers(found) if found.scope.expression.exclude.without_value else []
    if not numbers:
        return found
    rows = [(number, int(Why.FAULTY)) for number in numbers]
    cursor.executemany("INSERT INTO kza_left_out (number, code) VALUES (%s, %s)", rows)
    cursor.execute("DROP TABLE kza_target")
    cursor.execute(create("kza_target", f"AS {_TARGET % _candidates(found.scope, since)}"))
    personal.index()
    return _counted(cursor, found.scope)


def _around() -> AbstractContextManager[Any]:
    return transaction.atomic() if connection.vendor == "postgresql" else nullcontext()


def _drop(cursor: Any) -> None:
    for table in TABLES:
        cursor.execute(f"DROP TABLE IF EXISTS {table}")


def _fill(cursor: Any, scope: Scope, since: Since | None) -> None:
    if connection.vendor == "postgresql":
        cursor.execute("SET LOCAL work_mem = '96MB'")
    cursor.execute(
        create("kza_carrier", "(group_id bigint PRIMARY KEY, rank bigint UNIQUE, direct smallint)")
    )
    rows = [(group.pk, rank, int(rank < len(scope.direct))) for rank, group in enumerate(scope.carriers)]
    cursor.executemany("INSERT INTO kza_carrier (group_id, rank, direct) VALUES (%s, %s, %s)", rows)
    _analyze(cursor, "kza_carrier")
    _numbers(cursor, "kza_wanted", sources.wanted(scope, since))
    _numbers(cursor, "kza_left_out", sources.left_out(scope))
    cursor.execute(create("kza_target", f"AS {_TARGET % _candidates(scope, since)}"))


def create(table: str, rest: str) -> str:
    """The statement that makes a table of the snapshot: one of TABLES, which go with it.

    On PostgreSQL with the transaction, also when that fails.
    """
    if connection.vendor != "postgresql":
        return f"CREATE TEMPORARY TABLE {table} {rest}"
    columns, select = ("", rest) if rest.startswith("AS ") else (rest, "")
    return f"CREATE TEMPORARY TABLE {table} {columns} ON COMMIT DROP {select}"


def _numbers(cursor: Any, table: str, selects: Sequence[Select]) -> None:
    """A table of numbers, each once, with the least of its codes."""
    key = "" if connection.vendor == "postgresql" else " PRIMARY KEY"  # PostgreSQL hashes; SQLite looks up
    cursor.execute(create(table, f"(number varchar(20){key}, code smallint NOT NULL)"))
    if selects:
        every = sources.union(selects)
        cursor.execute(
            f"INSERT INTO {table} (number, code) SELECT number, MIN(code) FROM "
            f"(SELECT '' AS number, 0 AS code WHERE 1 = 0 UNION ALL {every.sql}) x GROUP BY number",
            every.params,
        )
    _analyze(cursor, table)


def _analyze(cursor: Any, table: str) -> None:
    if connection.vendor == "postgresql":
        cursor.execute(f"ANALYZE {table}")


# One narrow sort by one number: names are looked up when the ledger is written, a group's places are a run.
_TARGET = f"""SELECT f.pick & {LOW - 1} AS subscriber_id, f.number, k.group_id, e.code AS why, f.wanted,
ROW_NUMBER() OVER (ORDER BY CASE WHEN e.code IS NULL THEN f.pick ELSE f.pick + {LAST} END) AS place FROM
(SELECT s.mobile_number AS number, MIN(c.rank * {LOW} + s.id) AS pick, %s AS wanted
FROM %s GROUP BY s.mobile_number) f
JOIN kza_carrier k ON k.rank = f.pick >> 40 LEFT JOIN kza_left_out e ON e.number = f.number"""

_PRESENT = f"""{SUBSCRIBERS} s JOIN kza_carrier c ON c.group_id = s.group_id"""


def _candidates(scope: Scope, since: Since | None) -> tuple[str, str]:
    """Rows that could carry the message: all subscribers of the groups meant, and of carriers the wanted."""
    newer = f" AND s.id > {int(since.get('subscriber', 0))}" if since is not None else ""
    present = "s.gone_at IS NULL AND s.mobile_number <> ''"
    if not scope.names_numbers:
        return "0", f"{_PRESENT} WHERE {present} AND c.direct = 1{newer}"
    wanted = "MAX(w.code)"
    if not scope.direct:
        now = f" AND (w.code = 1 OR (1 = 1{newer}))" if newer else ""
        return wanted, f"{_PRESENT} JOIN kza_wanted w ON w.number = s.mobile_number WHERE {present}{now}"
    meant = f"(w.code = 1 OR (w.code = 0{newer}) OR (c.direct = 1{newer}))"
    return (
        wanted,
        f"{_PRESENT} LEFT JOIN kza_wanted w ON w.number = s.mobile_number WHERE {present} AND {meant}",
    )


def _counted(cursor: Any, scope: Scope) -> Snapshot:
    found, reached = Snapshot(scope), 0
    cursor.execute(_COUNTS)
    for group_id, why, count, first, wanted in cursor.fetchall():
        if why is None:
            found.kept[group_id], found.first[group_id] = count, first
            reached += wanted
        else:
            found.left_out[Why(why)] = found.left_out.get(Why(why), 0) + count
            found.touched.add(group_id)
    if scope.names_numbers:
        found.lost = _wanted(cursor) - reached
    if scope.direct:
        _count_present(cursor, scope, found)
        found.bars_anybody = any(found.nameless.values()) and _bars_anybody(cursor)
    return found


def _bars_anybody(cursor: Any) -> bool:
    cursor.execute("SELECT 1 FROM kza_left_out WHERE code <> %s LIMIT 1", [int(Why.IN_WHOLE_GROUP)])
    return cursor.fetchone() is not None


_COUNTS = """SELECT group_id, why, COUNT(*), MIN(place), SUM(CASE WHEN wanted = 1 THEN 1 ELSE 0 END)
FROM kza_target GROUP BY group_id, why"""


def _wanted(cursor: Any) -> int:
    """Who is meant by number, other than by a line, and is not left out."""
    cursor.execute("SELECT COUNT(*) FROM kza_wanted WHERE code = 1")
    every: int = cursor.fetchone()[0]
    cursor.execute(
        "SELECT COUNT(*) FROM kza_left_out e JOIN kza_wanted w ON w.number = e.number WHERE w.code = 1"
    )
    left: int = cursor.fetchone()[0]
    return every - left


def _count_present(cursor: Any, scope: Scope, found: Snapshot) -> None:
    keys = ", ".join(str(int(group.pk)) for group in scope.direct)
    cursor.execute(
        f"SELECT group_id, COUNT(*), SUM(CASE WHEN mobile_number = '' THEN 1 ELSE 0 END) FROM {SUBSCRIBERS} "
        f"WHERE group_id IN ({keys}) AND gone_at IS NULL GROUP BY group_id"
    )
    for group_id, count, nameless in cursor.fetchall():
        found.present[group_id] = count - nameless
        found.nameless[group_id] = nameless


def _first(sql: str, params: Sequence[Any]) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchone()


def stamp() -> dict[str, int]:
    """The newest keys of the mirror: who joins later has a greater one."""
    newest = {}
    for name, table in (("member", MEMBERS), ("subscriber", SUBSCRIBERS)):
        newest[name] = (_first(f"SELECT MAX(id) FROM {table}", []) or [0])[0] or 0
    return newest
