"""Times that came, with what became of them: for the agenda, a schedule's page and the home page."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from messaging.models import Broadcast

from .models import Firing

Outcome = Firing.Outcome
TONES = {
    Outcome.STARTING: "info",
    Outcome.SENT: "success",
    Outcome.LATE: "warning",
    Outcome.SKIPPED: "",
    Outcome.ASKING: "danger",
    Outcome.BLOCKED: "danger",
    Outcome.WAITING: "warning",
}


def with_results(rows: QuerySet[Firing]) -> list[Any]:
    """Each with `tone`, `result` in words and its broadcast. One query."""
    found = list(rows.select_related("broadcast", "decided_by", "schedule__broadcast"))
    for one in found:
        _add(one)
    return found


def _add(one: Any) -> None:
    one.tone, one.result = TONES[one.outcome], one.get_outcome_display()
    one.local = one.due_at.astimezone(one.schedule.rule.clock)
    row = one.broadcast
    if one.outcome == Outcome.WAITING and row and row.state == Broadcast.State.DRAFT:
        one.tone, one.result = "", _("Not approved")
    if row and row.launched_at is None and row.pk == one.schedule.broadcast_id:
        one.broadcast = None  # nothing was sent by this time: the link would lead back here


def to_decide() -> QuerySet[Firing]:
    """Missed times that wait for a person, the oldest first."""
    return Firing.objects.filter(outcome=Outcome.ASKING).order_by("due_at", "pk")
