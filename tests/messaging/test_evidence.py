"""Calls in doubt are settled by what the sandbox tells, over real HTTP; its ledger says what is true."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from groups.models import Group, Member, Reach
from kaizala_admin.connectors.models import Connector
from kaizala_admin.outbox.models import Attempt, State
from kaizala_admin.outbox.pump import pump
from kaizala_admin.webhooks import working
from kaizala_admin.webhooks.models import Event, Subscription
from messaging import services
from messaging.audience import GROUPS, Choice
from messaging.evidence import identities, looks
from messaging.models import ActionLook, Broadcast, Delivery, Dispatch, Echo
from tests.groups.conftest import Service, service

__all__ = ["service"]
TEXT = "The rain comes on Friday"
SURVEY = {"actionType": "Survey"}


@dataclass
class Town:
    """The organisation in the mirror, one group of it, and the stand-ins for dispatcher and webhook."""

    service: Service
    group: Group

    def run(self, row_class: Any = Dispatch) -> None:
        """Makes every call in line, also those that are not due yet."""
        now = timezone.now()
        due = {"permits_until": now + timedelta(minutes=1), "not_before": now - timedelta(seconds=1)}
        while row_class.objects.filter(state=State.QUEUED).update(permits=1, **due):
            pump(self.service.grant.connector_id)

    def lose(self, operation: str = "send_message", kind: str = "error-after", times: int = 1) -> None:
        self.service.sandbox.post("/sandbox/faults", operation=operation, kind=kind, status=500, times=times)

    def send(self, text: str = TEXT) -> Dispatch:
        draft = services.save_draft(
            tenant=self.group.tenant,
            choice=Choice(GROUPS, (self.group.pk,)),
            content={"message": text},
            by=None,
        )
        assert services.launch(draft, None, services.check(draft).people) is True
        self.run()
        return Dispatch.objects.get(broadcast=draft)

    def hear(self, text: str = TEXT, event_id: str = "e-1", sender: str | None = None) -> None:
        """What the webhook would bring of a text."""
        self.told("TextMessageCreated", {"text": text}, event_id, sender)

    def told(
        self, event_type: str, data: dict[str, Any], event_id: str = "e-1", sender: str | None = None
    ) -> None:
        """What the webhook would bring."""
        ours = next(iter(identities.of_grant(self.service.grant).numbers))
        hook, _made = Subscription.objects.get_or_create(
            connector=self.service.grant.connector,
            grant=self.service.grant,
            object_id=self.group.group_id,
            state=Subscription.State.ACTIVE,
        )
        said = {
            "objectId": self.group.group_id,
            "objectType": "Group",
            "eventType": event_type,
            "eventId": event_id,
            "data": data,
            "fromUser": sender or f"+{ours}",
        }
        Event.objects.create(subscription=hook, body=json.dumps(said).encode(), size=1)
        working.work_off()


@pytest.fixture
def town(service: Service) -> Iterator[Town]:
    Connector.objects.update(calls_per_minute=600_000)
    tenant = service.grant.connector.tenant
    tenant.calls_per_minute = 600_000
    tenant.save()
    remote = next(one for one in service.client.fetch_groups(all_groups=True) if one.group_type == "Group")
    now = timezone.now()
    group = Group.objects.create(
        tenant=tenant,
        group_id=remote.group_id,
        name=remote.name,
        first_seen_at=now,
        synced_at=now,
        member_count=5,
    )
    Reach.objects.create(grant=service.grant, group=group, role="Admin", first_seen_at=now)
    Member.objects.bulk_create(
        Member(group=group, person_id=f"p{at}", mobile_number=f"+9198{at:08d}", first_seen_at=now)
        for at in range(5)
    )
    yield Town(service, group)
    service.sandbox.delete("/sandbox/faults")


def state(row: Dispatch) -> tuple[str, str]:
    row.refresh_from_db()
    return row.state, row.reason


def test_an_echo_settles_a_text_and_the_ledger_shows_why(town: Town) -> None:
    town.lose()
    row = town.send()
    assert state(row) == ("unknown", "no_answer")
    town.hear()
    assert state(row) == ("sent", "found_at_kaizala")
    assert row.evidence().startswith("Kaizala told us of it in an event")
    line = Delivery.objects.get(dispatch=row)
    assert (line.state, line.reason) == ("sent", "found_at_kaizala")
    assert Broadcast.objects.get().state == "finished"


def test_an_echo_that_came_before_the_doubt_counts_too(town: Town) -> None:
    town.lose()
    row = town.send()
    Dispatch.objects.filter(pk=row.pk).update(state=State.SENDING)  # its worker still waits for the answer
    town.hear()
    assert state(row)[0] == "sending"
    Dispatch.objects.filter(pk=row.pk).update(state=State.UNKNOWN)
    assert looks.tick() == (1, 0)
    assert state(row) == ("sent", "found_at_kaizala")


def test_somebody_elses_words_prove_nothing(town: Town) -> None:
    town.lose()
    row = town.send()
    town.hear(sender="+919999999999")
    town.hear("Other words", "e-2")
    assert state(row)[0] == "unknown"


def test_two_equal_texts_and_one_echo_stay_in_doubt(town: Town) -> None:
    town.lose(times=2)
    rows = [town.send(), town.send()]
    town.hear()
    assert [state(row)[0] for row in rows] == ["unknown", "unknown"]


def test_a_text_that_was_sent_again_by_a_person_is_no_proof_for_another(town: Town) -> None:
    town.lose()
    first = town.send()
    services.send_again(first, None)
    town.run()
    town.lose()
    second = town.send()
    town.hear()
    assert (state(first)[0], state(second)[0]) == ("sent", "unknown")


@pytest.mark.parametrize("after", [State.QUEUED, State.FAILED, State.CANCELLED])
def test_nor_is_one_that_was_in_doubt_and_has_not_been_sent_again_yet(town: Town, after: str) -> None:
    """Its first try may have arrived, whatever became of it since."""
    town.lose()
    first = town.send()
    town.lose(kind="error-before")
    second = town.send()
    services.send_again(first, None)
    Dispatch.objects.filter(pk=first.pk).update(state=after)
    town.hear()
    assert (state(first)[0], state(second)[0]) == (after, "unknown")


def test_a_person_who_decided_first_wins(town: Town) -> None:
    town.lose()
    row = town.send()
    services.arrived(row, None)
    Dispatch.objects.filter(pk=row.pk).update(reason="said_by_a_person")
    town.hear()
    assert state(row) == ("sent", "said_by_a_person")
    assert Echo.objects.count() == 1


def survey_in_doubt(town: Town, kind: str = "error-after") -> Dispatch:
    """A survey whose answer was lost; the call itself is made by hand, as its kind would make it."""
    from kaizala_admin.kaizala import KaizalaError, Question, Survey

    questions = (Question(title="Enough?", type="SingleOption", options=("Yes", "No")),)
    town.lose("send_action", kind)
    broadcast = Broadcast.objects.create(
        tenant=town.group.tenant,
        title="Harvest",
        kind="survey",
        content={"headline": "How was the harvest?"},
        state=Broadcast.State.RUNNING,
    )
    grant = town.service.grant
    row = Dispatch.objects.create(
        broadcast=broadcast, group=town.group, mode="group", connector=grant.connector, grant=grant, people=5
    )
    Attempt.objects.create(
        row_class="messaging.dispatch",
        row_id=row.pk,
        number=1,
        started_at=timezone.now(),
        outcome=State.UNKNOWN,
    )
    with pytest.raises(KaizalaError):
        town.service.client.send_action(
            town.group.group_id, Survey(title="How was the harvest?", questions=questions)
        )
    Dispatch.objects.filter(pk=row.pk).update(state=State.UNKNOWN, reason="no_answer")
    row.refresh_from_db()
    row.state_changed(State.UNKNOWN)
    return row


def test_the_list_of_actions_settles_a_survey_and_brings_its_id(town: Town) -> None:
    row = survey_in_doubt(town)
    assert list(ActionLook.objects.values_list("action_type", "turn", "lane")) == [
        ("Survey", 1, 30),
        ("Survey", 2, 30),
    ]
    town.run(ActionLook)
    assert state(row) == ("sent", "found_at_kaizala")
    assert row.action_id != ""
    assert row.evidence().startswith("Kaizala's list of actions holds it")


def test_two_equal_surveys_and_one_in_the_list_stay_in_doubt(town: Town) -> None:
    rows = [survey_in_doubt(town), survey_in_doubt(town, "error-before")]
    assert ActionLook.objects.count() == 2  # one look for both
    town.run(ActionLook)
    assert [state(row)[0] for row in rows] == ["unknown", "unknown"]


def test_what_is_absent_is_sent_again_only_where_that_is_wanted(town: Town, settings: Settings) -> None:
    row = survey_in_doubt(town, "error-before")
    town.run(ActionLook)
    Attempt.objects.update(started_at=timezone.now() - timedelta(minutes=16))
    ActionLook.objects.update(since=timezone.now() - timedelta(minutes=20))
    for policy in ("ask", "never"):
        settings.KAIZALA_UNKNOWN_POLICY = policy
        assert looks.tick() == (0, 0)
        assert state(row)[0] == "unknown"
    settings.KAIZALA_UNKNOWN_POLICY = "resend_if_absent"
    assert looks.tick() == (0, 1)
    assert state(row)[0] == "queued"


def test_a_text_is_never_sent_again_by_itself(town: Town, settings: Settings) -> None:
    settings.KAIZALA_UNKNOWN_POLICY = "resend_if_absent"
    town.lose(kind="error-before")
    row = town.send()
    Attempt.objects.update(started_at=timezone.now() - timedelta(hours=1))
    assert looks.tick() == (0, 0)
    assert state(row)[0] == "unknown"


def test_where_the_policy_is_never_nobody_sends_again(town: Town, settings: Settings) -> None:
    settings.KAIZALA_UNKNOWN_POLICY = "never"
    town.lose()
    row = town.send()
    assert not services.send_again(row, None)
    assert state(row)[0] == "unknown"


def test_the_page_says_what_is_known(town: Town) -> None:
    town.lose(times=1)
    row = town.send()
    boss = User.objects.create(username="boss", is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(boss, backend="django.contrib.auth.backends.ModelBackend")
    address = reverse("admin:messaging_broadcast_unknowns", args=[row.broadcast_id])
    page = client.get(address).content.decode()
    assert "The group is not subscribed to, so no event can tell of it." in page
    assert "Kaizala lists nothing of this kind." in page
    town.hear()
    page = client.get(address).content.decode()
    assert "Settled by what Kaizala told" in page
    assert "Kaizala told us of it in an event" in page
