"""`bin/test` tells a test that is unsteady from one that is broken."""

from pathlib import Path

import pytest

from tests.runner import __main__ as runner
from tests.runner.parts import Part
from tests.runner.parts import tests as pytest_over

FLICKERS = """
from pathlib import Path
def test_flickers():
    seen = Path(__file__).with_name("seen")
    before = seen.exists()
    seen.touch()
    assert before
"""
BREAKS = "def test_breaks():\n    assert False\n"


@pytest.fixture(autouse=True)
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "LOGS", tmp_path)


def part_of(tmp_path: Path, text: str, *, processes: bool) -> Part:
    path = tmp_path / "test_it.py"
    path.write_text(text)
    alone = ("-p", "no:django", "-c", "/dev/null", "--rootdir", str(tmp_path), str(path))
    return Part("it", "a test of ours", pytest_over(*alone), processes=processes)


def test_a_part_over_processes_names_the_test_that_passed_only_when_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "tests", lambda *names: part_of(tmp_path, FLICKERS, processes=True).commands)
    result = runner.run(part_of(tmp_path, FLICKERS, processes=True))
    assert result.state == "passed"
    assert "UNSTEADY, passed when run alone: " in result.note
    assert result.note.endswith("test_it.py::test_flickers")
    assert result.counts is not None
    assert (result.counts["passed"], result.counts["failed"]) == (1, 0)


@pytest.mark.parametrize(("text", "processes"), [(FLICKERS, False), (BREAKS, True)])
def test_what_is_broken_stays_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, processes: bool
) -> None:
    part = part_of(tmp_path, text, processes=processes)
    monkeypatch.setattr(runner, "tests", lambda *names: part.commands)
    assert runner.run(part).state == "failed"
