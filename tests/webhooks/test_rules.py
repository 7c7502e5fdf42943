"""Rules for surveys and packages, from the rule to the mirrored answer, over real HTTP."""

from __future__ import annotations

import pytest
from django.utils import timezone

from kaizala_admin.kaizala import CustomAction, Question, Survey
from kaizala_admin.kaizala.payloads import ActionResponse, SurveyResponse
from kaizala_admin.webhooks import services, working
from kaizala_admin.webhooks.models import Event, Subscription
from messaging.models import Broadcast, Dispatch
from surveys.models import Action, ActionInstance, Response
from surveys.subscribing import EVERY_ACTION, EVERY_PACKAGE

from .test_subscribing import House, house, wait_for

__all__ = ["house"]
PACKAGE = "com.example.visit"
ASKED = (Question("Enough rain?", "SingleOption", ("Yes", "No")),)


@pytest.fixture(autouse=True)
def quiet(house: House) -> None:
    house.sandbox.post("/sandbox/answers", enabled=False)


def mirrored(house: House, kind: str, kaizala_id: str, package_id: str = "") -> ActionInstance:
    now = timezone.now()
    action = Action.objects.create(
        tenant=house.group.tenant, kind=kind, package_id=package_id, title="Visit", sent_at=now
    )
    return ActionInstance.objects.create(
        action=action, group=house.group, kaizala_id=kaizala_id, sent_at=now, first_seen_at=now
    )


def one_answer_came() -> None:
    """A single event brought a single answer."""
    wait_for(lambda: Event.objects.count() == 1)
    working.work_off()
    assert list(Event.objects.values_list("state", "error")) == [("done", "")]
    assert Response.objects.count() == 1


def test_a_rule_for_packages_hears_of_every_instance_wherever_it_is_sent(house: House) -> None:
    mirrored(house, "Action", "an-earlier-one", PACKAGE)
    services.add_rule(connector=house.grant.connector, source=EVERY_PACKAGE, event_types=["ActionResponse"])
    assert (services.apply_rules(), services.apply_rules()) == (1, 0)
    house.run()
    row = Subscription.objects.get()
    assert (row.state, row.object_type, row.object_id) == ("active", "ActionPackage", PACKAGE)
    group_id = house.group.group_id
    sent = house.client.send_action(group_id, CustomAction(PACKAGE, title="Visit", questions=ASKED))
    answer = ActionResponse(PACKAGE, ("Yes",))
    house.client.post_action_response(group_id, sent.action_id, answer)
    one_answer_came()
    assert ActionInstance.objects.get(kaizala_id=sent.action_id).group == house.group


def test_a_rule_for_what_we_sent_hears_of_its_answers_and_ends_when_it_is_over(house: House) -> None:
    connector, group_id = house.grant.connector, house.group.group_id
    sent = house.client.send_action(group_id, Survey("Rain", ASKED))
    instance = mirrored(house, "Survey", sent.action_id)
    broadcast = Broadcast.objects.create(tenant=house.group.tenant, title="Rain", kind="survey")
    instance.dispatch = Dispatch.objects.create(
        broadcast=broadcast, group=house.group, mode="group", grant=house.grant, connector=connector
    )
    instance.save()
    services.add_rule(connector=connector, source=EVERY_ACTION)
    assert services.apply_rules() == 1
    house.run()
    house.client.post_survey_response(group_id, sent.action_id, SurveyResponse(("No",)))
    one_answer_came()
    row = Subscription.objects.get()
    assert (row.object_type, row.object_id, row.state) == ("Action", sent.action_id, "active")
    services.unsubscribe(Subscription.objects.all())
    house.run()
    assert house.client.fetch_webhooks(sent.action_id, "Action") == ()
