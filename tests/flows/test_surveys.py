"""From a survey on the phones to its page: people answer by themselves, and their answers are shown."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from groups.models import Group
from kaizala_admin.connectors.clients import client_for
from kaizala_admin.connectors.models import Connector, Grant
from kaizala_admin.kaizala import KaizalaClient, Question, Survey
from surveys.models import Action, ActionInstance, AnswerSync, Response
from surveys.services import syncing
from tests.flows.house import House

pytestmark = pytest.mark.flow

ASKED = (
    Question("How is the crop?", "SingleOption", ("Good", "Fair", "Poor")),
    Question("How many acres?", "Numeric"),
)


def client_of(connector: Connector) -> KaizalaClient:
    grant = Grant.objects.select_related("connector__tenant").get(connector=connector)
    return client_for(grant)


def fetched(house: House) -> None:
    house.wait(lambda: not AnswerSync.objects.filter(state__in=["queued", "sending"]).exists())
    assert set(AnswerSync.objects.values_list("state", flat=True)) == {"sent"}


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_what_people_answer_to_a_survey_is_on_its_page(house: House, synced: Connector) -> None:
    house.post("/sandbox/answers", enabled=True, share=1, delaySeconds=0)
    groups = list(Group.objects.filter(group_type="Group", member_count__gt=3).order_by("member_count")[:2])
    client = client_of(synced)
    sent = [client.send_action(group.group_id, Survey("The harvest", ASKED)) for group in groups]
    house.post("/sandbox/clock", advanceSeconds=120)
    pairs = list(zip(groups, sent, strict=True))
    house.wait(
        lambda: all(client.fetch_action(group.group_id, one.action_id).responses for group, one in pairs)
    )
    syncing.look(groups=groups)
    fetched(house)

    action = Action.objects.get()
    instances = ActionInstance.objects.order_by("pk")
    assert {one.kaizala_id for one in instances} == {one.action_id for one in sent}
    there = sum(len(client.fetch_action(group.group_id, one.action_id).responses) for group, one in pairs)
    assert Response.objects.count() == sum(one.response_count for one in instances) == there > 3

    page = signed_in(house.administrator()).get(f"{action.get_absolute_url()}?tab=responses")
    text = page.content.decode()
    assert page.status_code == 200
    for row in Response.objects.order_by("-pk")[:20]:
        assert row.responder_name in text
