"""What waits for a permit: a constant number of indexed queries, whatever the length of the line."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Now

from kaizala_admin.connectors.budgets import Pace
from kaizala_admin.connectors.models import Connector, Grant
from kaizala_admin.connectors.prepared import Prepared

from .lanes import Waiting
from .models import Lane, OutboxRow, State
from .registry import row_classes

Classes = tuple[type[OutboxRow], ...]
ORDINARY = 20  # the rank of rows whose class has no order of its own


@dataclass
class DueConnector:
    """An active connector with due rows: in which lanes of which classes, and how much it may hold."""

    id: int
    tenant_id: int
    needs_attention: bool
    burst: int  # calls that the limiter lets through at once: no more may be outstanding
    lanes: list[tuple[type[OutboxRow], int]]
    outstanding: int = 0  # permits that workers have not taken yet
    rows: list[Waiting] = field(default_factory=list)

    @property
    def room(self) -> int:
        """Permits that may be added, so that a worker that stalls cannot hoard them."""
        return max(0, self.burst - self.outstanding)


def due(row_class: type[OutboxRow]) -> QuerySet[OutboxRow]:
    """Rows that want a permit and can use one: in line, time come, grant working."""
    return row_class._default_manager.filter(
        state=State.QUEUED, held=False, not_before__lte=Now(), grant__state=Grant.State.WORKING
    )


def without_permit(rows: QuerySet[OutboxRow]) -> QuerySet[OutboxRow]:
    """Those that have none, or let theirs run out."""
    return rows.filter(Q(permits=0) | Q(permits_until__lte=Now()) | Q(permits_until=None))


def due_connectors() -> list[DueConnector]:
    """Every active connector with due rows. One query."""
    places = _places(tuple(row_classes()))
    found = _asked(tuple(row_classes())).rows()
    return [
        DueConnector(pk, tenant, health != Connector.Health.WORKING, Pace(rate).burst, lanes)
        for pk, tenant, health, rate, *answers in found
        if (lanes := [place for place, answer in zip(places, answers, strict=True) if answer])
    ]


def _places(classes: Classes) -> list[tuple[type[OutboxRow], int]]:
    return [(row_class, lane.value) for row_class in classes for lane in Lane]


@cache
def _asked(classes: Classes) -> Prepared[Connector]:
    """Active connectors, and whether anything is due in each place. It is asked several times a second."""

    def build() -> QuerySet[Any]:
        asked = {
            f"place_{number}": Exists(due(row_class).filter(connector=OuterRef("pk"), lane=lane))
            for number, (row_class, lane) in enumerate(_places(classes))
        }
        fields = ("pk", "tenant_id", "health", "calls_per_minute", *asked)
        return Connector.objects.filter(is_active=True).annotate(**asked).order_by().values_list(*fields)

    return Prepared(build)


def add_outstanding(connectors: list[DueConnector]) -> None:
    """Fills `outstanding`. One query over all row classes."""
    by_id = {connector.id: connector for connector in connectors}
    held = [
        row_class._default_manager.filter(
            connector__in=by_id, state=State.QUEUED, permits__gt=0, permits_until__gt=Now()
        )
        .order_by()
        .values_list("connector_id")
        .annotate(Sum("permits"))
        for row_class in row_classes()
    ]
    for pk, permits in held[0].union(*held[1:], all=True):
        by_id[pk].outstanding += permits


def add_rows(connector: DueConnector, most: int) -> None:
    """Fills `rows`: by the class's own order, else first come first served whatever the class.

    One query a lane of a class with due rows. A class without an order of its own ranks as ORDINARY.
    """
    found = [one for place in connector.lanes for one in _first(*place, connector.id, most)]
    connector.rows.extend(row for _, row in sorted(found, key=lambda one: one[0]))


def _first(
    row_class: type[OutboxRow], lane: int, connector_id: int, most: int
) -> Iterator[tuple[tuple[int, datetime], Waiting]]:
    rows = without_permit(due(row_class).filter(connector_id=connector_id, lane=lane))
    order = row_class.line_order()
    for *rank, since, pk in rows.order_by(*order).values_list(*order)[:most]:
        yield (rank[0] if rank else ORDINARY, since), Waiting(row_class, pk, lane, row_class.repeatable)
