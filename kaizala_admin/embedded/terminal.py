"""What the person at the terminal reads."""

import sys
from pathlib import Path


class CannotStart(Exception):
    """`str()` is one clear line for the person at the terminal: what is wrong and what to do."""


def say(text: str = "") -> None:
    """One line, at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def last_lines(path: Path, count: int = 5) -> str:
    """The end of a log, for a message; empty when there is none. Reads 8 KB at most."""
    if not path.exists():
        return ""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 8192))
        lines = file.read().decode(errors="replace").splitlines()
    return "\n".join(f"    {line}" for line in lines[-count:])
