"""Two questions at once: how many gave each pair of answers, over the single responses."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet

from surveys import counting, values
from surveys.models import Question, Response

from .questions import share
from .sql import AnswerText

SMALL = 10  # a base of fewer people says little, and may tell who they are
BASES = ("row", "column", "all")


@dataclass(frozen=True)
class Cell:
    """`share` is per cent of the chosen base; `small`: that base has few people."""

    count: int
    share: float
    small: bool


@dataclass(frozen=True)
class CrossTab:
    """Rows by columns. Where several options may be chosen a response counts in several cells."""

    rows: Sequence[str]
    columns: Sequence[str]
    cells: Sequence[Sequence[Cell]]
    row_totals: Sequence[int]
    column_totals: Sequence[int]
    total: int  # responses that answered both

    @property
    def lines(self) -> list[tuple[str, Sequence[Cell], int]]:
        return list(zip(self.rows, self.cells, self.row_totals, strict=True))

    @property
    def any_small(self) -> bool:
        return any(cell.small for line in self.cells for cell in line)


def suits(question: Question) -> bool:
    """Questions with few different answers."""
    return question.type in values.CHOICES


def pairs(responses: QuerySet[Response], row: Question, column: Question) -> Iterable[tuple[Any, Any, int]]:
    """(answer, answer, how many responses), grouped in the database: as many rows as there are pairs."""
    found = responses.order_by().annotate(one=AnswerText(row.key), other=AnswerText(column.key))
    counted = found.values_list("one", "other").annotate(n=Count("pk"))
    return ((_loads(one), _loads(other), n) for one, other, n in counted.iterator())


def _loads(text: str | None) -> Any:
    return json.loads(text) if text else None


def cross(
    counted: Iterable[tuple[Any, Any, int]], row: Question, column: Question, base: str = "row"
) -> CrossTab:
    """The table. `base` says what the shares are of: the "row", the "column", or "all" who answered both."""
    cells: Counter[tuple[str, str]] = Counter()
    across: Counter[str] = Counter()
    down: Counter[str] = Counter()
    total = 0
    for one, other, n in counted:
        lefts, rights = _titles(one), _titles(other)
        if not lefts or not rights:
            continue
        total += n
        across.update(dict.fromkeys(lefts, n))
        down.update(dict.fromkeys(rights, n))
        cells.update(dict.fromkeys(((left, right) for left in lefts for right in rights), n))
    rows, columns = _labels(row, across), _labels(column, down)
    lines = [
        [_cell(cells[left, right], _base(base, across[left], down[right], total)) for right in columns]
        for left in rows
    ]
    return CrossTab(
        rows, columns, lines, [across[one] for one in rows], [down[one] for one in columns], total
    )


def _base(base: str, row: int, column: int, total: int) -> int:
    return {"row": row, "column": column}.get(base, total)


def _cell(count: int, base: int) -> Cell:
    return Cell(count, share(count, base), base < SMALL)


def _titles(value: Any) -> tuple[str, ...]:
    found = value if isinstance(value, list) else [value]
    return tuple(dict.fromkeys(counting.clip(one) for one in found if isinstance(one, str)))


def _labels(question: Question, seen: Counter[str]) -> list[str]:
    """The options in their order, then what else was answered."""
    known = [counting.clip(title) for title in question.options]
    return [*dict.fromkeys(known), *sorted(label for label in seen if label not in known)]
