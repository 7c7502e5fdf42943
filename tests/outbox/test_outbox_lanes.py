"""Who gets the permits when there are few."""

from hypothesis import given
from hypothesis import strategies as st

from kaizala_admin.outbox.lanes import MOST_PAGES, Waiting, hand_out, most_useful, share
from kaizala_admin.outbox.models import Lane

COUNTS = st.dictionaries(st.sampled_from([lane.value for lane in Lane]), st.integers(0, 500))


def rows(lane: int, count: int, repeatable: bool = False) -> list[Waiting]:
    return [Waiting(object, lane * 1000 + number, lane, repeatable) for number in range(count)]


def test_a_person_goes_before_a_broadcast_and_a_broadcast_before_repairs() -> None:
    waiting = {Lane.REPAIR.value: 5, Lane.BROADCAST.value: 5, Lane.PERSON.value: 2}
    given, _ = share(waiting, 8, 0.0)
    assert given == {Lane.PERSON: 2, Lane.BROADCAST: 5, Lane.REPAIR: 1, Lane.SYNC: 0}


def test_sync_keeps_a_tenth_however_long_the_broadcast() -> None:
    credit, sync = 0.0, 0
    for _ in range(1000):
        given, credit = share({Lane.BROADCAST.value: 500, Lane.SYNC.value: 500}, 1, credit)
        sync += given[Lane.SYNC]
    assert sync == 100


def test_sync_that_did_not_wait_saves_nothing_up() -> None:
    credit = 0.0
    for _ in range(1000):
        _, credit = share({Lane.BROADCAST.value: 500}, 1, credit)
    assert credit == 0.0


@given(waiting=COUNTS, permits=st.integers(0, 600), credit=st.floats(0, 5))
def test_never_more_than_there_is_and_nothing_left_over(
    waiting: dict[int, int], permits: int, credit: float
) -> None:
    given_out, kept = share(waiting, permits, credit)
    assert sum(given_out.values()) == min(permits, sum(waiting.values()))
    assert all(0 <= count <= waiting.get(lane, 0) for lane, count in given_out.items())
    assert kept >= 0


def test_what_nobody_else_needs_goes_to_rows_that_can_use_it() -> None:
    page, parcel = rows(Lane.SYNC, 1, repeatable=True), rows(Lane.BROADCAST, 2)
    given_out, _ = hand_out(parcel + page, 6, 0.0)
    assert given_out == {parcel[0]: 1, parcel[1]: 1, page[0]: 4}


def test_one_row_never_hoards() -> None:
    pages = rows(Lane.SYNC, 2, repeatable=True)
    assert most_useful(pages) == 2 * MOST_PAGES
    given_out, _ = hand_out(pages, 5 * MOST_PAGES, 0.0)
    assert given_out == {pages[0]: MOST_PAGES, pages[1]: MOST_PAGES}
