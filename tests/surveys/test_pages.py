"""The pages of surveys and jobs, as people of each role use them; calls go to the sandbox."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from auditlog.models import LogEntry
from django.contrib.auth.models import Group as Role
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now

from groups.models import Group
from kaizala_admin.kaizala import InvalidInput, Job, Sent
from kaizala_admin.outbox.models import OutboxRow, State
from messaging.models import AudienceLine, Broadcast
from surveys import calls, missing
from surveys.models import Action, ActionInstance, Answering, Reminder, Response, Review
from surveys.services import reminding, syncing

from .conftest import QUESTIONS, Service

pytestmark = pytest.mark.django_db
Signed = Callable[[str], Client]


@pytest.fixture
def signed_in(db: None) -> Signed:
    def make(role: str) -> Client:
        user, _made = User.objects.get_or_create(username=role, defaults={"is_staff": True})
        user.groups.set([Role.objects.get(name=role)])
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return make


@pytest.fixture
def sent(service: Service) -> Sent:
    """A survey that everybody has answered, in the mirror."""
    sent = service.send()
    service.let_people_answer(sent)
    service.look()
    return sent


def settle(row: OutboxRow, client: Any) -> Any:
    """One call, settled as the pump settles it."""
    result = row.perform(client)
    type(row)._default_manager.filter(pk=row.pk).update(state=State.SENT)
    row.record(result)
    return result


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def page(tab: str = "") -> str:
    address = Action.objects.latest("pk").get_absolute_url()
    return f"{address}?tab={tab}" if tab else address


def test_results_show_every_option_with_its_number(sent: Sent, signed_in: Signed) -> None:
    shown = text(signed_in("Viewer"), page())
    assert all(question.title in shown for question in QUESTIONS)
    good = Response.objects.filter(answers__q0="Good").count()
    assert "<bdi>Good</bdi></th>" in shown
    assert f'<td class="kza-figure">{good}</td>' in shown


def test_the_page_of_a_survey_that_was_sent_leads_to_its_results(sent: Sent, signed_in: Signed) -> None:
    broadcast = Broadcast.objects.create(
        tenant=Group.objects.get().tenant, title="Ours", kind="survey", state="finished", launched_at=now()
    )
    progress, client = reverse("admin:messaging_broadcast_progress", args=[broadcast.pk]), signed_in("Viewer")
    assert "What people answer" not in text(client, progress)
    Action.objects.update(broadcast=broadcast)
    ActionInstance.objects.update(reached=40)
    shown = text(client, progress)
    assert f'<a class="kza-link" href="{page()}">See the results</a>' in shown
    assert f"{Response.objects.count()} of 40" in shown


def test_the_list_leads_to_how_often_answers_are_fetched(signed_in: Signed) -> None:
    rows, often = (reverse(f"admin:surveys_{name}_changelist") for name in ("action", "answerschedule"))
    client = signed_in("Administrator")
    assert f'href="{often}"' in text(client, rows)
    assert (
        "How often" not in text(signed_in("Viewer"), rows)
        or signed_in("Viewer").get(often).status_code == 200
    )


def test_the_live_part_is_drawn_anew_only_when_a_number_has_changed(sent: Sent, signed_in: Signed) -> None:
    client = signed_in("Viewer")
    version = client.get(page()).context["version"]
    asked = {"tab": "results", "seen": version}
    part = client.get(page(), asked, headers={"HX-Request": "true"})
    assert (part.status_code, part.content) == (204, b"")
    part = client.get(page(), {**asked, "seen": "old"}, headers={"HX-Request": "true"})
    assert part.status_code == 200
    assert b"<html" not in part.content


def test_responses_are_found_by_name_number_and_words(sent: Sent, signed_in: Signed) -> None:
    client = signed_in("Viewer")
    one = Response.objects.exclude(responder_name="").order_by("pk")[0]
    for q in (one.responder_name, one.responder_number, one.answers["q5"]):
        lines = client.get(page(), {"tab": "responses", "q": q}).context["lines"]
        assert one.pk in [line.row.pk for line in lines]
    assert client.get(page(), {"tab": "responses", "q": "no such words"}).context["lines"] == []


def test_a_review_is_kept_and_filtered_by(sent: Sent, signed_in: Signed) -> None:
    client = signed_in("Operator")
    one = Response.objects.order_by("pk")[0]
    said = {"state": "problem", "note": "Call back"}
    client.post(reverse("admin:surveys_response_review", args=[one.pk]), said)
    review = Review.objects.get()
    assert (review.response_id, review.state, review.note) == (one.pk, "problem", "Call back")
    noted = LogEntry.objects.get_for_object(one).get()
    assert (noted.changes, noted.actor) == ({"review": ["", "problem"]}, review.by)
    lines = client.get(page(), {"tab": "responses", "review": "problem"}).context["lines"]
    assert [line.row.pk for line in lines] == [one.pk]
    assert "Call back" in text(client, one.get_absolute_url())
    assert (
        signed_in("Viewer").post(reverse("admin:surveys_response_review", args=[one.pk]), said).status_code
        == 403
    )


def test_a_response_that_nobody_looked_at_is_open_in_the_list(sent: Sent, signed_in: Signed) -> None:
    listed = text(signed_in("Viewer"), reverse("admin:surveys_response_changelist"))
    cells = re.findall(r"field-shown_review[^>]*>(.*?)</td>", listed, re.DOTALL)
    assert len(cells) == Response.objects.count()
    assert {re.sub("<[^>]+>", "", cell).strip() for cell in cells} == {"Open"}


def test_an_edit_is_shown_beside_what_stood_there_before(service: Service, signed_in: Signed) -> None:
    from .test_sync import answer

    sent = service.send()
    where = (service.group.group_id, sent.action_id)
    response_id = service.client.post_survey_response(*where, answer("Good", "Before the rain"))
    service.look()
    service.sandbox.post("/sandbox/clock", advanceSeconds=5)
    service.client.post_survey_response(*where, answer("Poor", "After the rain", response_id))
    service.drive(syncing.fetch_action(action=Action.objects.get()))
    shown = text(signed_in("Viewer"), Response.objects.get().get_absolute_url())
    assert "Before the rain" in shown
    assert "After the rain" in shown


def test_who_has_not_answered_is_named_and_can_be_reminded(service: Service, signed_in: Signed) -> None:
    service.send()
    service.look()
    client = signed_in("Operator")
    instance = ActionInstance.objects.select_related("action", "group", "dispatch").get()
    assert missing.count(instance) == service.group.member_count
    name = service.group.members.exclude(name="").order_by("pk")[0].name
    assert name in text(client, page("missing"))
    asked = client.get(reverse("admin:surveys_action_remind", args=[instance.action_id]))
    assert f"{service.group.member_count} people" in asked.content.decode()
    for _twice in range(2):
        client.post(reverse("admin:surveys_action_remind", args=[instance.action_id]), {"confirmed": "yes"})
    row = Reminder.objects.get()
    assert (row.to_all, row.numbers, row.people) == (True, [], service.group.member_count)
    assert settle(row, service.client).reference_id


def test_in_a_public_group_only_those_who_are_missing_are_named(service: Service, signed_in: Signed) -> None:
    Group.objects.update(group_type="ConnectGroup")
    service.send()
    service.look()
    instance = ActionInstance.objects.select_related("action", "group", "dispatch").get()
    first = service.group.members.exclude(mobile_number="").order_by("pk")[0]
    Response.objects.create(
        action=instance.action,
        instance=instance,
        key="r:1",
        responder_number=first.mobile_number,
        digest="d",
        source="sync",
        first_seen_at=instance.sent_at,
    )
    assert reminding.remind(instances=[instance], by=None) == 1
    row = Reminder.objects.get()
    expected = set(service.group.members.exclude(mobile_number="").values_list("mobile_number", flat=True))
    assert set(row.numbers) == expected - {first.mobile_number}
    draft = signed_in("Operator").post(reverse("admin:surveys_action_write", args=[instance.action_id]))
    assert draft.status_code == 302
    assert Broadcast.objects.get().audience["mode"] == "mix"
    lines = AudienceLine.objects.exclude(mobile_number="").values_list("mobile_number", flat=True)
    assert set(lines) == set(row.numbers)


def test_a_reminder_to_nobody_is_never_sent() -> None:
    row = Reminder(numbers=[], instance=ActionInstance(group=Group(group_id="g"), kaizala_id="a"))
    with pytest.raises(InvalidInput):
        calls.remind(row, None)  # type: ignore[arg-type]


def test_a_survey_is_answered_and_changed_from_the_console(service: Service, signed_in: Signed) -> None:
    service.send()
    service.look()
    client = signed_in("Operator")
    instance = ActionInstance.objects.get()
    address = reverse("admin:surveys_action_answer", args=[instance.pk])
    given = {
        "token": str(uuid4()),
        "q0": "Fair",
        "q1": ["Seed", "Advice"],
        "q2": "2.5",
        "q3": "18.52, 73.86, Pune",
        "q4": "2026-05-01T10:30",
        "q5": "From the office",
    }
    for _twice in range(2):
        client.post(address, given)
    row = Answering.objects.select_related("instance__action", "instance__group", "earlier").get()
    settle(row, service.client)
    service.drive(syncing.fetch_action(action=Action.objects.get()))
    response = Response.objects.get()
    assert response.answers == {
        "q0": "Fair",
        "q1": ["Seed", "Advice"],
        "q2": 2.5,
        "q3": {"lt": 18.52, "lg": 73.86, "n": "Pune"},
        "q4": "2026-05-01T10:30:00Z",
        "q5": "From the office",
    }
    shown = text(client, f"{address}?edit={response.pk}")
    assert "From the office" in shown
    service.sandbox.post("/sandbox/clock", advanceSeconds=5)
    client.post(f"{address}?edit={response.pk}", {**given, "token": str(uuid4()), "q0": "Good"})
    edit = Answering.objects.select_related("instance__action", "instance__group", "earlier").latest("pk")
    settle(edit, service.client)
    service.drive(syncing.fetch_action(action=Action.objects.get()))
    response.refresh_from_db()
    assert (response.answers["q0"], response.edit_count) == ("Good", 1)


def test_wrong_answers_are_said_and_nothing_is_sent(service: Service, signed_in: Signed) -> None:
    service.send()
    service.look()
    address = reverse("admin:surveys_action_answer", args=[ActionInstance.objects.get().pk])
    client = signed_in("Operator")
    nothing = client.post(address, {"token": str(uuid4())})
    assert (nothing.status_code, "Answer at least one question." in nothing.content.decode()) == (422, True)
    wrong = client.post(address, {"token": str(uuid4()), "q3": "somewhere"})
    assert "Give latitude and longitude in degrees" in wrong.content.decode()
    assert Answering.objects.count() == 0
    assert signed_in("Viewer").post(address, {}).status_code == 403


def test_a_job_is_on_the_board_and_is_marked_as_done_from_the_console(
    service: Service, signed_in: Signed
) -> None:
    me = next(
        person for person in service.client.fetch_members(service.group.group_id) if person.role == "Admin"
    )
    service.client.send_action(service.group.group_id, Job("Clean the well", (me.mobile_number,)))
    service.look()
    client = signed_in("Operator")
    board = client.get(reverse("admin:surveys_action_jobs"))
    assert [column.count for column in board.context["columns"]] == [0, 1, 0, 0]
    instance = ActionInstance.objects.get()
    client.post(reverse("admin:surveys_action_answer", args=[instance.pk]), {"token": str(uuid4())})
    row = Answering.objects.select_related("instance__action", "instance__group", "earlier").get()
    assert row.is_completed is True
    settle(row, service.client)
    service.drive(syncing.fetch_action(action=Action.objects.get()))
    board = client.get(reverse("admin:surveys_action_jobs"))
    assert [column.count for column in board.context["columns"]] == [0, 0, 0, 1]
    assert "Clean the well" in board.content.decode()
    for by in ("group", "person"):
        assert text(client, f"{reverse('admin:surveys_action_jobs')}?by={by}")


def test_groups_and_people_show_what_was_answered(sent: Sent, signed_in: Signed) -> None:
    client = signed_in("Viewer")
    one = Response.objects.exclude(responder_number="").order_by("pk")[0]
    group = Group.objects.get()
    assert "Harvest" in text(client, f"{reverse('admin:groups_group_change', args=[group.pk])}?tab=answers")
    member = group.members.get(mobile_number=one.responder_number)
    shown = text(client, reverse("admin:groups_member_change", args=[member.pk]))
    assert one.get_absolute_url() in shown
