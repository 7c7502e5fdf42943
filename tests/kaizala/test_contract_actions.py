"""The same for actions, responses and reminders."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from kaizala_admin.kaizala import (
    Action,
    ActionProperty,
    ActionResponse,
    Announcement,
    CustomAction,
    Job,
    JobResponse,
    LetsMeet,
    Place,
    Poll,
    PollChoice,
    Question,
    Survey,
    SurveyResponse,
)

from .world import NEWCOMER, PACKAGE, PNG, World


def _actions(resource: str) -> list[Action]:
    tomorrow = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    place = Place(18.52, 73.85, "Pune")
    question = Question("How much?", "Numeric")
    return [
        Announcement("Rain", "It will rain", (resource,)),
        Poll("Tea?", (PollChoice("Yes"), PollChoice("No")), 24),
        Job("Dig", (NEWCOMER,), 48),
        LetsMeet("Talk", tomorrow, 45, place, "All"),
        Survey("Rain", (question,), 24, visibility="2", description="Weekly"),
        CustomAction(PACKAGE, "Visit", 24, (question,), (ActionProperty("place", "Pune"),)),
    ]


def test_every_kind_of_action_is_sent(world: World, group: str) -> None:
    resource = world.client.upload_media([("field.png", PNG, "image/png")])
    for action in _actions(resource):
        sent = world.client.send_action(group, action)
        path = f"/v1/groups/{group}/actions"
        assert world.last() == ("send_action", "POST", path, action.envelope())
        assert sent.reference_id
        assert bool(sent.action_id) == (not isinstance(action, Announcement))


def test_an_action_is_sent_to_chosen_subscribers_and_to_all(world: World) -> None:
    people = world.client.fetch_subscribers(world.public).subscribers
    phones = [person.mobile_number for person in people if person.mobile_number][:2]
    action = Poll("Chosen?", (PollChoice("Yes"), PollChoice("No")))
    sent = world.client.send_action_to_subscribers(world.public, action, phones)
    operation, method, path, body = world.last()
    assert (operation, method) == ("send_action_to_subscribers", "POST")
    assert path == f"/v1/groups/{world.public}/actions"
    assert body == {**action.envelope(), "subscribers": phones}
    assert sent.action_id
    world.client.send_action_to_subscribers(world.public, action, send_to_all=True)
    assert world.last()[3] == {**action.envelope(), "sendToAllSubscribers": True}


def test_actions_are_listed_and_paged_by_time(world: World) -> None:
    group = world.client.create_group("Jobs", "Hello", [NEWCOMER]).group_id
    start = datetime.now(UTC) - timedelta(minutes=5)
    ids = [world.client.send_action(group, Job(f"Dig {n}", (NEWCOMER,))).action_id for n in range(3)]
    page = world.client.fetch_actions(group, "Job", start, 2)
    query = f"actionType=Job&fromDate={int(start.timestamp())}&count=2"
    assert world.last() == ("fetch_actions", "GET", f"/v1/groups/{group}/actions?{query}", None)
    assert ([item.action_id for item in page.actions], page.has_more) == (ids[:2], True)
    assert {(item.action_type, item.title[:3]) for item in page.actions} == {("Job", "Dig")}
    assert all(item.sent_at and item.reference_id and item.sender for item in page.actions)


def test_a_survey_is_answered_changed_and_read(world: World, group: str) -> None:
    questions = (
        Question("Name"),
        Question("Crop", "SingleOption", ("Rice", "Maize")),
        Question("Ha", "Numeric"),
    )
    action_id = world.client.send_action(group, Survey("Fields", questions)).action_id
    path = f"/v1/groups/{group}/actions/{action_id}/responses"
    answer = SurveyResponse(("Asha", "Rice", 2.5))
    response_id = world.client.post_survey_response(group, action_id, answer)
    operation, method, sent_path, body = world.last()
    assert operation in ("post_survey_response", "post_action_response")
    assert (method, sent_path, body) == ("POST", path, answer.envelope())
    changed = SurveyResponse(("Asha", "Maize", 3), response_id=response_id)
    assert world.client.post_survey_response(group, action_id, changed) == response_id
    details = world.client.fetch_action(group, action_id)
    query = f"/v1/groups/{group}/actions/{action_id}?getDetails=true"
    assert world.last() == ("fetch_action", "GET", query, None)
    assert (details.action_id, details.action_type, details.title) == (action_id, "Survey", "Fields")
    (response,) = details.responses
    assert response.response_id == response_id
    visible = [(row.title, row.answer) for row in response.answers if not row.is_invisible]
    assert visible == [("Name", "Asha"), ("Crop", ["Maize"]), ("Ha", 3)]
    assert world.client.fetch_action(group, action_id, details=False).responses == ()


def test_a_job_is_done_and_read(world: World, group: str) -> None:
    me = world.connector["refreshTokens"][0]["phone"]
    action_id = world.client.send_action(group, Job("Dig", (me,))).action_id
    assert world.client.post_action_response(group, action_id, JobResponse(True))
    assert world.last()[3] == {"actionType": "Job", "actionBody": {"isCompleted": True}}
    (response,) = world.client.fetch_action(group, action_id).responses
    assert (response.responder, response.is_completed) == (me, True)


def test_a_custom_action_is_answered_and_its_properties_are_changed(world: World, group: str) -> None:
    action = CustomAction(PACKAGE, "Visit", questions=(Question("Where?"),))
    action_id = world.client.send_action(group, action).action_id
    response = ActionResponse(PACKAGE, ("Pune",))
    assert world.client.post_action_response(group, action_id, response)
    assert world.last()[3] == response.envelope()
    world.client.update_action_properties(group, action_id, [ActionProperty("state", "open")])
    _, method, path, body = world.last()
    assert method == "PUT"
    assert path == f"/v1/groups/{group}/actions/{action_id}/properties"
    assert body == {
        "version": -1,
        "notificationTargetGroup": group,
        "actionProperties": [{"propertyType": "Custom", "name": "state", "type": "Text", "value": "open"}],
    }
    details = world.client.fetch_action(group, action_id)
    assert details.action_type == ""
    assert details.details["properties"] == [{"name": "state", "type": "Text", "value": "open"}]


def test_people_are_reminded(world: World, group: str) -> None:
    action_id = world.client.send_action(group, Survey("Late", (Question("Name"),))).action_id
    sent = world.client.send_reminder(group, action_id)
    path = f"/v1/groups/{group}/actions/{action_id}/reminder"
    assert world.last() == ("send_reminder", "POST", path, {})
    assert (bool(sent.reference_id), sent.action_id) == (True, action_id)
