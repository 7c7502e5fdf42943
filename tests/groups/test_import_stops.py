"""An import that is cancelled or paused while a call is under way: nothing more of it is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from groups.changes.models import GroupChange
from groups.imports import feeding, services
from groups.imports.models import ImportRow, ImportRun
from kaizala_admin.kaizala import NotSent, Throttled, UnknownOutcome
from kaizala_admin.outbox import services as outbox
from kaizala_admin.outbox.models import State

from .changing import ordinary, permit, run_all, some_people, unlimited
from .conftest import Service
from .importing import checked, states, stored
from .test_imports_applied import members, numbers

During = Callable[[Callable[[], object]], None]


@pytest.fixture
def synced(service: Service) -> Service:
    unlimited()
    some_people(service)
    return service


@pytest.fixture
def during(monkeypatch: pytest.MonkeyPatch) -> During:
    """What a rival does in the middle of the next call, before it reaches the service."""

    def arrange(act: Callable[[], object]) -> None:
        real, acts = GroupChange.perform, [act]

        def perform(self: GroupChange, client: Any) -> Any:
            if acts:
                acts.pop()()
            return real(self, client)

        monkeypatch.setattr(GroupChange, "perform", perform)

    return arrange


def under_way(sheet: str, kind: str = "add", **more: Any) -> ImportRun:
    run = checked(sheet, kind, **more)
    assert services.accept(run=run) is True
    feeding.feed(run.pk)
    return run


@pytest.mark.parametrize(
    "error", [Throttled("Wait"), NotSent("No line"), UnknownOutcome("No answer")], ids=str
)
def test_a_call_that_comes_back_in_line_after_the_cancelling_is_never_made(
    synced: Service, during: During, error: Exception
) -> None:
    group = ordinary()
    run = under_way("\n".join(numbers(3)), group=group)
    before = members(synced, group)

    def rival() -> None:
        assert services.cancel(run=run) is True
        raise error

    during(rival)
    run_all()
    assert members(synced, group) == before
    assert GroupChange.objects.get().state == State.CANCELLED
    assert (stored(run).state, states(run), stored(run).totals) == (
        "cancelled",
        {"cancelled": 3},
        {"cancelled": 3},
    )


def refuse_some(monkeypatch: pytest.MonkeyPatch, run: ImportRun) -> None:
    """One number of the sheet is one that the service refuses, with the whole batch."""
    ImportRow.objects.filter(run=run, line=2).update(mobile_number="+1234")
    monkeypatch.setattr("kaizala_admin.kaizala.limits.require_phone", lambda value, field: value)


def test_a_batch_that_is_refused_after_the_cancelling_is_not_sent_in_halves(
    synced: Service, during: During, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = ordinary()
    run = checked("\n".join(numbers(4)), group=group)
    refuse_some(monkeypatch, run)
    services.accept(run=run)
    feeding.feed(run.pk)
    before = members(synced, group)
    during(lambda: services.cancel(run=run))
    run_all()
    assert members(synced, group) == before
    assert list(GroupChange.objects.order_by("pk").values_list("state", flat=True)) == [
        "sent",
        "cancelled",
        "cancelled",
    ]
    assert (states(run), stored(run).totals) == ({"cancelled": 4}, {"cancelled": 4})


def test_the_halves_of_a_batch_wait_while_the_import_is_paused(
    synced: Service, during: During, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = ordinary()
    run = checked("\n".join(numbers(4)), group=group)
    refuse_some(monkeypatch, run)
    services.accept(run=run)
    feeding.feed(run.pk)
    before = members(synced, group)
    during(lambda: services.pause(run=run))
    run_all()
    assert (members(synced, group), permit()) == (before, False)
    assert GroupChange.objects.filter(state=State.QUEUED, held=True).count() == 2
    assert services.resume(run=run) is True
    run_all()
    assert (stored(run).state, states(run)) == ("finished", {"done": 3, "refused": 1})


def test_whom_the_first_call_found_is_not_removed_by_a_second_one_after_the_cancelling(
    synced: Service, during: During
) -> None:
    group = ordinary()
    leaver = group.members.filter(gone_at=None, role="Member").exclude(mobile_number="")[0]
    run = checked(leaver.mobile_number, "remove", group=group)
    group.members.filter(pk=leaver.pk).update(person_id=f"tel:{leaver.mobile_number}")
    services.accept(run=run)
    feeding.feed(run.pk)
    during(lambda: services.cancel(run=run))
    run_all()
    assert leaver.mobile_number in members(synced, group)
    assert (GroupChange.objects.get().state, states(run)) == (State.CANCELLED, {"cancelled": 1})


def test_a_new_admin_under_way_at_the_cancelling_is_in_the_group_and_the_totals_are_closed(
    synced: Service, during: During
) -> None:
    group, (new,) = ordinary(), numbers(1)
    run = under_way(f"Group,Phone,Role\n{group.group_id},{new},admin\n", "many", tenant=group.tenant)
    during(lambda: services.cancel(run=run))
    run_all()
    assert new in members(synced, group)
    row = ImportRow.objects.get(run=run)
    assert (row.action, row.state, row.joined) == ("promote", "cancelled", True)
    assert stored(run).totals == {"cancelled": 1}


def test_what_a_person_tries_again_of_a_cancelled_import_is_sent_and_may_come_back_in_line(
    synced: Service, during: During
) -> None:
    group = ordinary()
    run = under_way("\n".join(numbers(2)), group=group)
    synced.sandbox.post("/sandbox/faults", operation="add_members", kind="error-before", status=403, times=1)
    during(lambda: services.cancel(run=run))
    run_all()
    assert (stored(run).state, states(run)) == ("cancelled", {"refused": 2})
    assert outbox.retry(GroupChange.objects.filter(state=State.FAILED)) == 1

    def late() -> None:
        raise Throttled("Wait")

    during(late)
    run_all()
    assert (stored(run).state, states(run)) == ("cancelled", {"done": 2})
    assert set(numbers(2)) <= set(members(synced, group))


def test_pausing_what_is_not_under_way_touches_nothing(synced: Service) -> None:
    run = under_way("\n".join(numbers(2)), group=ordinary())
    ImportRun.objects.filter(pk=run.pk).update(state="finished")
    assert (services.pause(run=run), services.cancel(run=run)) == (False, False)
    assert GroupChange.objects.get().held is False
