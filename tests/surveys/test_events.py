"""Answers told by webhooks: in any order, three times over, before the survey is known, against a sync."""

from __future__ import annotations

import itertools
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from groups.models import Group
from kaizala_admin.connectors.models import Tenant
from kaizala_admin.webhooks.router import Received
from surveys import events
from surveys.models import Action, ActionInstance, Assignee, Response, ResponseEdit, Tally
from tests.tables import tables

START = datetime(2026, 5, 1, 10, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def group() -> Group:
    tenant = Tenant.objects.create(name="Harvest")
    return Group.objects.create(tenant=tenant, group_id="g1", name="Farmers", first_seen_at=START)


def survey(response_id: str, crop: str, at: int, **more: Any) -> dict[str, Any]:
    """One answer as Kaizala posts it, `at` milliseconds after the start (contract 15)."""
    moment = int((START + timedelta(milliseconds=at)).timestamp() * 1000)
    hidden = {"options": [], "isInvisible": True}
    rows = [
        {"title": "Crop?", "type": "SingleOption", "options": [{"title": "Good"}], "answer": [crop]},
        {"title": "Acres", "type": "Numeric", "options": [], "answer": 3.0},
        {"title": "Responder Location", "type": "Location", "answer": {"lt": 1.0, "lg": 2.0}, **hidden},
        {"title": "ResponseTime", "type": "DateTime", "answer": moment, **hidden},
        {"title": "Responder Name", "type": "Text", "answer": "Asha", **hidden},
    ]
    return {
        "actionId": "a1",
        "groupId": "g1",
        "responseId": response_id,
        "isUpdateResponse": at > 0,
        "responder": "+919812345678",
        "responderName": "Asha",
        "responderId": "u1",
        "responderProfilePic": "",
        "isAnonymous": False,
        "responseDetails": {"responseWithQuestions": rows},
        **more,
    }


CREATED = {
    "actionId": "a1",
    "groupId": "g1",
    "title": "Harvest",
    "questions": [
        {"title": "Crop?", "type": "SingleOption", "options": [{"title": "Good"}, {"title": "Poor"}]},
        {"title": "Acres", "type": "Numeric", "options": []},
    ],
}


def event(group: Group, event_type: str, data: dict[str, Any]) -> Received:
    return Received(
        pk=1,
        received_at=START,
        connector_id=1,
        tenant_id=group.tenant_id,
        subscription_id=1,
        object_type="Group",
        object_id="g1",
        event_type=event_type,
        event_id="e",
        group_id=data["groupId"],
        data=data,
        context="",
        sender_number="+919800000000",
        sender_id="",
        sender_name="",
    )


def tell(group: Group, *data: dict[str, Any], kind: str = "Survey") -> None:
    """The events of one batch, of one type each, in the transaction that marks them as done."""
    for ending, handler in (("Response", events.answered), ("Created", events.created)):
        some = [one for one in data if ("responseId" in one) == (ending == "Response")]
        if some:
            with transaction.atomic():
                handler([event(group, f"{kind}{ending}", one) for one in some])


def mirror() -> dict[str, Any]:
    """What the mirror holds, without what tells the order of writing."""
    questions = Action.objects.get().questions.all()
    return {
        "questions": [(q.index, q.title, q.type, sorted(q.options)) for q in questions],
        "responses": sorted(
            (row.key, str(row.answers), row.answered_at, row.edit_count) for row in Response.objects.all()
        ),
        "edits": sorted(
            (row.response.key, str(row.answers), row.answered_at) for row in ResponseEdit.objects.all()
        ),
        "tallies": sorted(
            Tally.objects.exclude(count=0).values_list("place", "key", "count").order_by("place", "key")
        ),
        "count": ActionInstance.objects.get().response_count,
    }


TOLD = [CREATED, survey("r1", "Good", 0), survey("r1", "Poor", 2500), survey("r1", "Good", 7000)]


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_events_in_any_order_and_three_times_come_to_the_same_mirror(
    group: Group, order: tuple[int, ...]
) -> None:
    for at in (*order, *reversed(order), *order):
        tell(group, TOLD[at])
    found = mirror()
    assert found["responses"] == [
        ("r:r1", "{'q0': 'Good', 'q1': 3}", START + timedelta(milliseconds=7000), 2)
    ]
    assert [(answers, at) for _key, answers, at in found["edits"]] == [
        ("{'q0': 'Good', 'q1': 3}", START),
        ("{'q0': 'Poor', 'q1': 3}", START + timedelta(milliseconds=2500)),
    ]
    assert found["tallies"] == [
        (-1, "2026-05-01T10", 1),
        (0, "", 1),
        (0, "o:Good", 1),
        (1, "", 1),
        (1, "n:3", 1),
    ]
    assert found["questions"] == [
        (0, "Crop?", "SingleOption", ["Good", "Poor"]),
        (1, "Acres", "Numeric", []),
    ]
    assert found["count"] == 1


def test_a_batch_of_fifty_events_asks_the_database_as_often_as_a_batch_of_two(group: Group) -> None:
    tell(group, CREATED, survey("r0", "Good", 0))

    def asked(count: int, first: int) -> int:
        batch = [survey(f"r{first + at}", "Good", at) for at in range(count)]
        with CaptureQueriesContext(connection) as seen:
            tell(group, *batch)
        return len(seen)

    assert asked(2, 10) == asked(50, 100)
    assert Response.objects.count() == 53


def test_an_anonymous_answer_stores_nobody_also_when_the_sender_named_them(group: Group) -> None:
    tell(group, survey("r1", "Good", 0, isAnonymous=True))
    row = Response.objects.get()
    assert (row.responder_number, row.responder_name, row.responder_id) == ("", "", "")
    assert "Asha" not in str(list(Response.objects.values()))
    assert Action.objects.get().is_anonymous is True


def test_people_are_forgotten_when_an_action_turns_out_to_be_anonymous(group: Group) -> None:
    tell(group, survey("r1", "Good", 0))
    assert Response.objects.get().responder_name == "Asha"
    tell(group, {**CREATED, "isAnonymous": True})
    row = Response.objects.get()
    assert (row.responder_number, row.responder_name, row.responder_id) == ("", "", "")


def test_a_job_that_is_done_is_done_for_its_assignee(group: Group) -> None:
    created = {"actionId": "j1", "groupId": "g1", "title": "Dig", "assignedTo": ["+911", "+912"]}
    done = {"assignee": "+911", "assigneeName": "Asha", "assigneeProfilePic": "", "isCompleted": True}
    told = {
        "actionId": "j1",
        "groupId": "g1",
        "responseId": "r1",
        "responseDetails": {"response": done},
    }
    for _again in range(2):
        tell(group, told, kind="Job")
        tell(group, created, kind="Job")
    people = Assignee.objects.order_by("mobile_number").values_list("mobile_number", "name", "is_done")
    assert list(people) == [("+911", "Asha", True), ("+912", "", False)]
    job = ActionInstance.objects.get()
    assert (job.assignee_count, job.done_count, job.is_completed) == (2, 1, False)


def test_an_event_of_an_unknown_group_is_not_placed(group: Group) -> None:
    with pytest.raises(ValueError, match="not in the mirror"):
        tell(group, survey("r1", "Good", 0, groupId="elsewhere"))
    assert Response.objects.count() == 0


def test_a_poll_answer_without_a_time_is_kept_and_an_update_of_it_is_fetched(group: Group) -> None:
    def poll(choice: str, is_update: bool) -> dict[str, Any]:
        more = {"isUpdateResponse": is_update, "responder": "+911", "responseDetails": {"choice": choice}}
        return {"actionId": "p1", "groupId": "g1", "responseId": "r1", "isAnonymous": False, **more}

    for data in (poll("Coffee", True), poll("Tea", False), poll("Coffee", True)):
        tell(group, data, kind="Poll")
    row = Response.objects.get()
    assert (row.answers, row.edit_count) == ({"q0": "Coffee"}, 1)
    assert ActionInstance.objects.get().wants_fetch is True


def test_no_name_or_number_of_an_anonymous_survey_is_anywhere_in_the_database(group: Group) -> None:
    """Also not after an edit, in the history, in keys, or when the survey was not known as anonymous."""
    for at in (0, 3_000):
        tell(group, survey("r1", "Good" if at else "Poor", at))
    tell(group, {**CREATED, "isAnonymous": True})
    tell(group, survey("r2", "Good", 9_000, isAnonymous=True, responder="", responderName=""))
    told = {"+919812345678", "9812345678", "Asha", "u1"}
    found = set()
    for table, rows in tables():
        words = re.findall(r"\+?\w+", "\n".join(rows))
        found |= {(table, word) for word in told if word in words}
    assert found == set()
    assert Response.objects.count() == 2
