"""Sync against the real sandbox: what people answered is in the mirror, once, with its history."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone

from groups.models import Group
from kaizala_admin.connectors.models import Connector, Grant
from kaizala_admin.kaizala import Job, Poll, PollChoice, Question
from kaizala_admin.kaizala.payloads import LetsMeet, SurveyResponse
from kaizala_admin.webhooks.models import Subscription
from messaging.models import Broadcast, Dispatch
from surveys import counting, schedule, subscribing
from surveys.models import (
    Action,
    ActionInstance,
    AnswerSchedule,
    AnswerSync,
    Assignee,
    Response,
    ResponseEdit,
    Tally,
)
from surveys.services import syncing
from surveys.sync import instances
from surveys.sync.sent import adopt

from .conftest import Service
from .test_events import tell


def totals(instance: ActionInstance) -> dict[tuple[int, str], int]:
    rows = Tally.objects.filter(instance=instance).exclude(count=0)
    return {(row.place, row.key): row.count for row in rows}


def counted(instance: ActionInstance) -> dict[tuple[int, str], int]:
    """The same from the responses themselves."""
    asked = list(instance.action.questions.values_list("index", "type"))
    found: Any = {}
    for row in instance.responses.all():
        for place, key, _number in counting.of_response(asked, row.answers, row.answered_at):
            found[place, key] = found.get((place, key), 0) + 1
    return dict(found)


def answer(good: str = "Good", text: str = "Fine", response_id: str = "") -> SurveyResponse:
    return SurveyResponse((good, ("Seed", "Water"), 3, None, None, text, None), response_id)


@pytest.mark.django_db
def test_a_survey_with_everybodys_answers_is_mirrored(service: Service) -> None:
    sent = service.send(due_in_hours=48)
    service.let_people_answer(sent)
    row = service.look()
    instance = ActionInstance.objects.select_related("action").get(kaizala_id=sent.action_id)
    assert (row.state, row.seen, row.stage, row.todo) == ("sent", 1, "", [])
    assert (instance.action.title, instance.action.kind) == ("Harvest", "Survey")
    assert [q.type for q in instance.action.questions.all()] == [
        "SingleOption",
        "MultiOption",
        "Numeric",
        "Location",
        "DateTime",
        "Text",
        "Image",
    ]
    expected = service.responses(sent)
    assert expected > 10
    assert (row.created, instance.response_count, instance.responses.count()) == (expected,) * 3
    assert totals(instance) == counted(instance)
    assert (instance.wants_fetch, instance.told_count, instance.reached) == (
        False,
        expected,
        service.group.member_count,
    )
    one = instance.responses.exclude(responder_number="")[0]
    assert one.answers["q0"] in ("Good", "Fair", "Poor")
    assert set(one.answers["q3"]) == {"lt", "lg", "n"}
    assert one.answers["q6"][0]["url"].startswith("http")
    assert one.answered_at is not None


@pytest.mark.django_db
def test_a_second_look_fetches_nothing_and_changes_nothing(service: Service) -> None:
    service.let_people_answer(service.send())
    service.look()
    before = list(Response.objects.values_list("pk", "digest", "answered_at", "edit_count"))
    service.sandbox.delete("/sandbox/calls")
    row = service.look()
    assert (row.created, row.changed, row.pages) == (0, 0, 4)
    assert service.sandbox.get("/sandbox/calls")["total"] == 4
    assert list(Response.objects.values_list("pk", "digest", "answered_at", "edit_count")) == before


@pytest.mark.django_db
def test_an_edited_answer_replaces_the_old_one_and_keeps_it_as_history(service: Service) -> None:
    sent = service.send()
    response_id = service.client.post_survey_response(service.group.group_id, sent.action_id, answer())
    service.look()
    service.sandbox.post("/sandbox/clock", advanceSeconds=5)
    service.client.post_survey_response(
        service.group.group_id, sent.action_id, answer("Poor", "Rain", response_id)
    )
    row = service.drive(syncing.fetch_action(action=Action.objects.get()))
    response = Response.objects.get()
    assert (row.created, row.changed) == (0, 1)
    assert (response.answers["q0"], response.answers["q5"], response.edit_count) == ("Poor", "Rain", 1)
    edit = ResponseEdit.objects.get()
    assert (edit.answers["q0"], edit.answers["q5"]) == ("Good", "Fine")
    instance = ActionInstance.objects.get()
    assert totals(instance) == counted(instance)
    assert totals(instance)[0, "o:Poor"] == 1
    assert (0, "o:Good") not in totals(instance)


@pytest.mark.django_db
def test_an_anonymous_survey_stores_nobody(service: Service) -> None:
    service.let_people_answer(service.send(is_anonymous=True))
    service.look()
    assert Action.objects.get().is_anonymous is True
    people = Response.objects.values_list("responder_number", "responder_id", "responder_name")
    assert set(people) == {("", "", "")}
    assert not Response.objects.filter(key__startswith="p:").exists()


@pytest.mark.django_db
def test_polls_jobs_and_several_groups_find_their_places(service: Service) -> None:
    group_id = service.group.group_id
    choices = (PollChoice("Tea"), PollChoice("Coffee"))
    asked = service.client.send_action(group_id, Poll("Tea or coffee?", choices))
    known = service.group.members.exclude(mobile_number="").values_list("mobile_number", flat=True)
    given = service.client.send_action(group_id, Job("Clean the well", tuple(known[:3])))
    service.let_people_answer(asked, given)
    row = service.look()
    assert row.state == "sent"
    poll = ActionInstance.objects.get(action__kind="Poll")
    question = poll.action.questions.get()
    assert (question.title, question.options) == ("Tea or coffee?", ["Tea", "Coffee"])
    assert totals(poll) == counted(poll)
    assert totals(poll)[0, ""] == poll.response_count > 5
    job = ActionInstance.objects.get(action__kind="Job")
    assert Assignee.objects.filter(instance=job, is_done=True).count() == job.done_count == job.response_count
    assert 0 < job.done_count <= job.assignee_count == 3


@pytest.mark.django_db
def test_a_meeting_found_at_kaizala_comes_with_its_responses(service: Service) -> None:
    starts = datetime(2027, 3, 1, 10, tzinfo=UTC)
    sent = service.client.send_action(service.group.group_id, LetsMeet("Seed fair", starts, 60))
    service.let_people_answer(sent)
    assert service.look().state == "sent"
    meeting = ActionInstance.objects.select_related("action").get(kaizala_id=sent.action_id)
    assert (meeting.action.kind, meeting.action.title) == ("LetsMeet", "Seed fair")
    question = meeting.action.questions.get()
    assert (question.title, question.options) == ("Seed fair", ["Yes", "No", "Maybe"])
    assert Response.objects.filter(instance=meeting).count() == meeting.response_count > 5
    assert meeting.response_count == service.responses(sent)
    assert totals(meeting) == counted(meeting)
    chosen = {key for place, key in totals(meeting) if place == 0 and key}
    assert chosen <= {"o:Yes", "o:No", "o:Maybe"}
    assert chosen


@pytest.mark.django_db
def test_many_actions_are_paged_through_without_a_gap(service: Service) -> None:
    for at in range(7):
        service.send(f"Survey {at}", questions=(Question("Why?"),))
        service.sandbox.post("/sandbox/clock", advanceSeconds=1 + at % 2)
    rows = syncing.look(groups=[service.group])
    AnswerSync.objects.update(page_size=2)
    for row in rows:
        row.page_size = 2
    done = service.drive(rows)
    assert done.state == "sent"
    assert sorted(Action.objects.values_list("title", flat=True)) == [f"Survey {at}" for at in range(7)]


@pytest.mark.django_db
def test_what_we_sent_is_there_before_any_list_tells_of_it_and_belongs_together(service: Service) -> None:
    other = Group.objects.create(
        tenant=service.group.tenant, group_id="other", name="Other", first_seen_at=service.group.first_seen_at
    )
    sent = service.send()
    grant = Grant.objects.get()
    broadcast = Broadcast.objects.create(tenant=service.group.tenant, title="Ours", kind="survey")
    same: dict[str, Any] = {"broadcast": broadcast, "mode": "group", "grant": grant, "state": "sent"}
    same["connector"] = grant.connector
    Dispatch.objects.create(group=service.group, action_id=sent.action_id, people=7, **same)
    Dispatch.objects.create(group=other, action_id="elsewhere", people=2, **same)
    assert adopt() == 2
    assert adopt() == 0
    action = Action.objects.get()
    assert (action.kind, action.broadcast, action.instances.count()) == ("Survey", broadcast, 2)
    assert [one.reached for one in action.instances.order_by("pk")] == [7, 2]
    service.drive(syncing.fetch_wanted(groups=[service.group]))
    action.refresh_from_db()
    assert (action.title, action.questions.count()) == ("Harvest", 7)


@pytest.mark.django_db
def test_a_custom_action_that_we_sent_stands_under_its_package_at_once(service: Service) -> None:
    grant = Grant.objects.get()
    broadcast = Broadcast.objects.create(
        tenant=service.group.tenant,
        title="Visit",
        kind="custom_action",
        content={"package_id": "com.visit.1"},
    )
    same: dict[str, Any] = {"broadcast": broadcast, "grant": grant, "connector": grant.connector}
    Dispatch.objects.create(group=service.group, mode="group", state="sent", action_id="visit", **same)
    assert adopt() == 1
    assert Action.objects.values_list("kind", "package_id").get() == (Action.Kind.CUSTOM, "com.visit.1")


@pytest.mark.django_db
@pytest.mark.parametrize("heard_first", ["neither", "one", "other", "both"])
def test_what_was_heard_of_before_its_call_was_answered_belongs_to_its_broadcast(
    service: Service, heard_first: str
) -> None:
    here = service.group
    other = Group.objects.create(
        tenant=here.tenant, group_id="other", name="Other", first_seen_at=here.first_seen_at
    )
    grant = Grant.objects.get()
    broadcast = Broadcast.objects.create(tenant=here.tenant, title="Visit", kind="survey")
    same: dict[str, Any] = {"broadcast": broadcast, "grant": grant, "connector": grant.connector}
    for group, key in ((here, "one"), (other, "other")):
        if heard_first in (key, "both"):
            _heard(group, key)
        Dispatch.objects.create(group=group, mode="group", state="sent", action_id=key, people=3, **same)
        assert adopt() == 1
    assert adopt() == 0
    action = Action.objects.get()
    assert action.broadcast == broadcast
    linked = action.instances.order_by("kaizala_id").values_list(
        "kaizala_id", "dispatch__action_id", "reached"
    )
    assert list(linked) == [("one", "one", 3), ("other", "other", 3)]
    heard = {"one", "other"} if heard_first == "both" else {heard_first} - {"neither"}
    assert set(action.responses.values_list("instance__kaizala_id", flat=True)) == heard


@pytest.mark.django_db
def test_two_broadcasts_that_look_alike_are_told_apart_once_their_calls_are_answered(
    service: Service,
) -> None:
    here = service.group
    other = Group.objects.create(
        tenant=here.tenant, group_id="other", name="Other", first_seen_at=here.first_seen_at
    )
    grant = Grant.objects.get()
    for group, key in ((here, "one"), (other, "other")):
        _heard(group, key)
    assert Action.objects.count() == 1
    for group, key in ((here, "one"), (other, "other")):
        broadcast = Broadcast.objects.create(tenant=here.tenant, title="Visit", kind="survey")
        Dispatch.objects.create(
            broadcast=broadcast,
            grant=grant,
            connector=grant.connector,
            group=group,
            mode="group",
            state="sent",
            action_id=key,
        )
    assert adopt() == 2
    for action in Action.objects.all():
        assert [one.dispatch.broadcast for one in action.instances.all() if one.dispatch] == [
            action.broadcast
        ]
        assert {one.instance.action for one in action.responses.all()} == {action}
    assert Action.objects.count() == 2


def _heard(group: Group, action_id: str) -> None:
    """As a list tells of it, with one response."""
    now = timezone.now()
    (row,) = instances.write(
        group, [instances.Found(action_id, "Survey", "Visit", now, "+919876500000")], now
    )
    Response.objects.create(
        action=row.action, instance=row, key="r:1", digest="1", source="sync", first_seen_at=now
    )


@pytest.mark.django_db
def test_the_schedule_starts_what_is_due_once(service: Service) -> None:
    service.send()
    assert schedule.tick() == 0  # a new connector reads its groups first
    AnswerSchedule.objects.update(next_look_at=service.group.first_seen_at)
    assert schedule.tick() == 1
    assert schedule.tick() == 0  # its time has moved on
    assert AnswerSync.objects.count() == 1
    service.drive(list(AnswerSync.objects.all()))
    assert ActionInstance.objects.get().wants_fetch is False
    assert schedule.tick() == 0
    ActionInstance.objects.update(wants_fetch=True)
    assert schedule.tick() == 1


@pytest.mark.django_db
def test_an_action_that_is_gone_is_dated_and_the_others_are_still_fetched(service: Service) -> None:
    service.send("First")
    service.look()
    ActionInstance.objects.update(kaizala_id="no-such-action", wants_fetch=True)
    service.send("Second")
    row = service.look()
    assert row.state == "sent"
    gone = ActionInstance.objects.get(kaizala_id="no-such-action")
    assert gone.gone_at is not None
    here = ActionInstance.objects.filter(gone_at=None, fetched_at__isnull=False)
    assert sorted(row.action.title for row in here) == ["First", "Second"]


@pytest.mark.django_db
def test_a_sync_and_an_event_of_the_same_answer_make_one_response(service: Service) -> None:
    sent = service.send()
    response_id = service.client.post_survey_response(service.group.group_id, sent.action_id, answer())
    told = service.client.fetch_action(service.group.group_id, sent.action_id).responses[0]
    rows = [
        {"title": one.title, "type": one.type, "options": [], "answer": one.answer} for one in told.answers
    ]
    moment = int(told.sent_at.timestamp() * 1000) + 345
    hidden = {"title": "ResponseTime", "type": "DateTime", "answer": moment, "isInvisible": True}
    data = {
        "actionId": sent.action_id,
        "groupId": service.group.group_id,
        "responseId": response_id,
        "responder": told.responder,
        "responderName": told.responder_name,
        "responseDetails": {"responseWithQuestions": [*rows, hidden]},
    }
    tell(service.group, data)
    service.look()
    tell(service.group, data)
    response = Response.objects.get()
    assert (response.edit_count, ResponseEdit.objects.count()) == (0, 0)
    assert totals(response.instance) == counted(response.instance)


@pytest.mark.django_db
def test_open_surveys_that_we_sent_are_offered_to_subscription_rules(service: Service) -> None:
    service.send()
    service.look()
    connector = Connector.objects.get()
    assert list(subscribing.every_action(connector)) == []
    broadcast = Broadcast.objects.create(tenant=service.group.tenant, title="Ours", kind="survey")
    instance = ActionInstance.objects.get()
    instance.dispatch = Dispatch.objects.create(
        broadcast=broadcast, group=service.group, mode="group", grant=Grant.objects.get(), connector=connector
    )
    instance.save()
    wanted = list(subscribing.every_action(connector))
    assert [(one.object_id, one.label) for one in wanted] == [(instance.kaizala_id, "Harvest")]


def test_packages_that_were_used_here_are_offered_to_subscription_rules_once(service: Service) -> None:
    connector, now = Connector.objects.get(), timezone.now()
    other = Group.objects.create(
        tenant=service.group.tenant, group_id="out-of-reach", name="Out of reach", first_seen_at=now
    )
    for group, package, kind in (
        (service.group, "com.example.visit", "Action"),
        (service.group, "com.example.visit", "Action"),
        (service.group, "", "Survey"),
        (other, "com.example.other", "Action"),
    ):
        action = Action.objects.create(
            tenant=group.tenant, kind=kind, package_id=package, title="Visit", sent_at=now
        )
        ActionInstance.objects.create(
            action=action,
            group=group,
            kaizala_id=f"a-{action.pk}",
            sent_at=now,
            first_seen_at=now,
        )
    assert [one.object_id for one in subscribing.every_package(connector)] == ["com.example.visit"]
    ActionInstance.objects.update(wants_fetch=False)
    hook = Subscription(connector=connector, object_type="ActionPackage", object_id="com.example.visit")
    subscribing.fetch_again(hook)
    assert ActionInstance.objects.filter(wants_fetch=True).count() == 2
