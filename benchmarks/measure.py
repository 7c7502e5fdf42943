"""Figure and floor in turn, so that a busy machine strikes both alike, and the lines that are printed."""

import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Measured = Callable[[], float]


@dataclass(frozen=True)
class Size:
    """How much is measured. The small size starts everything and proves nothing."""

    rounds: int  # of figure and floor each
    limiter_seconds: int
    dispatches: int  # in one round
    sends: int  # started in the middle of a sync
    subscribers: int  # of the group that is synced against the bare loop
    many_subscribers: int  # for the worker's memory
    few_rows: int  # of the short list
    many_rows: int  # of the long list
    broadcasts: int
    people: int  # deliveries a broadcast
    idle_seconds: int
    knocks: int  # deliveries to the receiver, in one round
    events: int  # worked off

    @property
    def is_full(self) -> bool:
        return self == FULL


FULL = Size(
    rounds=3,
    limiter_seconds=60,
    dispatches=2_000,
    sends=20,
    subscribers=100_000,
    many_subscribers=1_000_000,
    few_rows=1_000,
    many_rows=1_000_000,
    broadcasts=10_000,
    people=500,
    idle_seconds=60,
    knocks=8_000,
    events=100_000,
)
SMALL = Size(
    rounds=1,
    limiter_seconds=1,
    dispatches=40,
    sends=1,
    subscribers=200,
    many_subscribers=400,
    few_rows=60,
    many_rows=120,
    broadcasts=20,
    people=5,
    idle_seconds=1,
    knocks=80,
    events=300,
)


@dataclass(frozen=True)
class Line:
    """One figure. `met` is None where there is no bar to meet."""

    what: str
    figure: str
    floor: str
    ratio: str
    bar: str = ""
    met: bool | None = None

    def __str__(self) -> str:
        verdict = {True: "met", False: "MISSED", None: ""}[self.met]
        figures = f"{self.what:<58}{self.figure:>16}{self.floor:>16}{self.ratio:>9}"
        return f"{figures}  {self.bar:<34}{verdict}".rstrip()


HEADING = f"{'what':<58}{'figure':>16}{'floor':>16}{'ratio':>9}  bar"


def in_turn(floor: Measured, figure: Measured, rounds: int) -> tuple[float, float]:
    """The medians of both, measured floor, figure, floor, figure, and so on."""
    floors, figures = [], []
    for _ in range(rounds):
        floors.append(floor())
        figures.append(figure())
    return statistics.median(floors), statistics.median(figures)


def percent(part: float) -> str:
    return f"{part:.0%}"


def times(part: float) -> str:
    return f"{part:.2f} x"


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:,.1f} ms"


Benchmark = Callable[..., Iterator[Line]]
