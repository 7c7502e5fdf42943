"""An action's responses as a table: chosen columns, search, filters; one page of fifty, found by key."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.http import urlencode

from surveys import days, search, values
from surveys.models import Action, ActionInstance, Question, Response, Review

PAGE = 50
SHOWN_COLUMNS = 4  # unless a person chooses
UNSEEN = "unseen"  # nobody has said anything of it yet
TONES = {UNSEEN: "", "open": "info", "checked": "success", "problem": "danger"}


@dataclass(frozen=True)
class Line:
    """One response of the table."""

    row: Response
    cells: tuple[Any, ...]
    review: Review | None

    @property
    def tone(self) -> str:
        return TONES[self.review.state] if self.review else ""


@dataclass(frozen=True)
class Asked:
    """The search and filters of the address, those that hold."""

    q: str
    group: int | None
    review: str
    since: date | None
    until: date | None
    columns: tuple[str, ...]
    after: int | None

    def address(self, **changes: Any) -> str:
        kept = {
            "tab": "responses",
            "q": self.q,
            "group": self.group,
            "review": self.review,
            "since": self.since,
            "until": self.until,
        }
        pairs = {name: value for name, value in {**kept, **changes}.items() if value not in ("", None)}
        return "?" + urlencode({**pairs, **({"columns": self.columns} if self.columns else {})}, doseq=True)

    @property
    def narrows(self) -> bool:
        return bool(self.q or self.group or self.review or self.since or self.until)


def read(request: HttpRequest) -> Asked:
    """What does not make sense is left out, not complained about."""
    get = request.GET
    review = get.get("review", "")
    return Asked(
        q=get.get("q", "").strip()[:200],
        group=number(get.get("group", "")),
        review=review if review in Review.State.values else "",
        since=days.day(get.get("since", "")),
        until=days.day(get.get("until", "")),
        columns=tuple(get.getlist("columns"))[:100],
        after=number(get.get("after", "")),
    )


def number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 19 else None


def narrowed(rows: QuerySet[Response], asked: Asked) -> QuerySet[Response]:
    """The responses that the search and filters leave."""
    if asked.group:
        rows = rows.filter(instance=asked.group)
    if asked.since:
        rows = rows.filter(answered_at__gte=days.starts(asked.since))
    if asked.until:
        rows = rows.filter(answered_at__lt=days.ends(asked.until))
    if asked.review == Review.State.OPEN:
        rows = rows.exclude(review__state__in=[Review.State.CHECKED, Review.State.PROBLEM])
    elif asked.review:
        rows = rows.filter(review__state=asked.review)
    return search.responses(rows, asked.q)


def context(action: Action, request: HttpRequest) -> dict[str, Any]:
    """A fixed number of queries, whatever the number of responses."""
    asked = read(request)
    questions = list(Question.objects.filter(action=action, is_hidden=False).order_by("index"))
    columns = [one for one in questions if one.key in asked.columns] or questions[:SHOWN_COLUMNS]
    rows = narrowed(Response.objects.filter(action=action), asked).order_by("-id")
    if asked.after:
        rows = rows.filter(id__lt=asked.after)
    found = list(rows.select_related("instance__group", "review")[: PAGE + 1])
    instances = ActionInstance.objects.filter(action=action).select_related("group").order_by("group__name")
    return {
        "asked": asked,
        "questions": questions,
        "columns": columns,
        "lines": [_line(row, columns) for row in found[:PAGE]],
        "choices": list(instances[:200]),
        "review_states": Review.State.choices,
        "first_url": asked.address(),
        "next_url": asked.address(after=found[PAGE - 1].pk) if len(found) > PAGE else "",
        "is_job": action.kind == Action.Kind.JOB,
    }


def _line(row: Response, columns: list[Question]) -> Line:
    cells = tuple(values.for_reading(one.type, row.answers.get(one.key)) for one in columns)
    return Line(row, cells, getattr(row, "review", None))
