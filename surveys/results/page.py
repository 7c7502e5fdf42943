"""All that a results page shows, put together: a number of queries that no number of answers changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Sum

from surveys import values
from surveys.models import Action, Question, Response

from . import filters, mapping, overtime
from .filters import Filter
from .questions import Result, result
from .totals import Totals

WALL, TEXTS = 12, 20  # pictures and texts shown; all of them stand in the responses


@dataclass(frozen=True)
class Shown:
    """One question's result with what is drawn beside it."""

    result: Result
    map: mapping.Map | None
    latest: Sequence[tuple[Response, Any]]  # who, and the files or the text


@dataclass(frozen=True)
class Page:
    totals: Totals
    reached: int
    shown: Sequence[Shown]
    over_time: overtime.OverTime | None

    @property
    def share(self) -> float | None:
        """Per cent of those reached."""
        return min(100.0, 100 * self.totals.responses / self.reached) if self.reached else None


def questions_of(action: Action) -> list[Question]:
    rows = list(Question.objects.filter(action=action, is_hidden=False).order_by("index"))
    for row in rows:
        row.action = action
    return rows


def build(action: Action, questions: Sequence[Question], chosen: Filter) -> Page:
    totals = filters.result(action, questions, chosen)
    reached = filters.instances(action, chosen).aggregate(n=Sum("reached"))["n"] or 0
    shown = [_shown(action, question, totals, chosen) for question in questions]
    return Page(totals, reached, shown, overtime.over_time(totals, reached))


def _shown(action: Action, question: Question, totals: Totals, chosen: Filter) -> Shown:
    found = result(question, totals)
    drawn = mapping.draw(found.spots) if found.shape == "places" else None
    latest: Sequence[tuple[Response, Any]] = ()
    if found.answered and found.shape in ("files", "texts"):
        latest = _latest(action, question, chosen, WALL if found.shape == "files" else TEXTS)
    return Shown(found, drawn, latest)


def _latest(action: Action, question: Question, chosen: Filter, most: int) -> list[tuple[Response, Any]]:
    """The newest that answered this question."""
    rows = filters.responses(action, chosen).filter(answers__has_key=question.key).order_by("-id")
    shown = rows.only("pk", "answers", "responder_name", "responder_number", "action")[:most]
    return [(row, _piece(row.answers, question)) for row in shown]


def _piece(answers: Mapping[str, Any], question: Question) -> Any:
    value = answers.get(question.key)
    return value if question.type in values.FILE_TYPES and isinstance(value, list) else values.shown(value)
