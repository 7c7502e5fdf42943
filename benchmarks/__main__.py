"""`bin/bench [NAME ...] [--small] [--on sqlite|postgres]`: each figure beside its floor from the same run.

Without a name all of them run, which takes the better part of an hour; `--small` starts each in seconds and
proves nothing. The exit code is 1 when a bar is missed at full size.
"""

import argparse
import importlib
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.ground import ground
from benchmarks.measure import FULL, HEADING, SMALL, Benchmark

BENCHMARKS = {
    "limiter": "four processes share the budgets of a connector, and of a tenant",
    "outbox": "2,000 dispatches against a bare loop, with a latency of 50 ms and without",
    "lanes": "a send that is started while a background sync uses the whole budget",
    "sync": "100,000 subscribers against a bare paging loop; the worker's memory to 1,000,000",
    "audience": "an audience of 1,000,000: resolved, expanded to a ledger, exported, watched meanwhile",
    "imports": "a sheet of 100,000 rows: its dry run against django-import-export, and a bare insert",
    "lists": "pages of the list of subscribers, 1,000,000 rows against 1,000",
    "groups": "lists, figures and pages of 2,000 groups with 1,300,000 people, against few",
    "home": "the home page after a year: 10,000 broadcasts, 5,000,000 deliveries",
    "results": "the results page of a survey, 200,000 responses against 200 and against bare SQL",
    "responses": "200,000 responses with 50 questions as CSV and XLSX, against bare loops",
    "webhooks": "events stored by the receiver, and worked off",
    "exports": "1,000,000 lines of the ledger against a bare cursor; an archive; parts of names",
    "idle": "what every process costs with 50 connectors and nothing to do",
}


def main() -> int:
    """Prints a table a benchmark."""
    asked = _arguments()
    size, missed = SMALL if asked.small else FULL, 0
    with (
        tempfile.TemporaryDirectory(prefix="kaizala-bench-") as folder,
        ground(size, Path(folder), asked.on) as found,
    ):
        for name in asked.names or BENCHMARKS:
            begun = time.monotonic()
            print(f"\n{name} on {asked.on}: {BENCHMARKS[name]}\n{HEADING}", flush=True)
            for line in _measure(name)(found):
                print(line, flush=True)
                missed += line.met is False
            print(f"({time.monotonic() - begun:,.0f} s)", flush=True)
    if asked.small:
        print("\nThe small size: everything starts, and nothing is proved.")
        return 0
    return 1 if missed else 0


def _measure(name: str) -> Benchmark:
    found: Benchmark = importlib.import_module(f"benchmarks.{name}").measure
    return found


def _arguments() -> argparse.Namespace:
    about = "\n".join(f"  {name:<10}{what}" for name, what in BENCHMARKS.items())
    parser = argparse.ArgumentParser(
        prog="bin/bench",
        description=f"{__doc__}\n{about}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[[], *BENCHMARKS], help="default: all")
    parser.add_argument("--small", action="store_true", help="a few seconds each; the figures mean nothing")
    parser.add_argument("--on", choices=["sqlite", "postgres"], default="sqlite")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
