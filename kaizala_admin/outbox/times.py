"""Instants on the database's clock, for use inside queries: the machines' clocks need not agree."""

from datetime import timedelta
from typing import Any

from django.db.models import DateTimeField, ExpressionWrapper, Value
from django.db.models.functions import Now


def now_plus(span: timedelta) -> Any:
    """An expression: now on the database's clock, plus `span` (may be negative)."""
    return ExpressionWrapper(Now() + Value(span), output_field=DateTimeField())
