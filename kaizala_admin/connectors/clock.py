"""The database's clock: the one that all machines share (reliability 1.8)."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import DateTimeField, ExpressionWrapper, Value
from django.db.models.functions import Now


def epoch() -> float:
    """Seconds since 1970 on the database's clock. A SQLite file has the clock of the machine it lies on."""
    if connection.vendor == "sqlite":
        return time.time()
    with connection.cursor() as cursor:
        # Not now(): that is when the transaction began, and it may have waited for a lock since.
        cursor.execute("SELECT EXTRACT(EPOCH FROM clock_timestamp())::float8")
        return float(cursor.fetchone()[0])


def now() -> datetime:
    """The same instant as an aware datetime in UTC."""
    return datetime.fromtimestamp(epoch(), UTC)


def later(span: timedelta) -> Any:
    """An expression for use inside queries: now on the database's clock, plus `span`."""
    return ExpressionWrapper(Now() + Value(span), output_field=DateTimeField())
