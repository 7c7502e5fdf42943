"""The receiver is away for two days: Kaizala tries, gives up, and nothing is lost that a sync can repair."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError
from django.test import RequestFactory
from django.utils import timezone

from groups.models import SyncRun
from kaizala_admin.connectors.models import Grant
from kaizala_admin.dashboard.attention import attention
from kaizala_admin.kaizala import Question, Survey
from kaizala_admin.kaizala.payloads import SurveyResponse
from kaizala_admin.outbox.models import State
from kaizala_admin.outbox.pump import pump
from kaizala_admin.webhooks import comparing, services, storing, watching, working
from kaizala_admin.webhooks.models import Event, Subscription, SubscriptionCall
from surveys.models import ActionInstance, AnswerSync, Response
from surveys.services import syncing

from .test_subscribing import House, house, wait_for

__all__ = ["house"]
RETRIES, FIRST_WAIT = 6, 2 * 86_400 / 63  # of Kaizala's; each wait is twice the last
EVENTS = ["MemberAdded", "MemberRemoved", "SurveyCreated", "SurveyResponse"]
ASKED = (Question("Enough rain?", "SingleOption", ("Yes", "No")),)


class Disk:
    """Where the receiver stores; `is_away` as a database that does not answer."""

    def __init__(self) -> None:
        self.is_away, self.knocks, self._store = False, 0, storing.store

    def store(self, hook: int, body: bytes) -> None:
        if self.is_away:
            self.knocks += 1
            raise OperationalError("the database is away")
        self._store(hook, body)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    made = Disk()
    monkeypatch.setattr(storing, "store", made.store)
    return made


@pytest.fixture
def hook(house: House) -> Iterator[Subscription]:
    """Subscribed, and the group synced once."""
    house.sandbox.post("/sandbox/answers", enabled=False)
    yield services.subscribe(
        connector=house.grant.connector,
        object_type="Group",
        object_id=house.group.group_id,
        event_types=EVENTS,
        label=house.group.name,
    )
    house.sandbox.post("/sandbox/clock", reset=True)


def run(house: House, *tables: Any) -> None:
    """Makes every call in line of these classes."""
    now = timezone.now()
    permit = {"permits": 1, "permits_until": now + timedelta(minutes=5), "not_before": now}
    while sum([table.objects.filter(state=State.QUEUED).update(**permit) for table in tables]):
        pump(house.grant.connector_id)


def two_days(house: House, disk: Disk) -> None:
    """Kaizala's clock runs until it has given up."""
    wait_for(lambda: disk.knocks >= 2)

    def gave_up() -> bool:
        house.sandbox.post("/sandbox/clock", advanceSeconds=2 * FIRST_WAIT)
        return not house.held()[0].active

    wait_for(gave_up)
    assert disk.knocks > RETRIES


def watch(house: House) -> None:
    """The watchdog's hour is over."""
    Subscription.objects.update(checked_at=timezone.now() - timedelta(hours=2))
    assert watching.compare_due() == 1
    run(house, SubscriptionCall)


def on_phones(house: House) -> set[str]:
    return {one.mobile_number for one in house.client.fetch_members(house.group.group_id)}


def in_mirror(house: House) -> set[str]:
    return set(house.group.members.filter(gone_at=None).values_list("mobile_number", flat=True))


def test_two_days_without_a_receiver_lose_nothing_that_a_sync_can_repair(
    house: House, hook: Subscription, disk: Disk
) -> None:
    run(house, SubscriptionCall)
    client, group_id = house.client, house.group.group_id
    disk.is_away = True
    client.add_members(group_id, ["+919811100001"])
    sent = client.send_action(group_id, Survey("Rain", ASKED, due_in_hours=720))
    two_days(house, disk)
    client.add_members(group_id, ["+919811100002"])  # of this Kaizala tells nobody
    client.post_survey_response(group_id, sent.action_id, SurveyResponse(("Yes",)))
    assert Event.objects.count() == 0

    disk.is_away = False
    Grant.objects.update(access_token="", access_expires_at=None)  # two days went by here as well
    Subscription.objects.update(revived_on=timezone.now().date(), revived=comparing.MOST_REVIVALS)
    watch(house)
    assert [one.active for one in house.held()] == [False]
    assert "switched it off" in alert()
    Subscription.objects.update(revived_on=timezone.now().date() - timedelta(days=1))  # a new day
    watch(house)
    hook.refresh_from_db()
    assert (hook.state, [one.active for one in house.held()], alert()) == ("active", [True], "")
    assert SyncRun.objects.filter(group=house.group).exists()
    run(house, SyncRun)
    syncing.look(groups=[house.group])  # as the schedule does
    run(house, AnswerSync)
    assert in_mirror(house) == on_phones(house) >= {"+919811100001", "+919811100002"}
    assert ActionInstance.objects.get().kaizala_id == sent.action_id
    assert Response.objects.count() == 1

    client.add_members(group_id, ["+919811100003"])
    wait_for(lambda: Event.objects.count() == 1)
    working.work_off()
    assert "+919811100003" in in_mirror(house)


def test_a_receiver_that_is_back_within_two_days_gets_everything_by_itself(
    house: House, hook: Subscription, disk: Disk
) -> None:
    run(house, SubscriptionCall)
    disk.is_away = True
    house.client.add_members(house.group.group_id, ["+919811100001"])
    wait_for(lambda: disk.knocks == 1)
    disk.is_away = False
    wait_for(lambda: came_again(house))
    working.work_off()
    assert "+919811100001" in in_mirror(house)
    assert [one.active for one in house.held()] == [True]


def came_again(house: House) -> bool:
    """Kaizala's clock goes on, and it tries again."""
    house.sandbox.post("/sandbox/clock", advanceSeconds=FIRST_WAIT)
    return Event.objects.exists()


def alert() -> str:
    """What the home page says of subscriptions to somebody who may see them."""
    request = RequestFactory().get("/")
    request.user, _made = User.objects.get_or_create(username="boss", is_staff=True, is_superuser=True)
    return " ".join(item.text for item in attention(request) if "brings no events" in item.text)
