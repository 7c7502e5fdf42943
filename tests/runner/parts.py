"""The parts of `bin/test`: what each runs, and what it needs of the machine."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .postgres import postgres, programs

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
CODE = ["kaizala_admin", "groups", "messaging", "surveys", "tests", "benchmarks", "manage.py"]
PYTEST = [str(BIN / "pytest"), "-q", "-p", "no:cacheprovider"]


@dataclass(frozen=True)
class Part:
    """One part. `missing` says what the machine lacks; `package` is Debian's name of it."""

    name: str
    about: str
    commands: tuple[tuple[str, ...], ...]
    missing: Callable[[], str] = lambda: ""
    package: str = ""
    on_postgres: bool = False
    processes: bool = False  # over real processes, whose speed depends on what else the machine does
    variables: tuple[tuple[str, str], ...] = ()
    longest: float = 25 * 60.0  # seconds that one command may take

    @property
    def counts(self) -> bool:
        """It runs tests, whose number belongs into the summary."""
        return self.commands[0][0] == PYTEST[0]


def no_chromium() -> str:
    return "" if chromium() else "Debian's Chromium is not installed (apt-get install chromium)"


def chromium() -> str | None:
    return shutil.which("chromium")


def no_postgres() -> str:
    return "" if programs() else "PostgreSQL is not installed (apt-get install postgresql)"


def tool(name: str, *words: str) -> tuple[str, ...]:
    return (str(BIN / name), *words)


def tests(*words: str) -> tuple[tuple[str, ...], ...]:
    return ((*PYTEST, *words),)


PARTS = (
    Part("unit", "unit tests, on SQLite", tests("-m", "not flow and not browser", "tests")),
    Part("lint", "ruff", (tool("ruff", "check", "."), tool("ruff", "format", "--check", "."))),
    Part("imports", "import contracts", (tool("lint-imports", "--no-cache"),)),
    Part("types", "mypy, strict", (tool("mypy", *CODE),)),
    Part(
        "flows",
        "flows, on SQLite and the wheel's Redis-protocol server",
        tests("-m", "flow", "tests"),
        processes=True,
    ),
    Part(
        "postgres",
        "flows, on PostgreSQL and the wheel's Redis-protocol server",
        tests("-m", "flow and not machine", "tests"),
        missing=no_postgres,
        package="postgresql",
        on_postgres=True,
        processes=True,
    ),
    Part(
        "browser",
        "a real browser",
        tests("-m", "browser", "tests"),
        missing=no_chromium,
        package="chromium",
        processes=True,
    ),
)


@contextmanager
def environment(part: Part) -> Iterator[dict[str, str]]:
    """The environment of a part's commands; for one on PostgreSQL, with a cluster that lives as long."""
    ours = {"DATABASE_URL", "REDIS_URL", "KAIZALA_VAR_DIR", "DJANGO_SETTINGS_MODULE"}
    plain = {name: value for name, value in os.environ.items() if name not in ours}
    # lint-imports and mypy load the settings too
    plain |= {"DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONPATH": str(ROOT), **dict(part.variables)}
    where = programs() if part.on_postgres else None
    if where is None:
        yield plain
        return
    with postgres(where) as url:
        yield {**plain, "DATABASE_URL": url}
