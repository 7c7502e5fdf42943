"""A simple map as SVG: spots, lines of longitude and latitude, coarse land. No tiles from outside."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from .land import LAND, Outline
from .questions import Spot

WIDTH, HEIGHT = 800.0, 420.0
LARGEST = 26.0  # radius of the most frequent spot
LEAST_SPAN = 0.05  # degrees, so that one spot alone is not blown up to nothing around it


@dataclass(frozen=True)
class Circle:
    x: str
    y: str
    radius: str
    label: str
    count: int


@dataclass(frozen=True)
class Line:
    """A line of the grid, across (`is_across`) or down, with its name."""

    at: str
    label: str
    is_across: bool


@dataclass(frozen=True)
class Map:
    circles: Sequence[Circle]
    lines: Sequence[Line]
    land: str  # an SVG path
    width: int = int(WIDTH)
    height: int = int(HEIGHT)


@dataclass(frozen=True)
class _Window:
    """The part of the world that is shown: its middle, and units a degree of latitude."""

    longitude: float
    latitude: float
    scale: float

    def x(self, longitude: float) -> float:
        squeeze = max(0.15, math.cos(math.radians(self.latitude)))
        return WIDTH / 2 + (longitude - self.longitude) * squeeze * self.scale

    def y(self, latitude: float) -> float:
        return HEIGHT / 2 - (latitude - self.latitude) * self.scale


def draw(spots: Sequence[Spot]) -> Map | None:
    """The map that holds all spots; None for none."""
    if not spots:
        return None
    window = _window(spots)
    most = max(spot.count for spot in spots)
    circles = [_circle(window, spot, most) for spot in sorted(spots, key=lambda spot: -spot.count)]
    return Map(circles, _grid(window), " ".join(_path(window, outline) for outline in LAND))


def _window(spots: Sequence[Spot]) -> _Window:
    south, north = min(s.latitude for s in spots), max(s.latitude for s in spots)
    west, east = min(s.longitude for s in spots), max(s.longitude for s in spots)
    middle = (south + north) / 2
    squeeze = max(0.15, math.cos(math.radians(middle)))
    tall, wide = max(north - south, LEAST_SPAN), max((east - west) * squeeze, LEAST_SPAN)
    scale = min((HEIGHT - 90) / tall, (WIDTH - 90) / wide)
    return _Window((west + east) / 2, middle, scale)


def _circle(window: _Window, spot: Spot, most: int) -> Circle:
    radius = max(4.0, LARGEST * math.sqrt(spot.count / most))
    label = f"{spot.latitude:.2f}, {spot.longitude:.2f}"
    x, y = window.x(spot.longitude), window.y(spot.latitude)
    return Circle(_svg(x), _svg(y), _svg(radius), label, spot.count)


def _grid(window: _Window) -> list[Line]:
    tall = HEIGHT / window.scale
    step = next((nice for nice in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20) if tall / nice <= 6), 30)
    squeeze = max(0.15, math.cos(math.radians(window.latitude)))
    wide = WIDTH / window.scale / squeeze
    across = _steps(window.latitude - tall / 2, window.latitude + tall / 2, step)
    down = _steps(
        window.longitude - wide / 2, window.longitude + wide / 2, step * (2 if wide > tall * 3 else 1)
    )
    return [
        *(Line(_svg(window.y(one)), _degrees(one, "N", "S"), True) for one in across if abs(one) <= 90),
        *(Line(_svg(window.x(one)), _degrees(one, "E", "W"), False) for one in down if abs(one) <= 180),
    ]


def _steps(first: float, last: float, step: float) -> list[float]:
    start = math.ceil(first / step)
    return [at * step for at in range(start, min(start + 20, math.floor(last / step) + 1))]


def _degrees(value: float, plus: str, minus: str) -> str:
    return f"{abs(round(value, 2)):g}° {plus if value >= 0 else minus}"


def _path(window: _Window, outline: Outline) -> str:
    points = " L".join(f"{_svg(window.x(lng))} {_svg(window.y(lat))}" for lng, lat in outline)
    return f"M{points} Z"


def _svg(number: float) -> str:
    """Text, so that no locale writes a comma into it."""
    return f"{number:.1f}"
