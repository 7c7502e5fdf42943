"""The responses of one action as rows, in constant memory.

Parameters: {"action": 7, "codes": false, "by_choice": false, "filter": "group=3&since=2026-05-01"}.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kaizala_admin.exports import BadParameters, Column, number, phone, text, time
from surveys.models import Action, ActionInstance, Question, Review
from surveys.results import filters
from surveys.results.filters import Filter

from .pieces import Piece, as_text, piece

Parameters = Mapping[str, Any]
_WHO = (
    text("name", gettext_lazy("name")),
    phone("mobile_number", gettext_lazy("mobile number")),
    text("user_id", gettext_lazy("user ID")),
)
_ABOUT = (
    time("answered_at", gettext_lazy("answered")),
    number("edits", gettext_lazy("edits")),
    text("review", gettext_lazy("review")),
    text("note", gettext_lazy("note")),
)


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


def pieces(action: Action, parameters: Parameters) -> list[Piece]:
    style = {"codes": bool(parameters.get("codes")), "by_choice": bool(parameters.get("by_choice"))}
    return [piece(question, **style) for question in questions_of(action)]


def columns(parameters: Parameters) -> Sequence[Column]:
    """An anonymous action has no columns for people."""
    action = action_of(parameters)
    who = () if action.is_anonymous else _WHO
    first = (number("response", gettext_lazy("response")), text("group", gettext_lazy("group")))
    done = (text("done", gettext_lazy("done")),) if action.kind == Action.Kind.JOB else ()
    asked = [column for one in pieces(action, parameters) for column in one.columns]
    return (*first, *who, *_ABOUT, *done, *asked)


def chosen(action: Action, parameters: Parameters) -> Filter:
    return filters.read(QueryDict(str(parameters.get("filter", ""))), questions_of(action))


def count(parameters: Parameters) -> int | None:
    """None where only reading the answers tells."""
    action = action_of(parameters)
    asked = chosen(action, parameters)
    return None if asked.place is not None else filters.responses(action, asked).count()


def rows(parameters: Parameters) -> Iterator[Sequence[Any]]:
    action = action_of(parameters)
    asked, made = chosen(action, parameters), pieces(action, parameters)
    names = dict(ActionInstance.objects.filter(action=action).values_list("pk", "group__name"))
    states = {state: str(label) for state, label in Review.State.choices}
    done_words = {True: _("yes"), False: _("no")}
    is_job, is_named = action.kind == Action.Kind.JOB, not action.is_anonymous
    fills = [(one.key, one.fill, one.fill is as_text) for one in made]
    for pk, instance, who, digits, user, at, edits, done, told, state, note in _stored(action, asked):
        answers = json.loads(told)
        row = [pk, names.get(instance, "")]
        if is_named:
            row += (who, digits, user)
        row += (at, edits, states.get(state, ""), note or "")
        if is_job:
            row.append(done_words[bool(done)])
        for key, fill, is_plain in fills:
            value = answers.get(key)
            if is_plain and type(value) is str:  # most answers; a call for each would cost half the time
                row.append(value)
            else:
                row += fill(value)
        yield row


_FIELDS = (
    "id",
    "instance_id",
    "responder_name",
    "responder_number",
    "responder_id",
    "answered_at",
    "edit_count",
    "is_completed",
    "told",
    "review__state",
    "review__note",
)
_ANSWERS = _FIELDS.index("told")
PAGE = 2_000  # rows of one query


def _stored(action: Action, asked: Filter) -> Iterator[tuple[Any, ...]]:
    """The answers come as text: read one at a time they cost a quarter of a page of dictionaries at once."""
    told = filters.responses(action, asked).annotate(told=Cast("answers", TextField()))
    found = _in_pages(told.order_by("pk").values_list(*_FIELDS))
    if asked.place is None:
        return found
    key = f"q{asked.place}"
    return (row for row in found if filters.chose(json.loads(row[_ANSWERS]).get(key), asked.answer))


def _in_pages(rows: QuerySet[Any, tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """By key, along the index that has an action's responses in their order."""
    last = 0
    while page := list(rows.filter(pk__gt=last)[:PAGE]):
        yield from page
        last = page[-1][0]
