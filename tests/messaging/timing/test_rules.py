"""Times on the clocks of named zones: both directions of daylight saving, once and again and again."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from messaging.timing.rules import DAILY, MONTHLY, ONCE, WEEKLY, Rule, resolve

BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"
LORD_HOWE, CAIRO, KOLKATA = "Australia/Lord_Howe", "Africa/Cairo", "Asia/Kolkata"
ZONES = [BERLIN, NEW_YORK, LORD_HOWE, CAIRO, KOLKATA, "Pacific/Apia", "America/Sao_Paulo", "UTC"]

# zone, day, wall time -> the instant in UTC, the wall time that it is then, whether the day has it twice
CHANGES = [
    (BERLIN, "2027-03-28", "01:59", "2027-03-28T00:59", "01:59", False),
    (BERLIN, "2027-03-28", "02:00", "2027-03-28T01:00", "03:00", False),
    (BERLIN, "2027-03-28", "02:30", "2027-03-28T01:30", "03:30", False),
    (BERLIN, "2027-03-28", "03:00", "2027-03-28T01:00", "03:00", False),
    (BERLIN, "2027-10-31", "01:59", "2027-10-30T23:59", "01:59", False),
    (BERLIN, "2027-10-31", "02:30", "2027-10-31T00:30", "02:30", True),
    (BERLIN, "2027-10-31", "03:00", "2027-10-31T02:00", "03:00", False),
    (NEW_YORK, "2027-03-14", "02:30", "2027-03-14T07:30", "03:30", False),
    (NEW_YORK, "2027-11-07", "01:30", "2027-11-07T05:30", "01:30", True),
    (NEW_YORK, "2027-11-07", "02:00", "2027-11-07T07:00", "02:00", False),
    (LORD_HOWE, "2027-10-03", "02:15", "2027-10-02T15:45", "02:45", False),
    (LORD_HOWE, "2027-04-04", "01:45", "2027-04-03T14:45", "01:45", True),
    (CAIRO, "2027-04-30", "00:30", "2027-04-29T22:30", "01:30", False),
    (CAIRO, "2027-10-28", "23:30", "2027-10-28T20:30", "23:30", True),
    (KOLKATA, "2027-03-28", "02:30", "2027-03-27T21:00", "02:30", False),
]


def clock(text: str) -> time:
    return time.fromisoformat(text)


@pytest.mark.parametrize(("zone", "day", "at", "instant", "shown", "twice"), CHANGES)
def test_once_on_a_day_of_change(zone: str, day: str, at: str, instant: str, shown: str, twice: bool) -> None:
    rule = Rule(ONCE, zone, date.fromisoformat(day), clock(at))
    found = rule.next(datetime(2027, 1, 1, tzinfo=UTC))
    assert found is not None
    assert found.at == datetime.fromisoformat(instant).replace(tzinfo=UTC)
    assert (found.actual.time(), found.twice, found.moved) == (clock(shown), twice, shown != at)
    assert bool(found.note) is (twice or shown != at)
    assert rule.next(found.at) is None


@pytest.mark.parametrize(("zone", "day", "at", "instant", "shown", "twice"), CHANGES)
@pytest.mark.parametrize("repeat", [DAILY, WEEKLY])
def test_again_and_again_across_a_change_each_day_once(
    repeat: str, zone: str, day: str, at: str, instant: str, shown: str, twice: bool
) -> None:
    middle = date.fromisoformat(day)
    days = "0123456"
    rule = Rule(repeat, zone, middle - timedelta(days=2), clock(at), days, middle + timedelta(days=2))
    found = list(rule.after(datetime(2027, 1, 1, tzinfo=UTC)))
    assert [one.planned.date() - middle for one in found] == [timedelta(days=n) for n in range(-2, 3)]
    assert found[2].at == datetime.fromisoformat(instant).replace(tzinfo=UTC)
    assert {one.actual.time() for one in found if one is not found[2]} == {clock(at)}


def test_a_zone_that_leaves_a_whole_day_out_sends_on_the_next() -> None:
    found = resolve(ZoneInfo("Pacific/Apia"), date(2011, 12, 30), time(9))
    assert found.actual == datetime(2011, 12, 31, 9)  # noqa: DTZ001
    assert found.note == "There is no 09:00 on 30 December 2011; it is sent on 31 December 2011 at 09:00."


def test_a_month_without_that_day_takes_its_last() -> None:
    rule = Rule(MONTHLY, "UTC", date(2027, 10, 31), time(9))
    days = [one.planned.date() for one in islice(rule.after(datetime(2027, 1, 1, tzinfo=UTC)), 6)]
    assert [f"{day:%m-%d}" for day in days] == ["10-31", "11-30", "12-31", "01-31", "02-29", "03-31"]


def test_a_number_of_times_ends_on_the_day_of_the_last() -> None:
    rule = Rule(WEEKLY, "UTC", date(2027, 3, 1), time(9), "04")
    ending = rule.ending_after(3, datetime(2027, 3, 1, 10, tzinfo=UTC))
    days = [f"{one.planned:%m-%d}" for one in ending.after(datetime(2027, 3, 1, 10, tzinfo=UTC))]
    assert (days, ending.until) == (["03-05", "03-08", "03-12"], date(2027, 3, 12))


instants = st.datetimes(datetime(2010, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
rules = st.builds(
    Rule,
    st.sampled_from([ONCE, DAILY, WEEKLY, MONTHLY]),
    st.sampled_from(ZONES),
    st.dates(date(2010, 1, 1), date(2040, 1, 1)),
    st.times().map(lambda at: at.replace(second=0, microsecond=0, tzinfo=None)),
    st.sets(st.sampled_from("0123456"), min_size=1).map(lambda days: "".join(sorted(days))),
)


@settings(max_examples=60)
@given(rules, instants)
def test_times_come_in_order_none_twice_and_each_on_its_day(rule: Rule, instant: datetime) -> None:
    found = list(islice(rule.after(instant), 20))
    assert [one.at for one in found] == sorted({one.at for one in found})
    assert all(one.at > instant and one.planned.date() >= rule.starts_on for one in found)
    for one in found:
        shown = one.at.astimezone(rule.clock).replace(tzinfo=None, fold=0)
        assert (shown, one.planned.time()) == (one.actual, rule.at)
        assert one.moved or shown == one.planned
        assert timedelta(0) <= one.actual - one.planned <= timedelta(days=1)


@settings(max_examples=40)
@given(rules, instants, st.integers(1, 60))
def test_what_a_longer_look_finds_is_what_many_short_looks_find(
    rule: Rule, instant: datetime, days: int
) -> None:
    """A tick that comes late finds the same times as one that never missed a minute."""
    end = instant + timedelta(days=days)
    whole = [one.at for one in rule.between(instant, end)]
    steps, at = [], instant
    while (found := rule.next(at)) and found.at <= end:
        steps.append(found.at)
        at = found.at
    assert whole == steps
