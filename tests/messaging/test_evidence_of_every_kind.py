"""Every kind goes out through the pump, its answer is lost, and what the sandbox itself tells settles it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from kaizala_admin.kaizala.payloads import WebhookSubscription
from kaizala_admin.outbox.models import State
from kaizala_admin.webhooks import working
from kaizala_admin.webhooks.models import Event, Subscription
from messaging import kinds, services
from messaging.audience import GROUPS, Choice
from messaging.evidence import prints
from messaging.models import ActionLook, Dispatch, MediaUpload
from tests.groups.conftest import service
from tests.messaging.kinds import samples
from tests.messaging.test_evidence import Town, state, town
from tests.sandbox.caller import Receiver

__all__ = ["service", "town"]
LISTED = [kind for kind in kinds.every() if prints.looked_type(kind)]
WITH_ID = {"survey", "job", "poll", "lets_meet", "custom_action"}
Lost = Callable[[str], Dispatch]


@pytest.fixture
def lost(town: Town, tmp_path: Path, settings: Any) -> Lost:
    """Launches a full content of the kind; Kaizala takes it, and its answer is lost."""
    settings.KAIZALA_LIBRARY_DIR = str(tmp_path / "library")
    contents = samples.every(samples.library())

    def send(kind: str) -> Dispatch:
        to = Choice(GROUPS, (town.group.pk,))
        draft = services.save_draft(
            tenant=town.group.tenant, choice=to, content=contents[kind], by=None, kind=kind
        )
        assert services.launch(draft, None, services.check(draft).people) is True
        town.run(MediaUpload)
        town.lose("send_message" if kind == "text" else "send_action")
        town.run()
        row = Dispatch.objects.get(broadcast=draft)
        assert state(row) == ("unknown", "no_answer")
        return row

    return send


@pytest.fixture
def receiver(town: Town) -> Iterator[Receiver]:
    """Subscribed to the group at the sandbox, for everything that tells of a post."""
    listening = Receiver()
    wanted = WebhookSubscription(town.group.group_id, "Group", tuple(prints.EVENTS), listening.url)
    town.service.client.subscribe_webhook(wanted)
    yield listening
    listening.close()


def told(town: Town, receiver: Receiver) -> dict[str, Any]:
    """The sandbox's own event, handed to the console as the receiver takes it."""
    ends = time.monotonic() + 10
    while not receiver.events:
        assert time.monotonic() < ends, "no event came"
        time.sleep(0.02)
    (said,) = receiver.events
    hook = Subscription.objects.create(
        connector=town.service.grant.connector,
        grant=town.service.grant,
        object_id=town.group.group_id,
        state=Subscription.State.ACTIVE,
    )
    body = json.dumps(said).encode()
    Event.objects.create(subscription=hook, body=body, size=len(body))
    working.work_off()
    return said


@pytest.mark.parametrize("kind", kinds.every())
def test_its_event_settles_it(kind: str, town: Town, lost: Lost, receiver: Receiver) -> None:
    row = lost(kind)
    said = told(town, receiver)
    assert (state(row), said["eventType"]) == (("sent", "found_at_kaizala"), EVENT_OF.get(kind, MEDIA))
    assert (row.action_id, bool(row.action_id)) == (said["data"].get("actionId", ""), kind in WITH_ID)
    assert row.evidence().startswith("Kaizala told us of it in an event")


MEDIA = "AttachmentCreated"
EVENT_OF = {
    "text": "TextMessageCreated",
    "announcement": "Announcement",
    "survey": "SurveyCreated",
    "job": "JobCreated",
    "poll": "PollCreated",
    "lets_meet": "LetsMeetCreated",
    "custom_action": "ActionCreated",
}


def test_the_list_is_asked_for_all_that_it_can_hold() -> None:
    assert sorted(LISTED) == ["image", "job", "lets_meet", "poll", "survey"]


@pytest.mark.parametrize("kind", LISTED)
def test_kaizalas_list_settles_it(kind: str, town: Town, lost: Lost) -> None:
    row = lost(kind)
    assert list(ActionLook.objects.values_list("action_type", flat=True)) == [prints.looked_type(kind)] * 2
    town.run(ActionLook)
    assert state(row) == ("sent", "found_at_kaizala")
    assert (row.reference_id != "", row.action_id != "") == (True, kind in WITH_ID)
    assert row.evidence().startswith("Kaizala's list of actions holds it")


@pytest.mark.parametrize("kind", [kind for kind in kinds.every() if kind not in LISTED])
def test_what_the_list_cannot_hold_is_not_looked_for(kind: str, town: Town, lost: Lost) -> None:
    lost(kind)
    assert not ActionLook.objects.filter(state=State.QUEUED, not_before__gt=timezone.now()).exists()
