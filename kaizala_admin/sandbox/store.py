"""The sandbox's state: one SQLite file, written on the event loop in short transactions.

The file is in WAL mode with synchronous=OFF: a killed process loses nothing that it has answered, because the
operating system holds the pages; only a power cut could. Memory stays small: the page cache is capped,
whatever the file's size.

Writes of calls that arrive together share one commit, at the end of the event loop's round, and each call
waits for it (`settled`) before it is answered. So many callers cost few commits, and an answer promises only
what is kept.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Row = tuple[Any, ...]
FOREVER = 2**62
MEMBER, SUBSCRIBER = 0, 1
_SCHEMA = Path(__file__).with_name("schema.sql")
_CACHE_KIB = 48 * 1024
_KEPT = 1500


class Store:
    """Prepared statements over the one connection that writes; `reader()` opens others for long questions."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.path = folder / "sandbox.sqlite3"
        self.db = _connect(self.path, _CACHE_KIB)
        self._commits = 0
        # What was read before and has not changed since: groups, roles and pages of subscribers.
        self.kept: dict[Any, Any] = {}
        self.db.executescript(_SCHEMA.read_text(encoding="utf-8"))

    def one(self, sql: str, values: Sequence[Any] = ()) -> Any:
        """Return the first row as a tuple, or None."""
        return self.db.execute(sql, values).fetchone()

    def value(self, sql: str, values: Sequence[Any] = ()) -> Any:
        """Return the first column of the first row, or None."""
        row = self.db.execute(sql, values).fetchone()
        return None if row is None else row[0]

    def all(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """Return every row."""
        return self.db.execute(sql, values).fetchall()

    def run(self, sql: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Write, and return the cursor for its lastrowid and rowcount."""
        if not self.db.in_transaction:
            self._begin()
        return self.db.execute(sql, values)

    def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Write the same statement for many rows."""
        if not self.db.in_transaction:
            self._begin()
        self.db.executemany(sql, rows)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Write all of it or nothing. Not across an await: the event loop has one writer."""
        if not self.db.in_transaction:
            self._begin()
        self.db.execute("SAVEPOINT step")
        try:
            yield
        except BaseException:
            self.db.execute("ROLLBACK TO step")
            self.db.execute("RELEASE step")
            raise
        self.db.execute("RELEASE step")

    def _begin(self) -> None:
        self.db.execute("BEGIN IMMEDIATE")
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        loop.call_soon(self.commit)

    def commit(self) -> None:
        """Keep everything written so far; outside an event loop the caller has to do it."""
        if self.db.in_transaction:
            self.db.execute("COMMIT")
            self._commits += 1

    @property
    def is_settled(self) -> bool:
        """Whether everything written is committed."""
        return not self.db.in_transaction

    async def settled(self) -> None:
        """Wait until everything written so far is committed."""
        begun = self._commits
        while self.db.in_transaction and self._commits == begun:
            await asyncio.sleep(0)

    @contextmanager
    def reader(self) -> Iterator[sqlite3.Connection]:
        """Open a second, reading connection for another thread."""
        db = _connect(self.path, 16 * 1024)
        try:
            yield db
        finally:
            db.close()

    def meta(self, key: str, default: str = "") -> str:
        """Return a setting of the sandbox itself."""
        found = self.value("SELECT value FROM meta WHERE key = ?", (key,))
        return default if found is None else str(found)

    def put_meta(self, key: str, value: str) -> None:
        """Store a setting of the sandbox itself."""
        self.run("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def keep(self, key: Any, value: Any) -> None:
        """Remember something read, until `forget`; at most a few thousand things, so about 10 MB."""
        if len(self.kept) >= _KEPT:
            self.kept.clear()
        self.kept[key] = value

    def forget(self) -> None:
        """Drop what was remembered: who is where, or a group, has changed."""
        self.kept.clear()

    def last_message(self) -> int:
        """Return the id of the newest message, 0 when there is none."""
        return int(self.value("SELECT max(id) FROM messages") or 0)

    def clear(self) -> None:
        """Drop every row and make the tables anew."""
        self.commit()
        self.forget()
        names = self.all("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        for (name,) in names:
            self.db.execute(f'DROP TABLE "{name}"')
        self.db.executescript(_SCHEMA.read_text(encoding="utf-8"))

    def close(self) -> None:
        """Keep everything and close the file."""
        self.commit()
        self.db.close()


def _connect(path: Path, cache_kib: int) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=400)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = OFF")
    db.execute(f"PRAGMA cache_size = -{cache_kib}")
    db.execute("PRAGMA temp_store = FILE")
    db.execute("PRAGMA busy_timeout = 20000")
    db.execute("PRAGMA mmap_size = 0")
    db.execute("PRAGMA wal_autocheckpoint = 4000")
    return db
