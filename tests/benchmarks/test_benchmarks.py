"""The benchmarks start and come to their end; what they measure is for `bin/bench` at full size."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.__main__ import BENCHMARKS

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.flow
@pytest.mark.machine
def test_every_benchmark_runs_at_its_smallest() -> None:
    command = [sys.executable, "-m", "benchmarks", "--small"]
    done = subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stderr) == (0, "")
    for name in BENCHMARKS:
        assert f"\n{name} on sqlite: " in done.stdout
    assert "nothing is proved" in done.stdout


def test_there_is_a_benchmark_behind_every_name() -> None:
    folder = ROOT / "benchmarks"
    assert [name for name in BENCHMARKS if not (folder / f"{name}.py").is_file()] == []
