"""Calls that are made while the answers before them are written."""

import time
from typing import Any

import pytest

from kaizala_admin.outbox import reading
from kaizala_admin.outbox.reading import Ahead, Pages


class Endless:
    """A row of which one answer leads to the next call, for ever."""

    def __init__(self) -> None:
        self.made = 0

    def perform(self, _client: Any) -> int:
        time.sleep(0.001)
        self.made += 1
        return self.made

    def after(self, _answer: Any) -> "Endless":
        return self

    def together(self) -> int:
        return 100_000


@pytest.fixture(autouse=True)
def no_other_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LONGEST", 60.0)
    monkeypatch.setattr(reading, "LEAST", 5)


def ahead(row: Endless) -> Ahead:
    return Ahead(row, None, 100_000)  # type: ignore[arg-type]


def test_it_reads_on_until_its_writer_is_ready(transactional_db: None) -> None:
    row = Endless()
    begun = ahead(row)
    while row.made < 20:
        time.sleep(0.001)
    answers = begun.reading().answers
    assert isinstance(answers, Pages)
    assert 20 <= len(answers) == row.made < 100_000


def test_a_writer_who_is_ready_waits_for_a_few(transactional_db: None) -> None:
    row = Endless()
    assert len(ahead(row).reading().answers) == row.made >= 5


def test_what_is_dropped_ends_too(transactional_db: None) -> None:
    row = Endless()
    assert ahead(row).error() is None
    made = row.made
    time.sleep(0.02)
    assert row.made == made
