"""What benchmarks stand on: a database of their own, and the house of the flow tests with its processes."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.measure import Size
from tests.runner.postgres import postgres, programs

if TYPE_CHECKING:
    from benchmarks.house import BenchHouse


@dataclass
class Ground:
    """`size` says how much; `house()` starts every process the first time that one asks for it."""

    size: Size
    folder: Path
    _house: "BenchHouse | None" = None

    def house(self) -> "BenchHouse":
        """Everything runs, and the console is empty."""
        if self._house is None:
            from benchmarks.house import BenchHouse

            self._house = BenchHouse(self.folder)
            self._house.start()
        return self._house

    def rest(self) -> None:
        """Ends the processes, if any."""
        if self._house is not None:
            self._house.stop()
            self._house = None

    def second_database(self) -> str:
        """An empty copy of the database, as its name. `on_database` switches between the two."""
        from django.db import connection

        name = str(connection.settings_dict["NAME"])
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.close()
            shutil.copyfile(name, f"{name}.second")
            return f"{name}.second"
        with connection.cursor() as cursor:
            cursor.execute("DROP DATABASE IF EXISTS second WITH (FORCE)")  # of the benchmark before
            cursor.execute("CREATE DATABASE second")
        with on_database("second"):
            _migrate()
        return "second"


@contextmanager
def on_database(name: str) -> Iterator[None]:
    """Within it, the default database is another one."""
    from django.db import connection

    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before


@contextmanager
def ground(size: Size, folder: Path, on: str) -> Iterator[Ground]:
    """A migrated database in `folder`, "sqlite" or "postgres", with Django set up on it."""
    if on == "postgres":
        where = programs()
        if where is None:
            raise SystemExit("PostgreSQL is not installed (apt-get install postgresql).")
        with postgres(where) as url:
            yield from _prepared(size, folder, url)
    else:
        yield from _prepared(size, folder, f"sqlite:///{folder}/benchmark.sqlite3")


def _prepared(size: Size, folder: Path, url: str) -> Iterator[Ground]:
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": url,
        "KAIZALA_VAR_DIR": str(folder / "var"),
        "KAIZALA_INSTANCE": "benchmark",  # the measuring process, and every one of the house
        "KAIZALA_LOG_LEVEL": "ERROR",
        "REDIS_URL": "",
    }
    import django
    from django.db import connection

    django.setup()
    _migrate()
    found = Ground(size, folder)
    try:
        yield found
    finally:
        found.rest()
        connection.close()


def empty_tables() -> None:
    """Nothing of the console is left in the database that is in use now."""
    from django.apps import apps
    from django.db import connection, transaction

    from tests.flows.house import APPS

    with transaction.atomic(), connection.cursor() as cursor:
        for model in [model for app in APPS for model in apps.get_app_config(app).get_models()]:
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(model._meta.db_table)}")


def _migrate(**options: Any) -> None:
    from django.core.management import call_command

    call_command("migrate", verbosity=0, **options)
