"""Four eyes: above the tenant's number nobody sends alone what they wrote."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.contrib.auth.models import Group as Role
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from kaizala_admin.outbox.models import State
from messaging import services
from messaging.models import Broadcast, Dispatch
from messaging.services import approving, launching
from messaging.timing.models import Approval
from messaging.views.base import url

from .conftest import GROUPS, Org, break_off

Person = Callable[[str], User]
SignIn = Callable[[str], Client]


@pytest.fixture
def org(org: Org) -> Org:
    org.tenant.many_people = 2
    org.tenant.save()
    return org


@pytest.fixture
def draft(org: Org, person: Person) -> Broadcast:
    """To three people, written by the operator."""
    return written(org, person("Operator"))


def written(org: Org, by: User, broadcast: Broadcast | None = None, message: str = "Hello") -> Broadcast:
    group = broadcast.audience if broadcast else None
    choice = services.Expression.of(group) if group else services.Choice(GROUPS, (org.group().pk,))
    return services.save_draft(
        tenant=org.tenant, choice=choice, content={"message": message}, by=by, broadcast=broadcast
    )


def another(role: str) -> User:
    user = User.objects.create(username=f"second {role}", is_staff=True)
    user.groups.add(Role.objects.get(name=role))
    return user


def asked(draft: Broadcast, by: User) -> Approval:
    assert approving.ask(draft, by, 3, expected_draft=services.fingerprint(draft)) is True
    return Approval.objects.get(broadcast=draft, decision="pending")


def state() -> tuple[str, list[str], int]:
    decisions = list(Approval.objects.order_by("pk").values_list("decision", flat=True))
    return Broadcast.objects.get().state, decisions, Dispatch.objects.count()


def approve(request: Approval, by: User, people: int = 3) -> bool:
    shown = services.fingerprint(Broadcast.objects.get(pk=request.broadcast_id))
    return approving.approve(request, by, people, expected_draft=shown, typed=str(people))


@pytest.mark.parametrize("role", ["Operator", "Approver", "Administrator"])
def test_who_wrote_it_cannot_send_it_alone_whatever_the_role(org: Org, person: Person, role: str) -> None:
    mine = written(org, person(role))
    with pytest.raises(PermissionDenied):
        services.launch(mine, person(role), 3)
    assert state() == ("draft", [], 0)


def test_who_changed_it_last_cannot_send_it_alone(org: Org, draft: Broadcast, person: Person) -> None:
    written(org, person("Approver"), draft, "Other words")
    with pytest.raises(PermissionDenied):
        services.launch(draft, person("Approver"), 3)
    assert services.launch(draft, another("Approver"), 3, typed="3") is True


def test_up_to_the_number_the_author_sends_alone(org: Org, draft: Broadcast, person: Person) -> None:
    type(org.tenant).objects.update(many_people=3)
    assert services.launch(draft, person("Operator"), 3) is True


def test_a_superuser_who_is_alone_sends_what_they_wrote(org: Org) -> None:
    boss = User.objects.create_superuser("boss")
    assert services.launch(written(org, boss), boss, 3, typed="3") is True


@pytest.mark.parametrize("wrong", ["", "2", "30", "3x", "three", "-3"])
def test_without_the_number_of_people_nobody_sends_to_many_whatever_the_way(
    org: Org, draft: Broadcast, person: Person, wrong: str
) -> None:
    boss = User.objects.create_superuser("boss")
    with pytest.raises(services.Changed, match="you typed is not 3"):
        services.launch(draft, boss, 3, typed=wrong)
    request, shown = asked(draft, person("Operator")), services.fingerprint(draft)
    with pytest.raises(services.Changed, match="you typed is not 3"):
        approving.approve(request, person("Approver"), 3, expected_draft=shown, typed=wrong)
    assert state() == ("awaiting", ["pending"], 0)


@pytest.mark.parametrize("typed", ["3", " 3", "3."])
def test_the_number_may_be_typed_as_people_write_numbers(org: Org, typed: str) -> None:
    boss = User.objects.create_superuser("boss")
    assert services.launch(written(org, boss), boss, 3, typed=typed) is True


@pytest.mark.parametrize(("verb", "broken"), [("retry", State.FAILED), ("again", State.UNKNOWN)])
def test_to_send_to_many_once_more_takes_their_number(
    org: Org, signed_in: SignIn, verb: str, broken: State
) -> None:
    broadcast = org.launched(GROUPS, [org.group()])
    break_off(Dispatch.objects.get(), broken, "invalid_input")
    client, at = signed_in("Operator"), url("do", broadcast.pk, verb)
    assert 'name="typed"' in client.get(at).content.decode()
    for wrong in ({}, {"typed": "2"}):
        answer = client.post(at, {"confirmed": "yes", **wrong})
        assert "The number that you typed is not 3." in answer.content.decode()
        assert Dispatch.objects.get().state == broken
    client.post(at, {"confirmed": "yes", "typed": "3"})
    assert Dispatch.objects.get().state == State.QUEUED


@pytest.mark.parametrize("role", ["Approver", "Administrator"])
def test_an_approver_sends_exactly_what_was_asked_for(draft: Broadcast, person: Person, role: str) -> None:
    request = asked(draft, person("Operator"))
    assert state() == ("awaiting", ["pending"], 0)
    assert approve(request, person(role)) is True
    assert state() == ("running", ["approved"], 1)
    request.refresh_from_db()
    draft.refresh_from_db()
    assert (request.decided_by, draft.launched_by, request.people) == (person(role), person(role), 3)
    said = LogEntry.objects.get_for_object(draft).order_by("pk").values_list("actor__username", "changes")
    assert [(who, next(iter(what))) for who, what in said] == [
        ("operator", "write"),
        ("operator", "ask for approval"),
        (role.lower(), "approve"),
        (role.lower(), "launch"),
    ]


@pytest.mark.parametrize("role", ["Viewer", "Operator"])
def test_other_roles_neither_approve_nor_reject(draft: Broadcast, person: Person, role: str) -> None:
    request = asked(draft, person("Operator"))
    with pytest.raises(PermissionDenied):
        approve(request, person(role))
    with pytest.raises(PermissionDenied):
        approving.reject(request, person(role), "No")
    assert state() == ("awaiting", ["pending"], 0)


def test_who_asked_does_not_approve(draft: Broadcast, person: Person) -> None:
    request = asked(draft, person("Approver"))
    with pytest.raises(PermissionDenied):
        approve(request, person("Approver"))
    assert approve(request, another("Approver")) is True


def test_what_awaits_is_not_sent_past_its_request(draft: Broadcast, person: Person) -> None:
    asked(draft, person("Operator"))
    assert services.launch(draft, person("Approver"), 3) is False
    assert approving.ask(draft, person("Operator"), 3, expected_draft=services.fingerprint(draft)) is False
    assert services.delete_draft(draft, person("Operator")) is False
    assert state() == ("awaiting", ["pending"], 0)


def test_a_rejected_one_is_a_draft_again_with_the_reason(
    draft: Broadcast, person: Person, signed_in: SignIn
) -> None:
    request = asked(draft, person("Operator"))
    with pytest.raises(ValueError, match="Say why"):
        approving.reject(request, person("Approver"), "  ")
    assert approving.reject(request, person("Approver"), "The date is wrong.") is True
    assert state() == ("draft", ["rejected"], 0)
    for page in ("check", "compose"):
        shown = signed_in("Operator").get(url(page, draft.pk)).content.decode()
        assert "approver rejected this:" in shown
        assert "The date is wrong." in shown


def test_an_edit_voids_the_request(org: Org, draft: Broadcast, person: Person) -> None:
    request = asked(draft, person("Operator"))
    written(org, person("Operator"), draft, "Other words")
    assert state() == ("draft", ["withdrawn"], 0)
    assert approve(request, person("Approver")) is False
    assert state() == ("draft", ["withdrawn"], 0)


def test_an_old_request_does_not_approve_what_was_asked_for_later(
    org: Org, draft: Broadcast, person: Person
) -> None:
    old = asked(draft, person("Operator"))
    approving.withdraw(old, person("Operator"))
    asked(draft, person("Operator"))
    with pytest.raises(launching.Changed):
        approve(old, person("Approver"))
    assert approving.reject(old, person("Approver"), "No") is False
    assert state() == ("awaiting", ["withdrawn", "pending"], 0)


def test_only_the_author_or_who_asked_takes_it_back(draft: Broadcast, person: Person) -> None:
    request = asked(draft, person("Operator"))
    with pytest.raises(PermissionDenied):
        approving.withdraw(request, another("Operator"))
    assert approving.withdraw(request, person("Operator")) is True
    assert approving.withdraw(request, person("Operator")) is False
    assert state() == ("draft", ["withdrawn"], 0)


def in_the_middle(monkeypatch: pytest.MonkeyPatch, rival: Callable[[], object]) -> None:
    """`rival` acts between an approver's check and the moment at which sending starts."""
    whole = launching._start

    def late(*args: Any) -> bool:
        monkeypatch.setattr(launching, "_start", whole)
        rival()
        return whole(*args)

    monkeypatch.setattr(launching, "_start", late)


def test_of_two_approvers_at_once_one_sends(
    draft: Broadcast, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = asked(draft, person("Operator"))
    in_the_middle(monkeypatch, lambda: approve(request, another("Approver")))
    assert approve(request, person("Approver")) is False
    assert state() == ("running", ["approved"], 1)
    assert Broadcast.objects.get().launched_by == User.objects.get(username="second Approver")


def test_an_edit_in_the_middle_of_an_approval_sends_nothing(
    org: Org, draft: Broadcast, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = asked(draft, person("Operator"))
    in_the_middle(monkeypatch, lambda: written(org, person("Operator"), draft, "Other words"))
    assert approve(request, person("Approver")) is False
    assert state() == ("draft", ["withdrawn"], 0)


def test_an_edit_that_is_asked_for_again_in_the_middle_sends_nothing(
    org: Org, draft: Broadcast, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = asked(draft, person("Operator"))

    def edit_and_ask() -> None:
        written(org, person("Operator"), draft, "Other words")
        asked(Broadcast.objects.get(), person("Operator"))

    in_the_middle(monkeypatch, edit_and_ask)
    with pytest.raises(launching.Changed):
        approve(request, person("Approver"))
    assert state() == ("awaiting", ["withdrawn", "pending"], 0)


def test_a_rejection_in_the_middle_of_an_approval_wins(
    draft: Broadcast, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = asked(draft, person("Operator"))
    in_the_middle(monkeypatch, lambda: approving.reject(request, another("Approver"), "No"))
    assert approve(request, person("Approver")) is False
    assert state() == ("draft", ["rejected"], 0)


def test_a_rejection_after_an_approval_changes_nothing(draft: Broadcast, person: Person) -> None:
    request = asked(draft, person("Operator"))
    assert approve(request, person("Approver")) is True
    assert approving.reject(request, another("Approver"), "No") is False
    assert state() == ("running", ["approved"], 1)


def test_an_edit_in_the_middle_of_asking_asks_nothing(
    org: Org, draft: Broadcast, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = approving._move

    def late(*args: Any) -> bool:
        written(org, person("Operator"), draft, "Other words")
        return whole(*args)

    monkeypatch.setattr(approving, "_move", late)
    with pytest.raises(launching.Changed):
        approving.ask(draft, person("Operator"), 3, expected_draft=services.fingerprint(draft))
    assert state() == ("draft", [], 0)


def form(draft: Broadcast, **more: str) -> dict[str, str]:
    return {"people": "3", "draft": services.fingerprint(draft), **more}


def test_from_the_author_to_the_approver_through_the_pages(draft: Broadcast, signed_in: SignIn) -> None:
    author, at = signed_in("Operator"), url("approval", draft.pk)
    page = author.get(url("check", draft.pk)).content.decode()
    assert "Ask for approval: 3 people" in page
    assert "Send to 3 people" not in page
    assert author.post(url("check", draft.pk), form(draft, typed="3")).status_code == 403
    assert author.post(at, form(draft, do="ask")).status_code == 302
    assert state() == ("awaiting", ["pending"], 0)
    waiting = author.get(url("check", draft.pk)).content.decode()
    assert "Take the request back" in waiting
    assert "Approve and send" not in waiting
    key = str(Approval.objects.get().pk)
    assert author.post(at, form(draft, do="approve", typed="3", asked=key)).status_code == 403

    approver = signed_in("Approver")
    assert "Approve and send to 3 people" in approver.get(url("check", draft.pk)).content.decode()
    for wrong in ("", "2", "33", "three"):
        approver.post(at, form(draft, do="approve", typed=wrong, asked=key))
        assert state() == ("awaiting", ["pending"], 0)
    answer = approver.post(at, form(draft, do="approve", typed="3", asked=key), follow=True)
    assert state() == ("running", ["approved"], 1)
    assert "Who looked at it" in answer.content.decode()


def test_an_approver_rejects_and_an_author_takes_back_on_the_page(
    draft: Broadcast, signed_in: SignIn, person: Person
) -> None:
    at = url("approval", draft.pk)
    key = str(asked(draft, person("Operator")).pk)
    signed_in("Approver").post(at, {"do": "reject", "asked": key, "reason": ""})
    assert state() == ("awaiting", ["pending"], 0)
    signed_in("Approver").post(at, {"do": "reject", "asked": key, "reason": "No"})
    assert state() == ("draft", ["rejected"], 0)
    key = str(asked(draft, person("Operator")).pk)
    signed_in("Operator").post(at, {"do": "withdraw", "asked": key})
    assert state() == ("draft", ["rejected", "withdrawn"], 0)
    assert signed_in("Viewer").post(at, form(draft, do="ask")).status_code == 403


def test_who_sends_to_many_types_the_number(draft: Broadcast, signed_in: SignIn) -> None:
    approver, at = signed_in("Approver"), url("check", draft.pk)
    assert "Type the number of people, 3" in approver.get(at).content.decode()
    for wrong in ("", "2"):
        answer = approver.post(at, form(draft, typed=wrong), follow=True)
        assert "The number that you typed is not 3." in answer.content.decode()
        assert state() == ("draft", [], 0)
    assert approver.post(at, form(draft, typed=" 3 ")).url == url("progress", draft.pk)  # type: ignore[attr-defined]
    assert state() == ("running", [], 1)


def test_the_list_and_the_home_page_show_each_approver_what_waits_for_them(
    org: Org, draft: Broadcast, person: Person, signed_in: SignIn
) -> None:
    asked(draft, person("Operator"))
    own = written(org, person("Approver"), draft)
    asked(own, person("Approver"))
    at = reverse("admin:messaging_broadcast_waiting")
    seen = {}
    for name in ("Approver", "Administrator"):
        shown = signed_in(name).get(at, follow=True)
        rows = len(re.findall(r"field-shown_people[^>]*>3<", shown.content.decode()))
        assert rows == shown.context["cl"].result_count
        home = signed_in(name).get(reverse("admin:index")).context["attention"]
        seen[name] = (rows, [one.count for one in home if "approval" in one.text])
    assert seen == {"Approver": (0, []), "Administrator": (1, [1])}
    assert signed_in("Operator").get(at).status_code == 403


def test_an_approver_sees_in_the_sidebar_how_many_wait_and_friendly_words_when_none_does(
    org: Org, draft: Broadcast, person: Person, signed_in: SignIn
) -> None:
    client = signed_in("Approver")

    def page() -> tuple[list[str], str]:
        answer = client.get(url("waiting"), follow=True)
        links = [link for part in answer.context["sidebar_navigation"] for link in part["items"]]
        return [link["badge"] for link in links if "badge" in link], answer.content.decode()

    marks, words = page()
    assert (marks, "Nothing waits for you" in words) == ([], True)
    asked(draft, person("Operator"))
    marks, words = page()
    assert (marks, "Nothing waits for you" in words) == (["1"], False)
