"""What the pump's tests look at: rows, what the phones got, attempts."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from kaizala_admin.outbox.models import Attempt, OutboxRow
from tests.sandbox_process import SandboxProcess

Put = Callable[..., Any]


def rows_of(row: OutboxRow) -> QuerySet[Any]:
    return type(row)._default_manager.filter(pk=row.pk)


def accepted(wire: SandboxProcess, text: str = "The rain comes on Friday") -> int:
    """Messages that the sandbox took, by its own ledger."""
    return int(wire.get("/sandbox/ledger/summary", text=text)["messages"])


def outcomes(row: OutboxRow) -> list[tuple[int, str, str]]:
    tries = Attempt.objects.filter(row_class=row._meta.label_lower, row_id=row.pk).order_by("number")
    return list(tries.values_list("number", "outcome", "reason"))


def let_lease_end(row: OutboxRow) -> None:
    rows_of(row).update(lease_until=timezone.now() - timedelta(seconds=1))
