"""Sync against the real sandbox: what people answered is in the mirror, once, with its history."""

from __future__ import annotations

from typing import Any

import pytest

from kaizala_admin.kaizala import Job, Poll, PollChoice, Question
from kaizala_admin.kaizala.payloads import SurveyResponse
from surveys import counting
from surveys.models import Action, ActionInstance, AnswerSync, Assignee, Response, ResponseEdit, Tally
from surveys.services import syncing

from .conftest import Service


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
