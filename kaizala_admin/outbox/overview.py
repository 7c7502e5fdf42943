"""The numbers of the Outbox page. A constant number of queries for each row class, whatever the rows."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.db.models import Count, Min
from django.db.models.functions import Now
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from .models import Attempt, OutboxRow, State
from .registry import label, relations, row_classes
from .words import TONES, reason_words

MOST_SHOWN = 50  # unknown rows a class; the number above them leads to the whole list


@dataclass(frozen=True)
class Cell:
    """A number that leads to its rows."""

    count: int
    url: str
    tone: str


@dataclass(frozen=True)
class Doubt:
    """An unknown row and what is known of it."""

    row: OutboxRow
    label: str
    url: str
    reason: str
    since: datetime | None  # when the call began


@dataclass(frozen=True)
class ClassOverview:
    """One row class: a line of the table, its failures, its unknowns."""

    name: str
    cells: list[Cell]
    oldest: datetime | None  # the oldest row in line whose time has come
    failures: list[tuple[str, Cell]]
    unknown: int
    doubts: list[Doubt]


def visible_classes(request: HttpRequest) -> list[type[OutboxRow]]:
    """The row classes that this person may look at."""
    return [
        row_class
        for row_class in row_classes()
        if request.user.has_perm(f"{row_class._meta.app_label}.view_{row_class._meta.model_name}")
    ]


def overview(row_class: type[OutboxRow]) -> ClassOverview:
    """Five queries: states, failures, the oldest in line, unknown rows, when their last calls began."""
    table = row_class._default_manager.order_by()
    states = dict(table.values_list("state").annotate(Count("pk")))
    failed = (
        table.filter(state=State.FAILED).values_list("reason").annotate(n=Count("pk")).order_by("-n")[:20]
    )
    waiting = table.filter(state=State.QUEUED, held=False, not_before__lte=Now())
    return ClassOverview(
        name=str(row_class._meta.verbose_name_plural),
        cells=[_cell(row_class, states.get(state, 0), TONES[state], state=state) for state in State],
        oldest=waiting.aggregate(oldest=Min("created_at"))["oldest"],
        failures=[
            (reason_words(reason), _cell(row_class, count, "danger", state=State.FAILED, reason=reason))
            for reason, count in failed
        ],
        unknown=states.get(State.UNKNOWN, 0),
        doubts=_doubts(row_class),
    )


def _doubts(row_class: type[OutboxRow]) -> list[Doubt]:
    unknown = row_class._default_manager.filter(state=State.UNKNOWN)
    rows = list(unknown.select_related(*relations(row_class)).order_by("-pk")[:MOST_SHOWN])
    name = label(row_class)
    began = {
        (key, number): started
        for key, number, started in Attempt.objects.filter(
            row_class=name, row_id__in=[row.pk for row in rows], outcome=State.UNKNOWN
        ).values_list("row_id", "number", "started_at")
    }
    return [
        Doubt(row, name, row_url(row), reason_words(row.reason), began.get((row.pk, row.claim)))
        for row in rows
    ]


def row_url(row: OutboxRow) -> str:
    """The row's page, or "" where it has none."""
    try:
        return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    except NoReverseMatch:
        return ""


def list_url(row_class: type[OutboxRow], **filters: str) -> str:
    """The list of the rows, filtered, or "" where there is none."""
    meta = row_class._meta
    try:
        address = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
    except NoReverseMatch:
        return ""
    asked = urlencode({f"{name}__exact": value for name, value in filters.items()})
    return f"{address}?{asked}" if asked else address


def _cell(row_class: type[OutboxRow], count: int, tone: str, **filters: str) -> Cell:
    return Cell(count, list_url(row_class, **filters) if count else "", tone if count else "")
