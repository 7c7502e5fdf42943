"""The same pages over a small and a large database, in turn: time, and the number of queries."""

import statistics
import time
from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings

from benchmarks.ground import on_database
from benchmarks.measure import Line, milliseconds, times

ROUNDS = 9
BAR = 2.0
PLAIN: dict[str, Any] = {  # static files where they lie, so that nobody has to collect them
    "WHITENOISE_AUTOREFRESH": True,
    "WHITENOISE_USE_FINDERS": True,
    "STORAGES": {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    },
}


def compare(
    small: str,
    large: str,
    pages: Mapping[str, str],
    few: str,
    many: str,
    full: bool,
    of_large: Mapping[str, str] | None = None,
) -> Iterator[Line]:
    """A line for each page. `small` and `large` are databases; `few` and `many` say what is in them.

    `of_large`: the same pages' addresses in the large database, where they are others.
    """
    found: dict[tuple[str, str], list[float]] = {}
    asked: dict[tuple[str, str], int] = {}
    for _ in range(ROUNDS if full else 1):
        for database, paths in ((small, pages), (large, of_large or pages)):
            with on_database(database), override_settings(**PLAIN):
                client = someone()
                for name, path in paths.items():
                    _open(client, path)  # the caches of process and database are warm for both
                    seconds, queries = _open(client, path)
                    found.setdefault((database, name), []).append(seconds)
                    asked[database, name] = queries
    for name in pages:
        floor, figure = (statistics.median(found[database, name]) for database in (small, large))
        before, after = asked[small, name], asked[large, name]
        met = figure <= BAR * floor and before == after
        yield Line(
            f"{name}, {before} and {after} queries",
            milliseconds(figure),
            milliseconds(floor),
            times(figure / floor),
            f"twice that of {few}" if many else "",
            met if full else None,
        )


def someone() -> Client:
    """An administrator, signed in."""
    boss, _ = User.objects.get_or_create(username="boss", is_staff=True, is_superuser=True)
    client = Client(SERVER_NAME="localhost")
    client.force_login(boss, backend="django.contrib.auth.backends.ModelBackend")
    return client


def _open(client: Client, path: str) -> tuple[float, int]:
    with CaptureQueriesContext(connection) as seen:
        begun = time.perf_counter()
        answer = client.get(path)
        taken = time.perf_counter() - begun
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answered {answer.status_code}")
    return taken, len(seen)


def analyse() -> None:
    """As autovacuum and `PRAGMA optimize` do in a living installation."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")
