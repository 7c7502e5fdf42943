"""The responses of one action as rows, in constant memory.

Parameters: {"action": 7, "codes": false, "by_choice": false, "columns": ["name", "q0"],
"filter": "group=3&since=2026-05-01"}. Without columns there are all.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kaizala_admin.exports import BadParameters, Column, number, phone, text, time
from kaizala_admin.exports.columns import Columns
from surveys.models import Action, ActionInstance, Question, Review
from surveys.results import filters
from surveys.results.filters import Filter

from . import stored
from .pieces import Piece, as_it_is, piece, through

Parameters = Mapping[str, Any]


def action_of(parameters: Parameters) -> Action:
    """Raises BadParameters."""
    key = str(parameters.get("action", ""))
    found = Action.objects.filter(pk=key).first() if key.isdecimal() and len(key) < 19 else None
    if found is None:
        raise BadParameters(_("There is no such survey, poll or job any more."))
    return found


def questions_of(action: Action) -> list[Question]:
    """Hidden ones too: they were asked for a program's sake."""
    rows = list(Question.objects.filter(action=action).order_by("index"))
    for row in rows:
        row.action = action
    return rows


def about(action: Action) -> list[Piece]:
    """What stands before the answers. An anonymous action has no columns for people."""
    found = [
        Piece("response", (number("response", gettext_lazy("response")),), as_it_is, "id"),
        Piece("group", (text("group", gettext_lazy("group")),), _groups(action), "instance_id"),
    ]
    if not action.is_anonymous:
        who = (
            (text("name", gettext_lazy("name")), "responder_name"),
            (phone("mobile_number", gettext_lazy("mobile number")), "responder_number"),
            (text("user_id", gettext_lazy("user ID")), "responder_id"),
        )
        found += [Piece(column.key, (column,), as_it_is, field) for column, field in who]
    states = {state: str(label) for state, label in Review.State.choices}
    found += [
        Piece("answered_at", (time("answered_at", gettext_lazy("answered")),), as_it_is, "answered_at"),
        Piece("edits", (number("edits", gettext_lazy("edits")),), as_it_is, "edit_count"),
        Piece(
            "review",
            (text("review", gettext_lazy("review")),),
            through(lambda state: states.get(state, "")),
            "review__state",
        ),
        Piece(
            "note",
            (text("note", gettext_lazy("note")),),
            through(lambda note: note or ""),
            "review__note",
        ),
    ]
    if action.kind == Action.Kind.JOB:
        yes, no = _("yes"), _("no")
        done = (text("done", gettext_lazy("done")),)
        found.append(Piece("done", done, through(lambda is_done: yes if is_done else no), "is_completed"))
    return found


def _groups(action: Action) -> Any:
    names = dict(ActionInstance.objects.filter(action=action).values_list("pk", "group__name"))
    return through(lambda key: names.get(key, ""))


def pieces(action: Action, parameters: Parameters) -> list[Piece]:
    """Those that are asked for; all where none is asked for, or none of them is there any more."""
    style = {"codes": bool(parameters.get("codes")), "by_choice": bool(parameters.get("by_choice"))}
    every = [*about(action), *(piece(question, **style) for question in questions_of(action))]
    wanted = parameters.get("columns") or ()
    return [one for one in every if one.key in wanted] or every


def columns(parameters: Parameters) -> Sequence[Column]:
    return [column for one in pieces(action_of(parameters), parameters) for column in one.columns]


def chosen(action: Action, parameters: Parameters) -> Filter:
    return filters.read(QueryDict(str(parameters.get("filter", ""))), questions_of(action))


def count(parameters: Parameters) -> int:
    action = action_of(parameters)
    return filters.responses(action, chosen(action, parameters)).count()


def pages(parameters: Parameters, columns: Sequence[Column]) -> Iterator[Columns]:
    """Column by column, some hundred rows at a time; of a question that came since, nothing."""
    action, named = action_of(parameters), {column.key for column in columns}
    made = [one for one in pieces(action, parameters) if one.columns[0].key in named]
    keys = [one.key for one in made if not one.field]
    for page in stored.pages(action, chosen(action, parameters)):
        answered = dict(zip(keys, page.answered(keys), strict=True))
        yield [
            cells
            for one in made
            for cells in one.fill(page.by_field[one.field] if one.field else answered[one.key])
        ]


def rows(parameters: Parameters) -> Iterator[Sequence[Any]]:
    found = pages(parameters, columns(parameters))
    return (row for page in found for row in zip(*page, strict=True))
