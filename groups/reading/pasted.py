"""Phone numbers that a person pasted or typed into a field."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .numbers import Problem, normalise

_CUTS = re.compile(r"[,;\t|]")


def pieces(rows: Iterable[str]) -> Iterator[tuple[int, str]]:
    """(line from 1, piece). One without a digit beside one with digits is a name, not a wrong number."""
    for number, row in enumerate(rows, 1):
        found = [piece.strip() for piece in _CUTS.split(row) if piece.strip()]
        with_digits = [piece for piece in found if any(letter.isdigit() for letter in piece)]
        yield from ((number, piece) for piece in with_digits or found)


@dataclass(frozen=True)
class Wrong:
    """A piece that is no phone number, and why."""

    line: int
    given: str
    why: str


def read(text: str, region: str) -> tuple[list[str], list[Wrong]]:
    """The numbers (E.164, each once, in their order), and what is none. `region`: two letters."""
    right: dict[str, None] = {}
    wrong: list[Wrong] = []
    for line, piece in pieces(text.splitlines()):
        number, problem = normalise(piece, region)
        if problem:
            wrong.append(Wrong(line, piece[:100], str(Problem(problem).label)))
        else:
            right[number] = None
    return list(right), wrong
