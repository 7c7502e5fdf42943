from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from groups.models import Group
from kaizala_admin.outbox.models import State
from messaging import lines, services
from messaging.audience.plan import Leg
from messaging.models import Broadcast, Delivery, Dispatch
from messaging.services import launching

from .conftest import GROUPS, PEOPLE, PUBLIC, Org, Recorder, number


@pytest.mark.parametrize(
    ("people", "sizes"), [(29, [29]), (30, [30]), (31, [30, 1]), (60, [30, 30]), (61, [30, 30, 1])]
)
def test_batches_are_full_and_never_empty(
    org: Org, recorder: Recorder, people: int, sizes: list[int]
) -> None:
    farmers = org.public(people=range(people))
    broadcast = org.launched(PUBLIC, [farmers])
    recorder.drive(broadcast)
    named = [to for _kind, _group, to in recorder.calls if isinstance(to, list)]
    assert [len(to) for to in named] == sizes
    assert sorted(one for to in named for one in to) == sorted(number(at) for at in range(people))


@given(people=st.integers(1, 400), size=st.integers(1, 100))
def test_calls_hold_everybody_once_and_none_is_empty_or_too_large(people: int, size: int) -> None:
    sizes = list(Leg(Group(), None, Dispatch.Mode.BATCH, people, size).call_sizes())
    assert sum(sizes) == people
    assert all(1 <= one <= size for one in sizes)
    assert len(sizes) == Leg(Group(), None, Dispatch.Mode.BATCH, people, size).calls


def test_a_public_group_without_people_is_never_called(org: Org, recorder: Recorder) -> None:
    draft = org.draft(PUBLIC, [org.public(people=())])
    with pytest.raises(services.CannotLaunch, match="Nobody would get this"):
        services.launch(draft, None, 0)
    assert Dispatch.objects.count() == 0


def test_the_switch_makes_one_call_and_keeps_a_line_for_each_person(org: Org, recorder: Recorder) -> None:
    broadcast = org.launched(PUBLIC, [org.public(people=range(70))], send_to_all=True)
    recorder.drive(broadcast)
    assert recorder.calls == [("subscribers", "id-Farmers", True)]
    assert Delivery.objects.filter(broadcast=broadcast, state="sent").count() == 70


def test_each_group_gets_one_call(org: Org, recorder: Recorder) -> None:
    broadcast = org.launched(GROUPS, [org.group("A"), org.group("B", [4, 5])])
    recorder.drive(broadcast)
    broadcast.refresh_from_db()
    assert recorder.calls == [("group", "id-A", False), ("group", "id-B", False)]
    assert (broadcast.state, broadcast.people, broadcast.dispatch_count) == ("finished", 5, 2)


def test_nobody_is_named_twice_over_two_public_groups(org: Org, recorder: Recorder) -> None:
    broadcast = org.launched(PUBLIC, [org.public("A", [1, 2]), org.public("B", [2, 3])])
    recorder.drive(broadcast)
    assert [to for _kind, _group, to in recorder.calls] == [[number(1), number(2)], [number(3)]]


def test_a_large_ledger_is_written_in_few_statements(org: Org) -> None:
    draft = org.draft(PUBLIC, [org.public(people=range(3000))])
    with CaptureQueriesContext(connection) as queries:
        assert services.launch(draft, None, 3000) is True
    written = [one["sql"] for one in queries if "INTO messaging_delivery" in one["sql"]]
    assert len(written) == 1
    assert Delivery.objects.filter(broadcast=draft, state="queued", reason="", people=1).count() == 3000


def test_a_double_click_sends_once(org: Org, recorder: Recorder) -> None:
    draft = org.draft(GROUPS, [org.group()])
    assert services.launch(draft, None, 3) is True
    assert services.launch(draft, None, 3) is False
    assert Dispatch.objects.count() == 1


def test_a_rival_who_launches_in_the_middle_sends_once(org: Org, monkeypatch: pytest.MonkeyPatch) -> None:
    draft = org.draft(GROUPS, [org.group()])
    whole = launching._start

    def rival_first(*args: Any) -> bool:
        monkeypatch.setattr(launching, "_start", whole)
        assert services.launch(draft, None, 3) is True
        return whole(*args)

    monkeypatch.setattr(launching, "_start", rival_first)
    assert services.launch(draft, None, 3) is False
    assert Dispatch.objects.count() == 1


def test_an_edit_in_the_middle_of_a_launch_sends_nothing(org: Org, monkeypatch: pytest.MonkeyPatch) -> None:
    draft = org.draft(GROUPS, [org.group()])
    whole = launching._start

    def edit_first(*args: Any) -> bool:
        Broadcast.objects.filter(pk=draft.pk).update(content={"message": "Other"})
        return whole(*args)

    monkeypatch.setattr(launching, "_start", edit_first)
    with pytest.raises(services.Changed, match="changed this draft"):
        services.launch(draft, None, 3)
    draft.refresh_from_db()
    assert (draft.state, Dispatch.objects.count()) == ("draft", 0)


def test_other_numbers_in_the_middle_of_a_launch_send_nothing(
    org: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = org.draft(PEOPLE, [org.public(people=range(4))], numbers=number(1))
    whole = launching._start

    def edit_first(*args: Any) -> bool:
        with transaction.atomic():
            lines.store(draft, lines.from_text(number(2), "IN"))
        return whole(*args)

    monkeypatch.setattr(launching, "_start", edit_first)
    with pytest.raises(services.Changed, match="changed this draft"):
        services.launch(draft, None, 1)
    assert Dispatch.objects.count() == 0


def test_as_many_other_numbers_as_were_shown_stop_the_launch(org: Org) -> None:
    draft = org.draft(PEOPLE, [org.public(people=range(4))], numbers=number(1))
    shown = services.fingerprint(draft)
    lines.store(draft, lines.from_text(number(2), "IN"))
    with pytest.raises(services.Changed, match="changed this draft"):
        services.launch(draft, None, 1, expected_draft=shown)
    assert Dispatch.objects.count() == 0


def test_people_who_came_since_the_check_stop_the_launch(org: Org) -> None:
    draft = org.draft(GROUPS, [org.group()])
    with pytest.raises(services.Changed, match="from 2 to 3"):
        services.launch(draft, None, 2)
    draft.refresh_from_db()
    assert (draft.state, Dispatch.objects.count()) == ("draft", 0)


def test_a_draft_that_was_changed_since_the_check_stops_the_launch(org: Org) -> None:
    draft = org.draft(GROUPS, [org.group()])
    with pytest.raises(services.Changed, match="changed this draft"):
        services.launch(draft, None, 3, expected_draft="what was shown")
    assert Dispatch.objects.count() == 0


def test_pause_before_the_launch_does_nothing_and_after_it_holds_every_call(
    org: Org, recorder: Recorder
) -> None:
    draft = org.draft(PUBLIC, [org.public(people=range(40))])
    assert services.pause(draft, None) is False
    assert services.launch(draft, None, 40) is True
    assert services.pause(draft, None) is True
    recorder.drive(draft)
    assert recorder.calls == []
    assert services.resume(draft, None) is True
    recorder.drive(draft)
    assert [len(to) for _k, _g, to in recorder.calls if isinstance(to, list)] == [30, 10]


def test_a_pause_in_the_middle_of_a_launch_loses_nothing(org: Org, monkeypatch: pytest.MonkeyPatch) -> None:
    draft = org.draft(GROUPS, [org.group()])
    whole = launching._start

    def pause_first(*args: Any) -> bool:
        assert services.pause(draft, None) is False
        return whole(*args)

    monkeypatch.setattr(launching, "_start", pause_first)
    assert services.launch(draft, None, 3) is True
    assert Dispatch.objects.filter(state=State.QUEUED, held=False).count() == 1


def test_an_operator_may_send_up_to_many_people_and_an_approver_who_did_not_write_it_to_more(
    org: Org, person: Callable[[str], User]
) -> None:
    org.tenant.many_people = 2
    org.tenant.save()
    draft = org.draft(GROUPS, [org.group()])
    for role in ("Viewer", "Operator"):
        with pytest.raises(PermissionDenied):
            services.launch(draft, person(role), 3)
    assert Dispatch.objects.count() == 0
    assert services.launch(draft, person("Approver"), 3, typed="3") is True


def test_pasted_numbers_reach_only_those_who_follow_the_group(org: Org, recorder: Recorder) -> None:
    farmers = org.public(people=[1, 2, 3])
    text = f"{number(1)}\n0{number(1)[3:]}\nabc\n{number(9)}\n{number(2)}"
    draft = org.draft(PEOPLE, [farmers], text)
    found = services.check(draft)
    assert (found.people, found.bad_lines, found.dispatches) == (2, 3, 1)
    assert found.warnings == [
        "1 line repeats a number, also in another spelling, and is left out.",
        "1 line is not a phone number and is left out.",
        "1 number does not follow “Farmers” and is left out: Kaizala would refuse it.",
    ]
    assert services.launch(draft, None, 2) is True
    recorder.drive(draft)
    assert recorder.calls == [("subscribers", "id-Farmers", [number(1), number(2)])]
