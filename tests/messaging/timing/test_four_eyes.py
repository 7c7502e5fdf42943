"""An approval covers the content, the audience and the times of a schedule, and hardly more people."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group as Role
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils import timezone

from groups.models import Group, Member
from messaging import services
from messaging.models import Broadcast, Dispatch
from messaging.services import approving, scheduling
from messaging.timing.models import Approval, Firing
from messaging.views.base import url
from tests.messaging.conftest import GROUPS, Org, number

from .conftest import HOUR, NINE, ONE_DAY, daily, once, plan_of, scheduled, story

Person = Callable[[str], User]
SignIn = Callable[[str], Client]


@pytest.fixture
def group(org: Org) -> Group:
    type(org.tenant).objects.update(many_people=5, growth_percent=10)
    org.tenant.refresh_from_db()
    return org.group(people=range(20))


def grown(group: Group, people: int) -> None:
    now, have = timezone.now(), range(20, people)
    Member.objects.bulk_create(
        Member(group=group, person_id=f"p{at}", mobile_number=number(at), name="New", first_seen_at=now)
        for at in have
    )
    Group.objects.filter(pk=group.pk).update(member_count=people)


def draft(
    org: Org, group: Group, by: User, broadcast: Broadcast | None = None, text: str = "Hello"
) -> Broadcast:
    return services.save_draft(
        tenant=org.tenant,
        choice=services.Choice(GROUPS, (group.pk,)),
        content={"message": text},
        by=by,
        broadcast=broadcast,
    )


def asked(row: Broadcast, by: User, rule: object = None) -> Approval:
    done = services.ask_for_schedule(
        broadcast=row,
        by=by,
        plan=services.Plan(rule or daily()),  # type: ignore[arg-type]
        expected_people=20,
        expected_draft=services.fingerprint(row),
    )
    assert done is True
    return Approval.objects.get(broadcast=row, decision="pending")


def approve(request: Approval, by: User) -> bool:
    row = Broadcast.objects.get(pk=request.broadcast_id)
    return approving.approve(request, by, 20, expected_draft=services.fingerprint(row), typed="20")


def second(role: str = "Approver") -> User:
    user = User.objects.create(username=f"second {role}", is_staff=True)
    user.groups.add(Role.objects.get(name=role))
    return user


@pytest.mark.parametrize(("people", "sent"), [(20, 1), (22, 1), (23, 0)])
def test_what_was_approved_is_sent_until_it_has_grown_by_more_than_the_tenant_allows(
    org: Org, group: Group, person: Person, people: int, sent: int
) -> None:
    row = draft(org, group, person("Operator"))
    assert approve(asked(row, person("Operator")), person("Approver")) is True
    grown(group, people)
    assert services.fire_due(now=NINE) == sent
    assert story() == [("10 09:00", "sent" if sent else "waiting")]
    assert Dispatch.objects.count() == sent


def test_what_has_grown_is_sent_once_a_second_person_agrees(org: Org, group: Group, person: Person) -> None:
    row = draft(org, group, person("Operator"))
    approve(asked(row, person("Operator")), person("Approver"))
    grown(group, 40)
    services.fire_due(now=NINE)
    copy = Broadcast.objects.exclude(pk=row.pk).get()
    request = Approval.objects.get(broadcast=copy)
    assert (copy.state, request.decision, request.people) == ("awaiting", "pending", 40)
    shown = services.fingerprint(copy)
    with pytest.raises(PermissionDenied):
        approving.approve(request, person("Operator"), 40, expected_draft=shown, typed="40")
    assert approving.approve(request, person("Approver"), 40, expected_draft=shown, typed="40") is True
    assert (story(), Dispatch.objects.get().people) == ([("10 09:00", "late")], 40)
    assert plan_of(row).next_at == NINE + ONE_DAY


def test_nobody_schedules_for_many_what_they_wrote(org: Org, group: Group, person: Person) -> None:
    row = draft(org, group, person("Approver"))
    with pytest.raises(PermissionDenied):
        scheduled(org, daily(), person("Approver"), row)
    assert Broadcast.objects.get().state == "draft"
    scheduled(org, daily(), second(), row)
    assert services.fire_due(now=NINE) == 1


@pytest.mark.parametrize("typed", ["", "19", "200", "twenty"])
def test_a_schedule_for_many_takes_their_number(org: Org, group: Group, person: Person, typed: str) -> None:
    row = draft(org, group, person("Operator"))
    with pytest.raises(services.Changed, match="is not 20"):
        services.schedule(
            broadcast=row,
            by=second(),
            plan=services.Plan(daily()),
            expected_people=20,
            expected_draft=services.fingerprint(row),
            typed=typed,
        )
    assert (Broadcast.objects.get().state, services.fire_due(now=NINE)) == ("draft", 0)


def test_other_times_need_an_approval_of_their_own(org: Org, group: Group, person: Person) -> None:
    row = draft(org, group, person("Operator"))
    approve(asked(row, person("Operator")), person("Approver"))
    row.refresh_from_db()
    asked(row, person("Operator"), daily(until=(NINE + ONE_DAY).date()))
    row.refresh_from_db()
    assert (row.state, plan_of(row).next_at) == ("awaiting", None)
    assert services.fire_due(now=NINE) == 0


def test_a_change_of_the_message_needs_an_approval_of_its_own(org: Org, group: Group, person: Person) -> None:
    row = draft(org, group, person("Operator"))
    approve(asked(row, person("Operator")), person("Approver"))
    row = draft(org, group, person("Operator"), Broadcast.objects.get(), "Other words")
    row.refresh_from_db()
    assert row.state == "draft"
    with pytest.raises(PermissionDenied):
        scheduled(org, daily(), person("Operator"), row)
    assert services.fire_due(now=NINE) == 0


def test_an_approval_after_the_time_has_passed_schedules_nothing(
    org: Org, group: Group, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = draft(org, group, person("Operator"))
    request = asked(row, person("Operator"), once())
    monkeypatch.setattr("messaging.services.scheduling.clock.now", lambda: NINE + ONE_DAY)
    with pytest.raises(scheduling.TooLate, match="has passed"):
        approve(request, person("Approver"))
    assert (Broadcast.objects.get().state, Approval.objects.get().decision) == ("awaiting", "pending")


def test_a_request_for_a_schedule_is_rejected_or_taken_back_like_any_other(
    org: Org, group: Group, person: Person
) -> None:
    row = draft(org, group, person("Operator"))
    assert approving.reject(asked(row, person("Operator")), person("Approver"), "Too often") is True
    row.refresh_from_db()
    assert (row.state, plan_of(row).state) == ("draft", "proposed")
    assert approving.withdraw(asked(row, person("Operator")), person("Operator")) is True
    assert services.fire_due(now=NINE) == 0
    assert Dispatch.objects.count() == 0


def agreed_to(org: Org, group: Group, person: Person) -> Broadcast:
    """Daily to 20, written by the operator and approved by the approver with its times."""
    row = draft(org, group, person("Operator"))
    assert approve(asked(row, person("Operator")), person("Approver")) is True
    return Broadcast.objects.get(pk=row.pk)


def test_the_author_sends_to_many_out_of_turn_only_once_a_second_person_agrees(
    org: Org, group: Group, person: Person
) -> None:
    row = agreed_to(org, group, person)
    last = 0
    for _again in range(2):
        assert services.fire_now(broadcast=row, by=person("Operator"), last=last, typed="20") is True
        last = Firing.objects.latest("pk").pk
    assert (Dispatch.objects.count(), {outcome for _at, outcome in story()}) == (0, {"waiting"})
    request = Approval.objects.filter(decision="pending").latest("pk")
    assert (request.people, request.asked_by, request.broadcast.state) == (20, person("Operator"), "awaiting")
    assert approve(request, person("Approver")) is True
    assert Dispatch.objects.get().broadcast == request.broadcast
    assert (plan_of(row).state, plan_of(row).next_at) == ("active", NINE)


def test_a_second_person_sends_to_many_out_of_turn_with_their_number(
    org: Org, group: Group, person: Person
) -> None:
    row = agreed_to(org, group, person)
    for typed in ("", "19", "200"):
        with pytest.raises(services.Changed, match="is not 20"):
            services.fire_now(broadcast=row, by=person("Approver"), last=0, typed=typed)
    assert (Firing.objects.count(), Dispatch.objects.count()) == (0, 0)
    assert services.fire_now(broadcast=row, by=person("Approver"), last=0, typed="20") is True
    granted = Approval.objects.get(broadcast=Firing.objects.get().broadcast)
    assert (granted.decision, granted.decided_by, granted.terms) == ("approved", person("Approver"), [])
    assert Dispatch.objects.count() == 1


def test_what_a_dead_worker_left_of_an_authors_send_now_waits_for_a_second_person(
    org: Org, group: Group, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = agreed_to(org, group, person)
    monkeypatch.setattr("messaging.services.firing.start", lambda *_: False)  # the machine dies here
    services.fire_now(broadcast=row, by=person("Operator"), last=0, typed="20")
    monkeypatch.undo()
    assert services.fire_due() == 0
    assert (Firing.objects.get().outcome, Dispatch.objects.count()) == ("waiting", 0)


def test_the_only_time_of_a_once_waits_for_a_second_person_too(
    org: Org, group: Group, person: Person
) -> None:
    row = draft(org, group, person("Operator"))
    approve(asked(row, person("Operator"), once()), person("Approver"))
    services.fire_now(broadcast=row, by=person("Operator"), last=0, typed="20")
    row.refresh_from_db()
    assert (row.state, Dispatch.objects.count(), services.fire_due(now=NINE)) == ("awaiting", 0, 0)
    assert approve(Approval.objects.get(decision="pending"), person("Approver")) is True
    assert Dispatch.objects.count() == 1


def test_a_second_person_sends_out_of_turn_what_they_saw(org: Org, group: Group, person: Person) -> None:
    row = agreed_to(org, group, person)
    with pytest.raises(services.Changed, match="Somebody changed"):
        services.fire_now(broadcast=row, by=person("Approver"), last=0, typed="20", shown="another")
    assert (Firing.objects.count(), Dispatch.objects.count()) == (0, 0)


@pytest.mark.parametrize("typed", ["", "19"])
def test_a_missed_time_to_many_takes_their_number(org: Org, group: Group, person: Person, typed: str) -> None:
    agreed_to(org, group, person)
    services.fire_due(now=NINE + HOUR)
    firing = Firing.objects.get()
    for role in ("Operator", "Approver"):
        with pytest.raises(services.Changed, match="is not 20"):
            services.settle_missed(firing=firing, by=person(role), send=True, typed=typed)
    assert (story(), Dispatch.objects.count()) == ([("10 09:00", "asking")], 0)
    assert services.settle_missed(firing=firing, by=person("Operator"), send=True, typed="20") is True
    assert (story(), Dispatch.objects.count()) == ([("10 09:00", "late")], 1)


def test_a_missed_time_that_grew_is_sent_by_a_second_person_and_waits_for_one_otherwise(
    org: Org, group: Group, person: Person
) -> None:
    agreed_to(org, group, person)
    services.fire_due(now=NINE + HOUR)
    grown(group, 40)
    firing = Firing.objects.get()
    assert services.settle_missed(firing=firing, by=person("Approver"), send=True, typed="40") is True
    assert (story(), Dispatch.objects.get().people) == ([("10 09:00", "late")], 40)
    services.fire_due(now=NINE + ONE_DAY + HOUR)
    firing = Firing.objects.get(outcome="asking")
    assert services.settle_missed(firing=firing, by=person("Operator"), send=True, typed="40") is True
    assert (story()[-1], Dispatch.objects.count()) == (("11 09:00", "waiting"), 1)


def test_the_page_asks_who_may_for_the_number_and_tells_the_author_that_it_waits(
    org: Org, group: Group, person: Person, signed_in: SignIn
) -> None:
    row = agreed_to(org, group, person)
    at = url("schedule_do", row.pk, "fire")
    author, approver = signed_in("Operator"), signed_in("Approver")
    told = author.get(at, {"last": "0"}).content.decode()
    assert "It goes to 20 people, so it then waits until a second person has approved it." in told
    assert 'name="typed"' not in told
    asked_for = approver.get(at, {"last": "0"}).content.decode()
    assert "Type the number of people, 20" in asked_for
    said = {"confirmed": "yes", "last": "0", "draft": services.fingerprint(row)}
    wrong = approver.post(at, {**said, "typed": "2"}).content.decode()
    assert "The number that you typed is not 20. Nothing is sent." in wrong
    assert 'name="last" value="0"' in wrong
    assert Dispatch.objects.count() == 0
    approver.post(at, {**said, "typed": "20"})
    assert Dispatch.objects.count() == 1
