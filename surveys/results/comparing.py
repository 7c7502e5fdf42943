"""Two groups side by side: the same questions, each with the shares of both."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from surveys.models import Question

from .questions import (
    WORDS,
    Result,
    Scale,
    days_of,
    numbers_of,
    result,
    scale_of_days,
    scale_of_numbers,
    share,
    short,
)
from .totals import Part, Totals

T = TypeVar("T")
Counted = list[tuple[str, int, int]]  # (label, in the first, in the second)


@dataclass(frozen=True)
class Pair:
    """One answer in both: how many, and per cent of those who answered the question there."""

    label: str
    counts: tuple[int, int]
    shares: tuple[float, float]

    @property
    def difference(self) -> float:
        """In percentage points, the second less the first."""
        return self.shares[1] - self.shares[0]


@dataclass(frozen=True)
class Comparison:
    question: Question
    names: tuple[str, str]
    both: tuple[Result, Result]
    pairs: Sequence[Pair]
    facts: Sequence[tuple[str, str, str]]  # (what, in the first, in the second)
    sentence: str

    @property
    def labels(self) -> list[str]:
        return [pair.label for pair in self.pairs]

    @property
    def series(self) -> list[tuple[str, list[int], list[float]]]:
        """As `{% bars %}` takes it: one a side."""
        return [
            (name, [pair.counts[side] for pair in self.pairs], [pair.shares[side] for pair in self.pairs])
            for side, name in enumerate(self.names)
        ]

    @property
    def drawn(self) -> list[tuple[str, list[float]]]:
        """As `{% chart %}` takes it: the shares, to tenths, because the two sides are not equally large."""
        return [(name, [round(one, 1) for one in shares]) for name, _counts, shares in self.series]

    @property
    def is_drawn(self) -> bool:
        return bool(self.pairs) and self.both[0].shape in ("numbers", "days")


def compare(question: Question, one: Totals, other: Totals, names: tuple[str, str]) -> Comparison:
    """`names` are those of the two groups. Makes no query."""
    both = (result(question, one), result(question, other))
    pairs = _pairs(question, both, (one, other))
    facts = [
        (label, here, there)
        for (label, here), (_same, there) in zip(*(one.facts for one in both), strict=False)
    ]
    return Comparison(question, names, both, pairs, facts, _sentence(pairs, both, names))


def _pairs(question: Question, both: tuple[Result, Result], sides: tuple[Totals, Totals]) -> list[Pair]:
    parts = [side.of(question.index) for side in sides]
    wholes = [one.answered for one in both]
    match both[0].shape:
        case "options":
            counted = _alike([{bar.label: bar.count for bar in one.bars} for one in both])
        case "texts":
            counted = _words(parts)
        case "numbers":
            counted = _on_a_scale([numbers_of(some) for some in parts], scale_of_numbers)
        case "days":
            counted = _on_a_scale([days_of(some) for some in parts], scale_of_days)
        case _:
            counted = [(_("Answered"), wholes[0], wholes[1])]
            wholes = [one.responses for one in both]
    return [
        Pair(label, (here, there), (share(here, wholes[0]), share(there, wholes[1])))
        for label, here, there in counted
    ]


def _alike(sides: Sequence[Mapping[str, int]]) -> Counted:
    labels = dict.fromkeys(label for side in sides for label in side)
    return [(label, sides[0].get(label, 0), sides[1].get(label, 0)) for label in labels]


def _words(parts: Sequence[Sequence[Part]]) -> Counted:
    """Those that most people of both together used."""
    counted = _alike([{one.key[2:]: one.count for one in some if one.key.startswith("w:")} for some in parts])
    return sorted(counted, key=lambda one: (-one[1] - one[2], one[0]))[:WORDS]


def _on_a_scale(sides: Sequence[Sequence[tuple[T, int]]], scale_of: Callable[[list[T]], Scale[T]]) -> Counted:
    """The distributions of both in the same steps."""
    values: Any = {value for side in sides for value, _count in side}
    if not values:
        return []
    scale = scale_of(sorted(values))
    return list(zip(scale.labels, *(scale.counts(side) for side in sides), strict=True))


def _sentence(pairs: Sequence[Pair], both: tuple[Result, Result], names: tuple[str, str]) -> str:
    if not (both[0].answered and both[1].answered):
        return _("One of the two has no answers to this question yet.")
    told: dict[str, object] = {"one": names[0], "other": names[1]}
    if both[0].shape not in ("options", "texts", "numbers", "days"):
        told |= {"here": _share(pairs[0].shares[0]), "there": _share(pairs[0].shares[1])}
        return _("In “%(one)s” %(here)s %% of the responses answer it, in “%(other)s” %(there)s %%.") % told
    if all(one.figures for one in both):
        told |= {"here": short(both[0].figures["mean"]), "there": short(both[1].figures["mean"])}
        return _("On average %(here)s in “%(one)s” and %(there)s in “%(other)s”.") % told
    if not pairs:
        return ""
    widest = max(pairs, key=lambda pair: abs(pair.difference))
    if not widest.difference:
        return _("Both answered alike.")
    told = {"label": widest.label, "points": _share(abs(widest.difference))}
    return _("They differ most in “%(label)s”: by %(points)s percentage points.") % told


def _share(per_cent: float) -> str:
    return number_format(round(per_cent))
