"""Numbers are read in `groups.reading`."""

from groups.reading.numbers import Problem, normalise

__all__ = ["Problem", "normalise"]
