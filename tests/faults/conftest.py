"""Every test here breaks something; the table of what came of it stands at the end of the run."""

from pathlib import Path

import pytest

from tests.faults import tally
from tests.faults.sizes import EVERYTHING, SEED

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.fault)
            item.add_marker(pytest.mark.flow)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if lines := tally.table():
        size = "all" if EVERYTHING else "the small part; KAIZALA_FAULTS=full for all"
        terminalreporter.section(f"faults, seed {SEED} ({size})")
        for line in lines:
            terminalreporter.write_line(line)


@pytest.fixture
def db(django_db_setup: None) -> None:
    """By this name pytest-django knows that there must be a database. The rows are real: no transaction."""
