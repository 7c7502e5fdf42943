"""One dry run in a fresh process; prints s and MB: `python -m benchmarks.importing ours SHEET GROUP`."""

import re
import sys
from pathlib import Path

import django

django.setup()

from benchmarks.imports import dry_run  # noqa: E402 - needs Django

if __name__ == "__main__":
    taken = dry_run(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())  # not what a fork inherits
    print(taken, int(peak.group(1)) / 1024 if peak else 0.0)
