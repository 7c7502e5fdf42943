"""Subscriptions, over real HTTP in both directions: the sandbox validates, holds, and calls back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from groups.models import Group, Reach, SyncRun
from groups.subscribing import EVERY_GROUP
from kaizala_admin.connectors import call_log
from kaizala_admin.connectors.models import Connector, Grant
from kaizala_admin.kaizala import KaizalaClient
from kaizala_admin.outbox.models import State
from kaizala_admin.outbox.pump import pump
from kaizala_admin.webhooks import hooks, services, watching, working
from kaizala_admin.webhooks.models import Event, StrayCall, Subscription, SubscriptionCall
from tests.groups.conftest import connect
from tests.sandbox_process import SandboxProcess

S = Subscription.State
CALLS = (SubscriptionCall, StrayCall)


@dataclass
class House:
    """The console under test, the sandbox's side of it, and the stand-in for the dispatcher."""

    sandbox: SandboxProcess
    grant: Grant
    client: KaizalaClient
    group: Group

    def run(self) -> None:
        """Makes every call that is in line."""
        now = timezone.now()
        permit = {"permits": 1, "permits_until": now + timedelta(minutes=1), "not_before": now}
        while sum([table.objects.filter(state=State.QUEUED).update(**permit) for table in CALLS]):
            pump(self.grant.connector_id)

    def subscribe(self, **more: Any) -> Subscription:
        row = services.subscribe(
            connector=self.grant.connector,
            object_type="Group",
            object_id=self.group.group_id,
            event_types=["TextMessageCreated", "MemberAdded"],
            label=self.group.name,
            **more,
        )
        self.run()
        row.refresh_from_db()
        return row

    def held(self) -> tuple[Any, ...]:
        """What Kaizala holds for the group."""
        return self.client.fetch_webhooks(self.group.group_id, "Group")

    def disable(self, row: Subscription) -> None:
        self.client.update_webhook(row.remote_id, active=False)


@pytest.fixture
def house(
    transactional_db: None, live_server: LiveServer, sandbox: SandboxProcess, settings: Settings
) -> Iterator[House]:
    settings.KAIZALA_PUBLIC_URL = live_server.url
    sandbox.post("/sandbox/reset")
    sandbox.post("/sandbox/budgets", connectorPerMinute=1_000_000, tenantPerMinute=1_000_000)
    grant = connect(sandbox)
    Connector.objects.update(calls_per_minute=600_000)
    connector = grant.connector
    client = KaizalaClient(
        connector.api_root, connector.application_id, connector.application_secret, grant.refresh_token
    )
    remote = next(one for one in client.fetch_groups(all_groups=True) if one.group_type == "Group")
    group = Group.objects.create(
        tenant=connector.tenant, group_id=remote.group_id, name=remote.name, first_seen_at=timezone.now()
    )
    Reach.objects.create(grant=grant, group=group, role="Admin", first_seen_at=timezone.now())
    hooks.forget()
    yield House(sandbox, grant, client, group)
    call_log.flush()
    hooks.forget()


def wait_for(there: Callable[[], object]) -> None:
    """The sandbox delivers within milliseconds; a loaded machine may take longer."""
    ends = time.monotonic() + 30
    while not there():
        assert time.monotonic() < ends, "nothing came"
        time.sleep(0.02)


def test_subscribed_events_come_in_and_are_worked_off(house: House) -> None:
    row = house.subscribe()
    assert (row.state, [one.webhook_id for one in house.held()]) == (S.ACTIVE, [row.remote_id])
    house.client.send_message(house.group.group_id, "The rain comes on Friday")
    house.client.add_members(house.group.group_id, ["+919811122233"])
    wait_for(lambda: Event.objects.count() == 2)
    assert working.work_off() == 2
    found = set(Event.objects.values_list("event_type", "state"))
    assert ("MemberAdded", "done") in found
    assert house.group.members.filter(mobile_number="+919811122233", gone_at=None).count() == 1


def test_an_address_that_does_not_answer_is_refused_and_says_so(house: House, settings: Settings) -> None:
    settings.KAIZALA_PUBLIC_URL = "http://127.0.0.1:9"
    row = house.subscribe()
    assert (row.state, row.state_reason) == (
        S.REFUSED,
        "Kaizala said no: callBackUrl did not answer the validation.",
    )


def test_what_is_ended_here_is_ended_there(house: House) -> None:
    row = house.subscribe()
    assert services.unsubscribe(Subscription.objects.all()) == 1
    house.run()
    row.refresh_from_db()
    assert (row.state, house.held()) == (S.ENDED, ())
    house.subscribe()  # the same object may be subscribed to again
    assert len(house.held()) == 1


def test_a_subscription_that_was_never_told_ends_without_a_call(house: House) -> None:
    services.subscribe(
        connector=house.grant.connector, object_type="Group", object_id="g", event_types=["MemberAdded"]
    )
    services.unsubscribe(Subscription.objects.all())
    assert Subscription.objects.get().state == S.ENDED
    assert list(SubscriptionCall.objects.values_list("state", flat=True)) == ["cancelled"]


def test_a_lost_answer_leaves_one_webhook_after_the_comparison(house: House) -> None:
    house.sandbox.post(
        "/sandbox/faults", operation="subscribe_webhook", kind="error-after", status=500, times=1
    )
    row = house.subscribe()
    house.sandbox.delete("/sandbox/faults")
    assert (row.state, [one.webhook_id for one in house.held()]) == (S.ACTIVE, [row.remote_id])


def test_what_kaizala_forgot_is_subscribed_anew_and_the_gap_is_synced(house: House) -> None:
    row = house.subscribe()
    house.client.unsubscribe_webhook(row.remote_id)
    services.compare([row])
    house.run()
    again = Subscription.objects.get()
    assert (again.state, [one.webhook_id for one in house.held()]) == (S.ACTIVE, [again.remote_id])
    assert again.remote_id != row.remote_id
    assert SyncRun.objects.filter(group=house.group).count() == 1


def test_what_kaizala_switched_off_is_switched_on_three_times_a_day(house: House) -> None:
    row = house.subscribe()
    for _ in range(3):
        house.disable(row)
        services.compare([row])
        house.run()
        assert [one.active for one in house.held()] == [True]
    house.disable(row)
    services.compare([row])
    house.run()
    row.refresh_from_db()
    assert (row.state, [one.active for one in house.held()]) == (S.DISABLED, [False])
    assert services.switch_on([row]) == 1  # a person may
    house.run()
    row.refresh_from_db()
    assert (row.state, [one.active for one in house.held()]) == (S.ACTIVE, [True])


def test_other_events_and_other_secrets_are_told(house: House) -> None:
    row = house.subscribe()
    services.change_events(row, ["MemberRemoved"])
    services.change_secrets(row)
    house.run()
    row.refresh_from_db()
    held = house.held()[0]
    assert (held.event_types, held.callback_url, held.callback_token) == (
        ("MemberRemoved",),
        row.callback_url,
        row.callback_token,
    )


def test_a_console_that_moved_tells_its_new_address(
    house: House, settings: Settings, live_server: LiveServer
) -> None:
    row = house.subscribe()
    settings.KAIZALA_PUBLIC_URL = live_server.url.replace("localhost", "127.0.0.1") + "/"
    assert (watching.tell_new_address(), watching.tell_new_address()) == (1, 0)
    house.run()
    row.refresh_from_db()
    assert house.held()[0].callback_url == row.callback_url
    assert watching.tell_new_address() == 0


def test_a_rule_subscribes_to_every_group_and_lets_go_of_those_that_left(house: House) -> None:
    services.add_rule(connector=house.grant.connector, source=EVERY_GROUP, event_types=["MemberAdded"])
    assert (services.apply_rules(), services.apply_rules()) == (1, 0)
    house.run()
    row = Subscription.objects.get()
    assert (row.state, row.label, [one.event_types for one in house.held()]) == (
        S.ACTIVE,
        house.group.name,
        [("MemberAdded",)],
    )
    other = Group.objects.create(
        tenant=house.group.tenant, group_id="other", name="Other", first_seen_at=timezone.now()
    )
    Reach.objects.create(grant=house.grant, group=other, first_seen_at=timezone.now())
    Group.objects.filter(pk=house.group.pk).update(gone_at=timezone.now())
    assert services.apply_rules() == 2
    row.refresh_from_db()
    assert row.state == S.ENDING


def test_a_source_that_names_nothing_ends_nothing(house: House) -> None:
    """A mirror that is empty, or a grant that is refused, must not end every subscription."""
    services.add_rule(connector=house.grant.connector, source=EVERY_GROUP)
    services.apply_rules()
    Grant.objects.update(state=Grant.State.REVOKED)
    assert services.apply_rules() == 0


def test_the_watch_compares_once_an_hour_and_renews(house: House) -> None:
    row = house.subscribe()
    assert watching.compare_due() == 0
    Subscription.objects.update(checked_at=timezone.now() - timedelta(minutes=61))
    assert (watching.compare_due(), watching.compare_due()) == (1, 0)
    house.run()
    row.refresh_from_db()
    assert row.valid_until is not None
    Subscription.objects.update(valid_until=timezone.now() + timedelta(days=20))
    assert (watching.renew(), watching.renew()) == (1, 0)
    house.run()
    validity = house.held()[0].validity
    assert validity is not None
    assert validity > timezone.now() + timedelta(days=700)


def test_a_connector_that_falls_silent_is_found(house: House) -> None:
    house.subscribe()
    now = timezone.now()
    Subscription.objects.update(last_event_at=now - timedelta(hours=30), usual_gap=3600)
    assert [one.connector_id for one in watching.silent_connectors(now)] == [house.grant.connector_id]
    Subscription.objects.update(usual_gap=12 * 3600)
    assert list(watching.silent_connectors(now)) == []
