"""`bin/test`: runs every part, two side by side, and says how each went.

Exits 0 when all passed. A part that could not run is named; with CI=true it counts as failed.
"""

import argparse
import fcntl
import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO

from .faults import everything, soak, tables
from .parts import PARTS, ROOT, Part, environment, tests

LOGS = ROOT / "var" / "test"
SIDE_BY_SIDE = 2
UNSTEADY_AT_MOST = 3  # failures beyond which nothing is tried again
FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.M)
SUMMARY = re.compile(r"(\d+) (passed|failed|errors?|skipped|xfailed|xpassed|deselected)")


@dataclass(frozen=True)
class Result:
    """`state` is "passed", "failed" or "not run"."""

    part: Part
    state: str
    seconds: float
    note: str = ""
    counts: Counter[str] | None = None


def say(text: str = "") -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def install_missing(parts: Sequence[Part]) -> None:
    """Debian's packages that a part lacks, when we may install them."""
    packages = [part.package for part in parts if part.missing()]
    if not packages or os.geteuid() or not shutil.which("apt-get"):
        return
    say(f"Installing {' and '.join(packages)} ...")
    install = ["install", "-y", "--no-install-recommends", *packages]
    if apt_get(*install):
        apt_get("update")
        apt_get(*install)


def apt_get(*words: str) -> int:
    settings = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(["apt-get", *words], env=settings, capture_output=True).returncode


def run(part: Part) -> Result:
    """Runs one part; its output goes to var/test/NAME.log, and to the terminal when it failed."""
    begun = time.monotonic()
    if why := part.missing():
        return Result(part, "not run", 0.0, why)
    with environment(part) as variables:
        text, passed = output_of(part.name, part.commands, variables, part.longest)
        last = text.strip().splitlines()[-1].strip("= ") if text.strip() else ""
        counts = Counter({word.rstrip("s"): int(number) for number, word in SUMMARY.findall(last)})
        if not passed:
            say(f"\n===== {part.name} failed =====\n{text[-12_000:]}")
            if part.processes and (unsteady := passed_alone(part, text, variables)):
                passed, last = True, f"{last}; UNSTEADY, passed when run alone: {' '.join(unsteady)}"
                counts["passed"] += counts.pop("failed", 0) + counts.pop("error", 0)
    seconds, state = time.monotonic() - begun, "passed" if passed else "failed"
    say(f"{part.name}: {state} in {seconds:.0f} s")
    return Result(part, state, seconds, last if part.counts else "", counts if part.counts else None)


def output_of(
    name: str, commands: Sequence[Sequence[str]], variables: Mapping[str, str], longest: float
) -> tuple[str, bool]:
    """What the commands print, kept in var/test/NAME.log, and whether all of them passed."""
    log = LOGS / f"{name}.log"
    with log.open("wb") as file:
        failures = sum(not _ends_well(command, variables, file, longest) for command in commands)
    return log.read_text(errors="replace"), not failures


def _ends_well(command: Sequence[str], variables: Mapping[str, str], log: IO[bytes], longest: float) -> bool:
    try:
        done = subprocess.run(command, cwd=ROOT, env=variables, stdout=log, stderr=log, timeout=longest)
    except subprocess.TimeoutExpired:
        log.write(f"\nended: it took more than {longest / 60:.0f} minutes\n".encode())
        return False
    return done.returncode == 0


def passed_alone(part: Part, text: str, variables: Mapping[str, str]) -> list[str]:
    """The failed tests, when they are few and pass once alone; [] when one fails again.

    Tests over real processes share two cores with another part: what fails there and holds alone is said
    to be unsteady in the table, so that somebody looks at it, and does not stop the others' work.
    """
    failed = FAILED.findall(text)
    if not failed or len(failed) > UNSTEADY_AT_MOST:
        return []
    say(f"{part.name}: once more, alone: {' '.join(failed)}")
    again, passed = output_of(f"{part.name}-again", tests(*failed), variables, part.longest)
    if not passed:
        say(again[-6_000:])
    return failed if passed else []


def show(results: Sequence[Result], seconds: float) -> bool:
    """The table, and whether all is well."""
    say(f"\n{'part':<10}{'result':<9}{'seconds':>8}  ")
    for result in results:
        about = result.note or result.part.about
        say(f"{result.part.name:<10}{result.state:<9}{result.seconds:>8.1f}  {about}")
    total: Counter[str] = sum((r.counts for r in results if r.counts), Counter())
    bad = [result for result in results if result.state == "failed"]
    left = [result for result in results if result.state == "not run"]
    for result in left:
        say(f"NOT RUN: {result.part.name}: {result.note}")
    strict = os.environ.get("CI", "").lower() in ("1", "true")
    failed = (
        total["failed"] + total["error"] + sum(r.counts is None for r in bad) + (len(left) if strict else 0)
    )
    say(f"\n=== {total['passed']} passed, {failed} failed, {total['skipped']} skipped in {seconds:.1f}s ===")
    return not bad and not (strict and left)


def main() -> int:
    parser = argparse.ArgumentParser(prog="bin/test", description="Runs every check.")
    names = [part.name for part in PARTS]
    parser.add_argument("--only", action="append", choices=names, metavar="PART", help=", ".join(names))
    parser.add_argument("--faults", action="store_true", help="every fault as often as it can be asked for")
    parser.add_argument(
        "--soak",
        type=float,
        metavar="MINUTES",
        help="sends without a pause and breaks something all the time",
    )
    asked = parser.parse_args()
    parts = [part for part in PARTS if not asked.only or part.name in asked.only]
    if asked.faults or asked.soak:
        parts = [*(everything() if asked.faults else ()), *(soak(asked.soak) if asked.soak else ())]
    LOGS.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    with (LOGS / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two runs would write the same logs: the second waits
        install_missing(parts)
        # full storms one after the other: their numbers are about the faults, not about each other
        with ThreadPoolExecutor(1 if asked.faults or asked.soak else SIDE_BY_SIDE) as pool:
            results = list(pool.map(run, parts))
    for table in tables(LOGS / f"{result.part.name}.log" for result in results):
        say(table)
    return 0 if show(results, time.monotonic() - begun) else 1


if __name__ == "__main__":
    sys.exit(main())
