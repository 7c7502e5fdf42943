"""What pages ask of the mirror. Numbers come from the instances' own counts, never row by row."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Q, QuerySet, Sum
from django.utils import timezone

from surveys.models import Action, ActionInstance, Response

ANSWERED = [kind for kind in Action.Kind.values if kind != Action.Kind.JOB]


@dataclass(frozen=True)
class Numbers:
    """One action in numbers, over all its instances or some of them."""

    instances: int
    reached: int
    responses: int
    assigned: int
    done: int
    due_at: datetime | None
    open: int
    fetched_at: datetime | None
    wanted: int

    @property
    def share(self) -> float | None:
        """Per cent of those reached who answered; None where nobody is known to be reached."""
        whole, part = (self.assigned, self.done) if self.assigned else (self.reached, self.responses)
        return min(100.0, 100 * part / whole) if whole else None


def numbers(instances: QuerySet[ActionInstance]) -> Numbers:
    """One query."""
    now = timezone.now()
    still = Q(due_at=None) | Q(due_at__gt=now)
    found: dict[str, Any] = instances.order_by().aggregate(
        n=Count("pk"),
        people=Sum("reached"),
        answers=Sum("response_count"),
        given=Sum("assignee_count"),
        made=Sum("done_count"),
        due=Max("due_at"),
        going=Count("pk", filter=still & Q(is_completed=False, gone_at=None)),
        fetched=Max("fetched_at"),
        waiting=Count("pk", filter=Q(wants_fetch=True)),
    )
    return Numbers(
        instances=found["n"],
        reached=found["people"] or 0,
        responses=found["answers"] or 0,
        assigned=found["given"] or 0,
        done=found["made"] or 0,
        due_at=found["due"],
        open=found["going"],
        fetched_at=found["fetched"],
        wanted=found["waiting"],
    )


def responses(instances: QuerySet[ActionInstance]) -> QuerySet[Response]:
    return Response.objects.filter(instance__in=instances)
