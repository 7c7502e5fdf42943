"""A webhook and a sync hear of the same response at the same moment: one acts in the middle of the other."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from django.db import connection, transaction

from groups.models import Group
from kaizala_admin.kaizala.results.actions import ActionDetails, read_response
from surveys.models import ActionInstance
from surveys.sync import details, writing

from .test_events import CREATED, START, group, mirror, survey, tell

__all__ = ["group"]
pytestmark = [pytest.mark.flow, pytest.mark.usefixtures("transactional_db")]  # so on both databases
ENOUGH = 0.5  # seconds for a rival whom nothing stops; one that is stopped comes after us


def by_sync(group: Group, crop: str, at: int) -> None:
    """As a sync stores what it fetched, in the transaction that settles its row."""
    created: dict[str, Any] = CREATED
    received = read_response(survey("r1", crop, at), created["questions"])
    received = replace(received, sent_at=START + timedelta(milliseconds=at))
    told = ActionDetails("a1", "Survey", "", created["title"], "", START, created, (received,))
    with transaction.atomic():
        details.record(ActionInstance.objects.get().pk, told, START)


def by_webhook(group: Group, crop: str, at: int) -> None:
    tell(group, survey("r1", crop, at))


def in_the_middle(monkeypatch: pytest.MonkeyPatch, rival: Callable[[], None]) -> Thread:
    """`rival` starts, on a connection of its own, when the first write has read and weighed but not saved."""
    whole = writing._save

    def act() -> None:
        try:
            rival()
        finally:
            connection.close()

    thread = Thread(target=act)

    def late(batch: Any) -> None:
        monkeypatch.setattr(writing, "_save", whole)
        thread.start()
        thread.join(ENOUGH)
        whole(batch)

    monkeypatch.setattr(writing, "_save", late)
    return thread


@pytest.mark.parametrize(
    ("is_sync_first", "is_first_newer", "is_known"), list(itertools.product([True, False], repeat=3))
)
def test_one_row_holds_the_newest_answer_and_its_history(
    group: Group,
    monkeypatch: pytest.MonkeyPatch,
    is_sync_first: bool,
    is_first_newer: bool,
    is_known: bool,
) -> None:
    tell(group, CREATED, *([survey("r1", "Good", 0)] if is_known else []))
    first, second = (by_sync, by_webhook) if is_sync_first else (by_webhook, by_sync)
    answers = [("Poor", 3_000), ("Fair", 6_000)]
    mine, theirs = reversed(answers) if is_first_newer else answers

    thread = in_the_middle(monkeypatch, lambda: second(group, *theirs))
    first(group, *mine)
    thread.join(30)

    found = mirror()
    newest = START + timedelta(seconds=6)
    edits = [("r:r1", "{'q0': 'Good', 'q1': 3}", START)] if is_known else []
    edits.append(("r:r1", "{'q0': 'Poor', 'q1': 3}", START + timedelta(seconds=3)))
    assert found["responses"] == [("r:r1", "{'q0': 'Fair', 'q1': 3}", newest, len(edits))]
    assert found["edits"] == edits
    assert found["count"] == 1
    assert [one for one in found["tallies"] if one[0] == 0] == [(0, "", 1), (0, "o:Fair", 1)]
