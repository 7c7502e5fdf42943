"""Kaizala's events over a real webhook: phones act, and the console's pages change without a sync."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import expect

from groups.models import Group, Member
from kaizala_admin.connectors.clients import client_for
from kaizala_admin.connectors.models import Connector, Grant
from kaizala_admin.kaizala import EVENT_TYPES, Job, KaizalaClient, Poll, PollChoice
from kaizala_admin.webhooks import calling
from kaizala_admin.webhooks.models import Event, Subscription
from surveys.models import Action, ActionInstance, Assignee, Response
from tests.flows.house import House
from tests.flows.test_browser import Visit, browser, visit  # noqa: F401 - fixtures


def client_of(connector: Connector) -> KaizalaClient:
    return client_for(Grant.objects.select_related("connector__tenant").get(connector=connector))


@pytest.fixture
def hook(house: House, synced: Connector, monkeypatch: pytest.MonkeyPatch) -> Subscription:
    """A small group's events come to the running house; its web process answered the validation."""
    monkeypatch.setattr(settings, "KAIZALA_PUBLIC_URL", house.web_url)
    house.post("/sandbox/answers", enabled=False)
    group = Group.objects.filter(group_type="Group", member_count__gt=3).order_by("member_count", "pk")[0]
    row = Subscription(
        connector=synced,
        grant=Grant.objects.get(connector=synced),
        object_id=group.group_id,
        label=group.name,
        event_types=list(EVENT_TYPES),
        state=Subscription.State.ACTIVE,
    )
    row.keep_digests()
    row.save()
    remote_id = client_of(synced).subscribe_webhook(calling.wish(row))
    Subscription.objects.filter(pk=row.pk).update(remote_id=remote_id)
    return row


def group_of(hook: Subscription) -> Group:
    return Group.objects.get(group_id=hook.object_id)


def worked_off(house: House, event_type: str, count: int = 1) -> None:
    done = Event.objects.filter(event_type=event_type, state="done")
    house.wait(lambda: done.count() == count)


def answer(house: House, number: str, action_id: str, **given: Any) -> None:
    """As the form on the phone's page posts it."""
    address = f"{house.sandbox_url}/phones/{number}/answers/{action_id}"
    house.session.post(address, data=given, timeout=30).raise_for_status()


@pytest.mark.flow
def test_members_and_jobs_follow_what_happens_at_kaizala(
    house: House, hook: Subscription, synced: Connector
) -> None:
    client, group = client_of(synced), group_of(hook)
    before = group.member_count
    client.add_members(group.group_id, ["+919811100001"])
    worked_off(house, "MemberAdded")
    joined = Member.objects.get(group=group, mobile_number="+919811100001", gone_at=None)
    assert joined.event_at is not None
    assert group_of(hook).member_count == before + 1
    client.remove_member(group.group_id, joined.person_id)
    worked_off(house, "MemberRemoved")
    assert group_of(hook).member_count == before

    number = next(
        one.mobile_number
        for one in client.fetch_members(group.group_id)
        if one.is_provisioned and one.mobile_number
    )
    sent = client.send_action(group.group_id, Job("Count the sacks", (number,)))
    worked_off(house, "JobCreated")
    assert list(Assignee.objects.values_list("mobile_number", "is_done")) == [(number, False)]
    answer(house, number, sent.action_id, isCompleted="Done")
    worked_off(house, "JobResponse")
    assert list(Assignee.objects.values_list("mobile_number", "is_done")) == [(number, True)]
    assert ActionInstance.objects.get().done_count == 1


@pytest.mark.browser
@pytest.mark.parametrize("visit", ["narrow-light"], indirect=True)
def test_a_person_answers_on_the_phone_and_the_chart_in_the_console_changes(
    house: House,
    visit: Visit,  # noqa: F811
    hook: Subscription,
    synced: Connector,
) -> None:
    house.administrator()
    client, group, page = client_of(synced), group_of(hook), visit.page
    client.send_action(group.group_id, Poll("Rain or sun?", (PollChoice("Rain"), PollChoice("Sun"))))
    worked_off(house, "PollCreated")
    number = next(one.mobile_number for one in client.fetch_members(group.group_id) if one.mobile_number)
    console = Action.objects.get().get_absolute_url()
    visit.sign_in()
    visit.open(console)
    expect(page.get_by_text("Nobody has answered yet")).to_be_visible()

    phone = page.context.new_page()
    phone.goto(f"{house.sandbox_url}/phones/{number}")
    phone.get_by_role("link", name="Answer").click()
    phone.get_by_role("radio", name="Sun").check()
    phone.screenshot(path="var/screenshots/phone-answers.png")
    phone.get_by_role("button", name="Answer").click()
    expect(phone.get_by_text("Answered")).to_be_visible()

    bars = page.locator(".kza-bars")
    expect(bars).to_be_visible(timeout=30_000)  # without a click: the page asks every few seconds
    figures = [int(text) for text in bars.locator("td.kza-figure:nth-child(3)").all_inner_texts()]
    worked_off(
        house, "PollResponse"
    )  # whoever was quicker, it or the fetch that the poll's own event asked for
    assert (figures, Response.objects.count()) == ([0, 1], 1)
