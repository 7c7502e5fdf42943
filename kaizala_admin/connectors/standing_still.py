"""A process that stands still inside a transaction keeps its locks, and everybody else waits for them.

A machine that sleeps or swaps may do that to the leading dispatcher. PostgreSQL ends such a session itself.
No transaction of ours waits for anything but the database.
"""

from typing import Any

from django.db.backends.signals import connection_created

LONGEST = "60s"  # that a transaction may wait for its process to go on


def limit_each_connection() -> None:
    """Called once, when the process starts."""
    connection_created.connect(_limit)


def _limit(connection: Any, **_: Any) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('idle_in_transaction_session_timeout', %s, false)", [LONGEST])
