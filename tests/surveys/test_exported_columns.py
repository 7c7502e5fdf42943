"""A column of a page is filled as each of its answers alone would be, whatever stands beside it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys import values
from surveys.exporting.pieces import Piece, piece
from surveys.exporting.stored import Page
from surveys.models import Action, Question

TITLES = ["Good", "Poor", "=1+1"]
FITTING: dict[str, st.SearchStrategy[Any]] = {
    values.SINGLE: st.sampled_from(TITLES),
    values.MULTI: st.lists(st.sampled_from(TITLES), min_size=1),
    values.NUMERIC: st.integers() | st.floats(allow_nan=False),
    values.DATE_TIME: st.sampled_from(["2026-05-01T06:00:00Z", "2026-05-02T00:00:00Z"]),
    values.LOCATION: st.just({"lt": 18.5, "lg": 73, "n": "Pune"}),
    values.IMAGE: st.just([{"url": "https://example.org/1", "name": "1.jpg"}]),
    values.TEXT: st.text(max_size=9),
}
ODD = st.none() | st.just({"raw": "what?"}) | st.just([{"url": "", "name": "a"}, "b"])


def made(kind: str, codes: bool, by_choice: bool) -> Piece:
    question = Question(index=0, title="Q", type=kind, options=TITLES[:2], action=Action(title="Any"))
    return piece(question, codes=codes, by_choice=by_choice)


@given(data=st.data(), codes=st.booleans(), by_choice=st.booleans())
@pytest.mark.parametrize("kind", FITTING)
def test_each_answer_is_shown_as_it_is_alone(
    kind: str, data: st.DataObject, codes: bool, by_choice: bool
) -> None:
    odd = data.draw(st.booleans(), label="with odd ones")
    places = data.draw(st.lists(FITTING[kind] | ODD if odd else FITTING[kind], min_size=1, max_size=6))
    one = made(kind, codes, by_choice)
    together = list(zip(*one.fill(places), strict=True))
    assert together == [tuple(column[0] for column in one.fill([place])) for place in places]
    assert all(len(row) == len(one.columns) for row in together)


@given(st.lists(st.dictionaries(st.sampled_from(["q0", "q1", "q2"]), st.integers()), min_size=1, max_size=5))
@pytest.mark.parametrize("keys", [[], ["q1"], ["q2", "q0"]])
def test_who_did_not_answer_leaves_a_cell_empty(keys: list[str], told: list[dict[str, int]]) -> None:
    found = Page({}, told).answered(keys)
    assert [list(column) for column in found] == [[one.get(key) for one in told] for key in keys]
