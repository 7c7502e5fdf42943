"""The results of an action: charts with tables and sentences, filters, a comparison and a cross-tab."""

from typing import Any

from django.http import HttpRequest

from surveys.models import Action, ActionInstance, Question
from surveys.results import comparing, crosstab, filters, page

MOST_GROUPS = 300


def context(action: Action, request: HttpRequest) -> dict[str, Any]:
    """What the tab shows; `version` changes when any number does."""
    questions = page.questions_of(action)
    chosen = filters.read(request.GET, questions)
    built = page.build(action, questions, chosen)
    rows = ActionInstance.objects.filter(action=action).select_related("group").order_by("group__name", "pk")
    instances = list(rows[:MOST_GROUPS])
    choices = [one for one in questions if crosstab.suits(one)]
    return {
        "chosen": chosen,
        "page": built,
        "version": built.totals.version,
        "choices": instances,
        "option_questions": choices,
        "filter_query": chosen.query(),
        "answer_value": f"q{chosen.place}={chosen.answer}" if chosen.place is not None else "",
        "may_cross": len(choices) > 1,
    }


def cross(action: Action, request: HttpRequest) -> dict[str, Any]:
    """Two questions at once; without a choice, the first two."""
    questions = [one for one in page.questions_of(action) if crosstab.suits(one)]
    if len(questions) < 2:
        return {"option_questions": questions}
    row = _asked(questions, request.GET.get("row", ""), questions[0])
    column = _asked(questions, request.GET.get("column", ""), next(one for one in questions if one != row))
    base = request.GET.get("base", "row")
    base = base if base in crosstab.BASES else "row"
    chosen = filters.read(request.GET, questions)
    counted = crosstab.pairs(filters.responses(action, chosen), row, column)
    return {
        "option_questions": questions,
        "row": row,
        "column": column,
        "base": base,
        "chosen": chosen,
        "answer_value": f"q{chosen.place}={chosen.answer}" if chosen.place is not None else "",
        "choices": _instances(action),
        "table": crosstab.cross(counted, row, column, base),
        "small": crosstab.SMALL,
    }


def _asked(questions: list[Question], key: str, otherwise: Question) -> Question:
    return next((one for one in questions if one.key == key), otherwise)


def _instances(action: Action) -> list[ActionInstance]:
    rows = ActionInstance.objects.filter(action=action).select_related("group")
    return list(rows.order_by("group__name", "pk")[:MOST_GROUPS])


def compare(action: Action, request: HttpRequest) -> dict[str, Any]:
    """Two instances side by side; without a choice, the two with the most responses."""
    instances = _instances(action)
    if len(instances) < 2:
        return {"choices": instances}
    by_size = sorted(instances, key=lambda one: -one.response_count)
    one = _instance(instances, request.GET.get("one", ""), by_size[0])
    other = _instance(
        instances, request.GET.get("other", ""), next(row for row in by_size if row.pk != one.pk)
    )
    questions = page.questions_of(action)
    both = [filters.result(action, questions, filters.Filter(instances=(row.pk,))) for row in (one, other)]
    names = (one.group.name, other.group.name)
    return {
        "choices": instances,
        "one": one,
        "other": other,
        "comparisons": [comparing.compare(question, both[0], both[1], names) for question in questions],
    }


def _instance(rows: list[ActionInstance], key: str, otherwise: ActionInstance) -> ActionInstance:
    return next((row for row in rows if str(row.pk) == key), otherwise)
