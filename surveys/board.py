"""Jobs as a board: open, due soon, overdue, done; by group and by person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, Count, F, Min, Q, QuerySet, Value, When
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from surveys.models import Action, ActionInstance, Assignee

SOON = timedelta(days=1)
SHOWN = 50  # cards of a column; the rest is counted
SHOWN_ROWS = 200


@dataclass(frozen=True)
class Column:
    """One column of the board, and how many jobs it has, also beyond those shown."""

    key: str
    title: str | Promise
    tone: str
    count: int
    jobs: Sequence[ActionInstance]


def jobs(group: int | None = None, person: str = "") -> QuerySet[ActionInstance]:
    """Each job in each group; of one group, or one person's."""
    rows = ActionInstance.objects.filter(action__kind=Action.Kind.JOB, gone_at=None)
    if group:
        rows = rows.filter(group=group)
    if person:
        rows = rows.filter(pk__in=Assignee.objects.filter(mobile_number=person).values("instance"))
    return rows


def states(now: datetime) -> list[tuple[str, str | Promise, str, Q]]:
    """(key, title, tone, condition), each job in exactly one."""
    undone, due = Q(is_completed=False), "due_at"
    return [
        ("overdue", _("Overdue"), "danger", undone & Q(**{f"{due}__lte": now})),
        ("soon", _("Due within a day"), "warning", undone & Q(due_at__gt=now, due_at__lte=now + SOON)),
        ("open", _("Open"), "info", undone & (Q(due_at=None) | Q(due_at__gt=now + SOON))),
        ("done", _("Done"), "success", Q(is_completed=True)),
    ]


def board(group: int | None = None, person: str = "") -> list[Column]:
    """Five queries, whatever the number of jobs."""
    rows, found = jobs(group, person), states(timezone.now())
    counts = rows.order_by().aggregate(**{key: Count("pk", filter=where) for key, _t, _tone, where in found})
    return [
        Column(key, title, tone, counts[key], _first(rows.filter(where), key))
        for key, title, tone, where in found
    ]


def _first(rows: QuerySet[ActionInstance], key: str) -> list[ActionInstance]:
    order = ("-due_at", "-pk") if key == "done" else (F("due_at").asc(nulls_last=True), "pk")
    return list(rows.select_related("action", "group").order_by(*order)[:SHOWN])


def by_group() -> list[dict[str, Any]]:
    """Groups with jobs that are not done, the most overdue first. One query."""
    now = timezone.now()
    late = Q(is_completed=False, due_at__lte=now)
    rows = (
        jobs()
        .order_by()
        .values("group_id", "group__name")
        .annotate(
            jobs=Count("pk"), late=Count("pk", filter=late), done=Count("pk", filter=Q(is_completed=True))
        )
    )
    found: Any = rows.order_by("-late", "-jobs", "group__name")[:SHOWN_ROWS]
    return list(found)


def by_person(q: str = "") -> list[dict[str, Any]]:
    """People with jobs, those with the most overdue first. One query."""
    now = timezone.now()
    rows = Assignee.objects.filter(instance__gone_at=None)
    if q:
        rows = rows.filter(Q(name__icontains=q) | Q(mobile_number__contains=q))
    late = Q(is_done=False, instance__due_at__lte=now)
    counted = (
        rows.order_by()
        .values("mobile_number")
        .annotate(
            given=Count("pk"),
            late=Count("pk", filter=late),
            done=Count("pk", filter=Q(is_done=True)),
            known=Min(Case(When(~Q(name=""), then=F("name")), default=Value(None))),
        )
    )
    found: Any = counted.order_by("-late", "-given", "mobile_number")[:SHOWN_ROWS]
    return list(found)
