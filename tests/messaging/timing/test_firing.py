"""The tick: each time once, late or not at all as chosen, never a burst."""

from __future__ import annotations

from typing import Any

import pytest

from kaizala_admin.connectors import instance
from messaging import services
from messaging.models import Broadcast, Dispatch
from messaging.timing.models import Firing, Schedule
from tests.messaging.conftest import Org

from .conftest import HOUR, NINE, ONE_DAY, daily, once, plan_of, scheduled, story


def states() -> list[str]:
    return list(Broadcast.objects.order_by("pk").values_list("state", flat=True))


def test_a_once_is_sent_at_its_time_as_the_broadcast_itself(org: Org) -> None:
    row = scheduled(org, once())
    assert services.fire_due(now=NINE - HOUR) == 0
    assert (states(), Dispatch.objects.count()) == (["scheduled"], 0)
    assert services.fire_due(now=NINE) == 1
    assert services.fire_due(now=NINE + HOUR) == 0
    assert (states(), story(), Dispatch.objects.get().broadcast) == (["running"], [("10 09:00", "sent")], row)
    plan = plan_of(row)
    assert (plan.state, plan.next_at) == ("done", None)


def test_each_time_of_a_daily_one_is_a_broadcast_of_its_own_with_the_people_of_that_day(org: Org) -> None:
    group = org.group()
    row = scheduled(org, daily(), draft=org.draft("groups", [group]))
    assert services.fire_due(now=NINE) == 1
    type(group).objects.filter(pk=group.pk).update(member_count=5)
    assert services.fire_due(now=NINE + ONE_DAY) == 1
    sent = Broadcast.objects.exclude(pk=row.pk).order_by("pk")
    assert [(one.title, one.state, one.dispatches.get().people) for one in sent] == [
        ("Hello, 10 March 2031", "running", 3),
        ("Hello, 11 March 2031", "running", 5),
    ]
    assert Broadcast.objects.get(pk=row.pk).state == "scheduled"
    assert plan_of(row).next_at == NINE + 2 * ONE_DAY


def test_after_its_last_day_a_schedule_is_done_and_its_broadcast_finished(org: Org) -> None:
    row = scheduled(org, daily(until=NINE.date()))
    assert services.fire_due(now=NINE) == 1
    row.refresh_from_db()
    assert (row.state, row.launched_at, plan_of(row).state) == ("finished", None, "done")
    assert services.fire_due(now=NINE + ONE_DAY) == 0


@pytest.mark.parametrize(
    ("policy", "last", "sent"),
    [
        ({"missed": "late", "late_hours": 2}, "late", 1),
        ({"missed": "late", "late_hours": 1}, "late", 1),
        ({"missed": "skip"}, "skipped", 0),
        ({"missed": "ask"}, "asking", 0),
    ],
)
def test_down_over_three_times_one_at_most_is_sent(
    org: Org, policy: dict[str, Any], last: str, sent: int
) -> None:
    row = scheduled(org, daily(), **policy)
    assert services.fire_due(now=NINE + 2 * ONE_DAY + HOUR) == sent
    assert services.fire_due(now=NINE + 2 * ONE_DAY + HOUR) == 0
    assert story() == [("10 09:00", "skipped"), ("11 09:00", "skipped"), ("12 09:00", last)]
    assert Dispatch.objects.count() == sent
    assert plan_of(row).next_at == NINE + 3 * ONE_DAY
    notes = list(Firing.objects.order_by("due_at").values_list("note", flat=True)[:2])
    assert notes == ["Nothing ran at that time; a later time counts."] * 2


def test_later_than_the_hours_that_were_chosen_nothing_is_sent(org: Org) -> None:
    scheduled(org, once(), missed="late", late_hours=2)
    assert services.fire_due(now=NINE + 3 * HOUR) == 0
    assert (story(), states()) == ([("10 09:00", "skipped")], ["draft"])
    assert Firing.objects.get().note == "Nothing ran at that time; it would have been 3 hours late."


def test_a_question_about_a_missed_time_is_answered_once(org: Org) -> None:
    scheduled(org, daily())
    services.fire_due(now=NINE + HOUR)
    firing = Firing.objects.get()
    assert services.settle_missed(firing=firing, by=None, send=True) is True
    assert services.settle_missed(firing=firing, by=None, send=True) is False
    assert services.settle_missed(firing=firing, by=None, send=False) is False
    assert (story(), Dispatch.objects.count()) == ([("10 09:00", "late")], 1)


def test_a_question_that_nobody_answered_gives_way_to_the_next_time(org: Org) -> None:
    scheduled(org, daily())
    services.fire_due(now=NINE + HOUR)
    assert services.fire_due(now=NINE + ONE_DAY) == 1
    assert story() == [("10 09:00", "skipped"), ("11 09:00", "sent")]


def test_a_missed_once_that_is_left_out_is_a_draft_again(org: Org) -> None:
    scheduled(org, once())
    services.fire_due(now=NINE + HOUR)
    assert states() == ["scheduled"]
    assert services.settle_missed(firing=Firing.objects.get(), by=None, send=False) is True
    assert (states(), story()) == (["draft"], [("10 09:00", "skipped")])


def test_a_console_that_is_held_fires_nothing(org: Org) -> None:
    scheduled(org, once())
    instance.hold()
    assert services.fire_due(now=NINE) == 0
    assert (story(), states()) == ([], ["scheduled"])


def test_what_was_claimed_and_then_lay_about_is_decided_anew(
    org: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheduled(org, daily(), missed="skip")
    monkeypatch.setattr("messaging.services.firing.start", lambda *_: False)  # the machine dies here
    services.fire_due(now=NINE)
    monkeypatch.undo()
    assert (story(), states()) == ([("10 09:00", "starting")], ["scheduled", "scheduled"])
    assert services.fire_due(now=NINE + 3 * HOUR) == 0
    assert (story(), states()) == ([("10 09:00", "skipped")], ["scheduled", "cancelled"])


def test_what_was_claimed_by_a_worker_that_died_is_sent_by_the_next(
    org: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheduled(org, daily())
    monkeypatch.setattr("messaging.services.firing.start", lambda *_: False)
    services.fire_due(now=NINE)
    monkeypatch.undo()
    assert services.fire_due(now=NINE) == 1
    assert (story(), Dispatch.objects.count()) == ([("10 09:00", "sent")], 1)


def test_a_clock_that_is_put_back_sends_nothing_twice(org: Org) -> None:
    scheduled(org, daily())
    assert services.fire_due(now=NINE) == 1
    assert services.fire_due(now=NINE - HOUR) == 0
    assert services.fire_due(now=NINE + HOUR) == 0
    assert story() == [("10 09:00", "sent")]


def test_a_clock_that_jumps_an_hour_ahead_sends_within_the_hours_that_were_chosen(org: Org) -> None:
    scheduled(org, daily(), missed="late", late_hours=1)
    assert services.fire_due(now=NINE + HOUR) == 1
    assert story() == [("10 09:00", "late")]


def test_what_cannot_be_sent_says_so_and_is_a_draft_again(org: Org) -> None:
    group = org.group()
    scheduled(org, once(), draft=org.draft("groups", [group]))
    type(group).objects.filter(pk=group.pk).update(gone_at=NINE)
    assert services.fire_due(now=NINE) == 0
    assert (story(), states()) == ([("10 09:00", "blocked")], ["draft"])
    assert Firing.objects.get().note != ""


def test_a_paused_schedule_leaves_out_what_comes_and_goes_on_with_the_next(org: Org) -> None:
    row = scheduled(org, daily())
    assert services.pause_schedule(broadcast=row, by=None) is True
    assert services.pause_schedule(broadcast=row, by=None) is False
    assert services.fire_due(now=NINE + ONE_DAY) == 0
    assert services.resume_schedule(broadcast=row, by=None, now=NINE + ONE_DAY + HOUR) is True
    assert services.resume_schedule(broadcast=row, by=None) is False
    assert story() == [("10 09:00", "skipped"), ("11 09:00", "skipped")]
    assert services.fire_due(now=NINE + 2 * ONE_DAY) == 1


def test_out_of_turn_is_sent_once_for_two_clicks_and_the_schedule_goes_on(org: Org) -> None:
    row = scheduled(org, daily())
    assert services.fire_now(broadcast=row, by=None, last=0) is True
    assert services.fire_now(broadcast=row, by=None, last=0) is False
    assert list(Firing.objects.values_list("outcome", flat=True)) == ["sent"]
    assert (Dispatch.objects.count(), plan_of(row).next_at) == (1, NINE)


def test_out_of_turn_at_the_moment_of_a_time_or_of_an_earlier_press_takes_neithers_place(
    org: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Clocks are put back, and nobody's press may cost a time of the schedule."""
    row = scheduled(org, daily())
    monkeypatch.setattr("messaging.services.deciding.clock.now", lambda: NINE)
    for last in (0, 1):
        newest = Firing.objects.order_by("-pk").values_list("pk", flat=True).first() if last else 0
        assert services.fire_now(broadcast=row, by=None, last=newest or 0) is True
    assert services.fire_due(now=NINE) == 1
    assert list(Firing.objects.values_list("outcome", flat=True)) == ["sent"] * 3
    assert Firing.objects.filter(due_at=NINE).count() == 1


def test_a_once_that_is_sent_out_of_turn_does_not_come_again(org: Org) -> None:
    row = scheduled(org, once())
    assert services.fire_now(broadcast=row, by=None, last=0) is True
    assert services.fire_due(now=NINE) == 0
    assert (states(), Dispatch.objects.count()) == (["running"], 1)
    assert Schedule.objects.get().state == "done"
