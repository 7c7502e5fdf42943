"""The responses of an action as they are stored, a page at a time, in constant memory."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast

from surveys.models import Action
from surveys.results import filters
from surveys.results.filters import Filter

FIELDS = (
    "id",
    "instance_id",
    "responder_name",
    "responder_number",
    "responder_id",
    "answered_at",
    "edit_count",
    "is_completed",
    "review__state",
    "review__note",
    "told",
)
SIZE = 1_000  # rows of one query
AT_ONCE = 100  # rows of one page: what their answers make stays in the processor's cache


@dataclass(frozen=True)
class Page:
    """`by_field` has a column each; `answers` one dictionary a response."""

    by_field: Mapping[str, Sequence[Any]]
    answers: Sequence[dict[str, Any]]

    def answered(self, keys: Sequence[str]) -> Sequence[Sequence[Any]]:
        """A column for each of these questions; None for no answer."""
        if len(keys) < 2:
            return [[told.get(key) for told in self.answers] for key in keys]
        pick = itemgetter(*keys)
        try:
            rows = list(map(pick, self.answers))
        except KeyError:
            nothing = dict.fromkeys(keys)
            rows = [pick(nothing | told) for told in self.answers]
        return list(zip(*rows, strict=True))


def pages(action: Action, asked: Filter) -> Iterator[Page]:
    """By key, along the index that has an action's responses in their order."""
    # As text: read by Django one at a time they would cost a quarter more.
    told = filters.responses(action, asked).annotate(told=Cast("answers", TextField()))
    rows: QuerySet[Any, tuple[Any, ...]] = told.order_by("pk").values_list(*FIELDS)
    last = 0
    while found := list(rows.filter(pk__gt=last)[:SIZE]):
        last = found[-1][0]
        for first in range(0, len(found), AT_ONCE):
            *columns, answers = zip(*found[first : first + AT_ONCE], strict=True)
            yield Page(dict(zip(FIELDS, columns, strict=False)), json.loads(f"[{','.join(answers)}]"))
