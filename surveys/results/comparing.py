"""Two groups side by side: the same questions, each with the shares of both."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from surveys.models import Question

from .questions import Result, result
from .totals import Totals


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
    both: tuple[Result, Result]
    pairs: Sequence[Pair]
    facts: Sequence[tuple[str, str, str]]  # (what, in the first, in the second)
    sentence: str


def compare(question: Question, one: Totals, other: Totals) -> Comparison:
    """Makes no query."""
    both = (result(question, one), result(question, other))
    pairs = _pairs(both) if both[0].shape == "options" else []
    facts = [
        (label, here, there)
        for (label, here), (_same, there) in zip(*(one.facts for one in both), strict=False)
    ]
    return Comparison(question, both, pairs, facts, _sentence(pairs, both))


def _pairs(both: tuple[Result, Result]) -> list[Pair]:
    sides = [{bar.label: bar for bar in side.bars} for side in both]
    labels = dict.fromkeys(bar.label for side in both for bar in side.bars)
    found = []
    for label in labels:
        bars = [side.get(label) for side in sides]
        counts = tuple(bar.count if bar else 0 for bar in bars)
        shares = tuple(bar.share if bar else 0.0 for bar in bars)
        found.append(Pair(label, (counts[0], counts[1]), (shares[0], shares[1])))
    return found


def _sentence(pairs: Sequence[Pair], both: tuple[Result, Result]) -> str:
    if not (both[0].answered and both[1].answered):
        return _("One of the two has no answers to this question yet.")
    if not pairs:
        return ""
    widest = max(pairs, key=lambda pair: abs(pair.difference))
    if not widest.difference:
        return _("Both answered alike.")
    told = {"label": widest.label, "points": number_format(round(abs(widest.difference)))}
    return _("They differ most in “%(label)s”: by %(points)s percentage points.") % told
