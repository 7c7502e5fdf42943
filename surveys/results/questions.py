"""One question's result: what suits its type, with a sentence that says what it shows."""

import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Generic, TypeVar

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from surveys import counting, values
from surveys.models import Question

from .totals import Part, Totals

WORDS = 12  # that most people used
BARS = 12  # of a distribution; as many different numbers, or fewer, are shown one by one
T = TypeVar("T")


@dataclass(frozen=True)
class Bar:
    """One bar. `share` is per cent of those who answered the question."""

    label: str
    count: int
    share: float
    value: str = ""  # an option's title, to filter by


@dataclass(frozen=True)
class Spot:
    """A place, rounded to about a kilometre, with how many answered it."""

    latitude: float
    longitude: float
    count: int


@dataclass(frozen=True)
class Result:
    """`shape`: "options", "numbers", "days", "places", "files", "texts" or "plain"."""

    question: Question
    shape: str
    answered: int
    responses: int
    sentence: str
    bars: tuple[Bar, ...] = ()
    spots: tuple[Spot, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    wrong: int = 0  # answers that do not fit the question
    figures: dict[str, float] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return self.question.title or self.question.action.title

    @property
    def is_drawn(self) -> bool:
        """Whether a chart with two axes suits it; options and words are read better as bars beside them."""
        return self.shape in ("numbers", "days") and bool(self.bars) and bool(self.answered)

    @property
    def labels(self) -> list[str]:
        return [bar.label for bar in self.bars]

    @property
    def series(self) -> list[tuple[str, list[int], list[float]]]:
        """As `{% bars %}` takes it."""
        return [(_("People"), [bar.count for bar in self.bars], [bar.share for bar in self.bars])]

    @property
    def drawn(self) -> list[tuple[str, list[int]]]:
        """As `{% chart %}` takes it."""
        return [(name, counts) for name, counts, _shares in self.series]


@dataclass(frozen=True)
class Scale(Generic[T]):
    """The bars of a distribution by their labels, and `place`: at which of them a value counts."""

    labels: Sequence[str]
    place: Callable[[T], int]

    def counts(self, counted: Iterable[tuple[T, int]]) -> list[int]:
        """How often a value of each bar was answered."""
        found = [0] * len(self.labels)
        for value, count in counted:
            found[self.place(value)] += count
        return found

    def bars(self, counted: Iterable[tuple[T, int]], whole: int) -> tuple[Bar, ...]:
        pairs = zip(self.labels, self.counts(counted), strict=True)
        return _bars([(label, count, "") for label, count in pairs], whole)


def result(question: Question, totals: Totals) -> Result:
    """Makes no query."""
    parts = totals.of(question.index)
    named = {part.key: part.count for part in parts}
    answered, wrong = named.get("", 0), named.get("x:", 0)
    rest = [part for part in parts if part.key not in ("", "x:")]
    found = _draw(question, rest, answered)
    if not answered:
        found["sentence"] = _("Nobody has answered this question yet.")
    shape = str(found.pop("shape"))
    return Result(question, shape, answered, totals.responses, wrong=wrong, **found)  # type: ignore[arg-type]


def _draw(question: Question, parts: Sequence[Part], answered: int) -> dict[str, object]:
    if question.type in values.CHOICES:
        return options(question, parts, answered)
    if question.type == values.NUMERIC:
        return numbers(parts)
    if question.type in values.DATES:
        return days(parts)
    if question.type == values.LOCATION:
        return places(parts, answered)
    if question.type in values.FILE_TYPES:
        return {"shape": "files", "sentence": _files_sentence(answered)}
    if question.type == values.PHONE:
        return {"shape": "plain", "sentence": _gave(answered, _("a phone number"))}
    return texts(parts, answered)


def _bars(pairs: Sequence[tuple[str, int, str]], whole: int) -> tuple[Bar, ...]:
    return tuple([Bar(label, count, share(count, whole), value) for label, count, value in pairs])


def share(part: int, whole: int) -> float:
    return 100 * part / whole if whole else 0.0


def options(question: Question, parts: Sequence[Part], answered: int) -> dict[str, object]:
    """Every option in its order, also those that nobody chose; what else was answered after them."""
    counts = {part.key: part.count for part in parts}
    known = {counting.option_key(title): title for title in question.options}
    pairs = [(title, counts.get(key, 0), title) for key, title in known.items()]
    pairs += [(part.key[2:], part.count, part.key[2:]) for part in parts if part.key not in known]
    return {"shape": "options", "bars": _bars(pairs, answered), "sentence": _most_chosen(pairs, answered)}


def own_words(found: Result) -> str:
    """Its sentence, for where nobody's own words may stand: of what was chosen, only the survey's options."""
    if found.shape != "options" or not found.answered:
        return found.sentence
    own = [(bar.label, bar.count, bar.value) for bar in found.bars if bar.value in found.question.options]
    if not any(count for _label, count, _value in own):
        words = ngettext("%(n)s person answered.", "%(n)s people answered.", found.answered)
        return words % {"n": _n(found.answered)}
    return _most_chosen(own, found.answered)


def _most_chosen(pairs: Sequence[tuple[str, int, str]], answered: int) -> str:
    most = max((count for _label, count, _value in pairs), default=0)
    best = [label for label, count, _value in pairs if count == most and most]
    if not best:
        return _("Nobody has chosen anything yet.")
    told = {"n": _n(most), "all": _n(answered), "share": number_format(round(share(most, answered)))}
    if len(best) > 1:
        names = ", ".join(f"“{label}”" for label in best[:3]) + (" …" if len(best) > 3 else "")
        return _("Equally often, %(n)s times each: %(names)s.") % {**told, "names": names}
    return _("“%(best)s” was chosen most: by %(n)s of %(all)s (%(share)s %%).") % {**told, "best": best[0]}


def numbers_of(parts: Sequence[Part]) -> list[tuple[float, int]]:
    """(number, how often), in order."""
    return sorted((part.number, part.count) for part in parts if part.number is not None)


def numbers(parts: Sequence[Part]) -> dict[str, object]:
    """The distribution, with mean and median, exactly as over the single answers."""
    values_in_order = numbers_of(parts)
    if not values_in_order:
        return {"shape": "numbers", "sentence": _("Nobody has given a number yet.")}
    n = sum(count for _number, count in values_in_order)
    mean = math.fsum(number * count for number, count in values_in_order) / n
    middle = median(values_in_order)
    low, high = values_in_order[0][0], values_in_order[-1][0]
    told = {"mean": short(mean), "median": short(middle), "low": short(low), "high": short(high)}
    return {
        "shape": "numbers",
        "bars": scale_of_numbers(sorted({one for one, _count in values_in_order})).bars(values_in_order, n),
        "figures": {"mean": mean, "median": middle, "low": low, "high": high, "n": n},
        "facts": (
            (_("Mean"), told["mean"]),
            (_("Median"), told["median"]),
            (_("Smallest"), told["low"]),
            (_("Largest"), told["high"]),
        ),
        "sentence": _("On average %(mean)s; half of the answers are at most %(median)s.") % told,
    }


def median(counted: Sequence[tuple[float, int]]) -> float:
    """Of (number, how often), in order; between the two middle ones of an even number."""
    n = sum(count for _number, count in counted)
    return (_at(counted, (n - 1) // 2) + _at(counted, n // 2)) / 2


def _at(counted: Sequence[tuple[float, int]], place: int) -> float:
    for number, count in counted:
        if place < count:
            return number
        place -= count
    return counted[-1][0]


def scale_of_numbers(numbers: Sequence[float]) -> Scale[float]:
    """For these, in order: one by one where they are few, else in steps with round edges."""
    if len(numbers) <= BARS:
        return Scale(
            [short(number) for number in numbers], {n: at for at, n in enumerate(numbers)}.__getitem__
        )
    step = _round_step((numbers[-1] - numbers[0]) / BARS)
    first = math.floor(numbers[0] / step)
    last = math.floor(numbers[-1] / step) - first
    edges = [short((first + at) * step) for at in range(last + 2)]
    labels = [f"{low} – < {high}" for low, high in itertools.pairwise(edges)]
    return Scale(labels, lambda number: min(last, math.floor(number / step) - first))


def _round_step(rough: float) -> float:
    """The next of 1, 2, 2.5, 5, 10 ... so that the bins have round edges."""
    size = 10.0 ** math.floor(math.log10(rough))
    return next((size * nice for nice in (1, 2, 2.5, 5, 10) if size * nice >= rough), size * 10)


def days_of(parts: Sequence[Part]) -> list[tuple[date, int]]:
    """(day, how often), in order."""
    return sorted((day, part.count) for part in parts if (day := _day(part.key)))


def days(parts: Sequence[Part]) -> dict[str, object]:
    """A time line: by day, week or month, as the span asks for."""
    known = days_of(parts)
    if not known:
        return {"shape": "days", "sentence": _("Nobody has given a date yet.")}
    first, last = known[0][0], known[-1][0]
    told = {"first": date_format(first, "DATE_FORMAT"), "last": date_format(last, "DATE_FORMAT")}
    n = sum(count for _day, count in known)
    return {
        "shape": "days",
        "bars": scale_of_days([day for day, _count in known]).bars(known, n),
        "facts": ((_("Earliest"), told["first"]), (_("Latest"), told["last"])),
        "sentence": _("From %(first)s to %(last)s.") % told,
    }


def _day(key: str) -> date | None:
    try:
        return date.fromisoformat(key[2:])
    except ValueError:
        return None


def scale_of_days(days: Sequence[date]) -> Scale[date]:
    """For these, in order."""
    span = (days[-1] - days[0]).days
    start = _by_day if span <= 31 else _by_week if span <= 210 else _by_month if span <= 1500 else _by_year
    words = "M Y" if start is _by_month else "Y" if start is _by_year else "SHORT_DATE_FORMAT"
    starts = {one: at for at, one in enumerate(sorted({start(day) for day in days}))}
    return Scale([date_format(one, words) for one in starts], lambda day: starts[start(day)])


def _by_day(one: date) -> date:
    return one


def _by_week(one: date) -> date:
    return one - timedelta(days=min(one.weekday(), one.toordinal() - 1))


def _by_month(one: date) -> date:
    return one.replace(day=1)


def _by_year(one: date) -> date:
    return one.replace(month=1, day=1)


def places(parts: Sequence[Part], answered: int) -> dict[str, object]:
    spots = []
    for part in parts:
        latitude, _comma, longitude = part.key[2:].partition(",")
        spots.append(Spot(float(latitude), float(longitude), part.count))
    words = ngettext("%(n)s person named a place.", "%(n)s people named a place.", answered)
    return {"shape": "places", "spots": tuple(spots), "sentence": words % {"n": _n(answered)}}


def texts(parts: Sequence[Part], answered: int) -> dict[str, object]:
    """The words that most people used; what they wrote is listed beside it."""
    pairs = [(part.key[2:], part.count, "") for part in parts][:WORDS]
    sentence = _gave(answered, _("a text"))
    if pairs and pairs[0][1] > 1:
        told = {"word": pairs[0][0], "n": _n(pairs[0][1])}
        sentence += " " + _("The word used by most is “%(word)s” (%(n)s).") % told
    return {"shape": "texts", "bars": _bars(pairs, answered), "sentence": sentence}


def _gave(answered: int, what: str) -> str:
    words = ngettext("%(n)s person gave %(what)s.", "%(n)s people gave %(what)s.", answered)
    return words % {"n": _n(answered), "what": what}


def _files_sentence(answered: int) -> str:
    words = ngettext("%(n)s person sent files.", "%(n)s people sent files.", answered)
    return words % {"n": _n(answered)}


def short(number: float) -> str:
    """Two digits after the point, four of a small number, none that say nothing; in the reader's language."""
    text = f"{number:.{2 if abs(number) >= 1 else 4}f}".rstrip("0").rstrip(".")
    return number_format(text or "0", force_grouping=True)


def _n(count: int) -> str:
    return number_format(count, force_grouping=True)
