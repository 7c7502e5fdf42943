"""`bin/test --faults` and `bin/test --soak MINUTES`, and the faults' tables for the end of every run."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from .parts import Part, no_postgres, tests

HOURS = 3_600.0
TABLE = re.compile(r"^=+ (faults, seed .*?) =+\n(.*?)(?=^=|^\d+ (?:passed|failed))", re.M | re.S)


def everything() -> tuple[Part, ...]:
    """Every fault at its full number (tests/faults/sizes.py), on both databases."""
    full = (("KAIZALA_FAULTS", "full"),)
    command = tests("-m", "fault", "tests")
    return (
        Part("faults", "every fault, on SQLite", command, variables=full, longest=4 * HOURS),
        Part(
            "faults-pg",
            "every fault, on PostgreSQL",
            command,
            missing=no_postgres,
            package="postgresql",
            on_postgres=True,
            variables=full,
            longest=4 * HOURS,
        ),
    )


def soak(minutes: float) -> tuple[Part, ...]:
    """F24, on SQLite: the database that one machine has."""
    asked = (("KAIZALA_SOAK_MINUTES", f"{minutes:g}"),)
    command = tests("tests/faults/soak/test_soak.py")
    longest = minutes * 60 + HOURS / 2
    return (Part("soak", f"{minutes:g} minutes of faults", command, variables=asked, longest=longest),)


def tables(logs: Iterable[Path]) -> Iterator[str]:
    """What was broken how often, and what came of it: the tables that the parts' logs end with."""
    for log in logs:
        if log.exists() and (found := TABLE.search(log.read_text(errors="replace"))):
            yield f"\n{log.stem}: {found[1]}\n{found[2].rstrip()}"
