"""From the form of a schedule to the phones, through real processes, with a clock that is moved ahead."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from groups.models import Group
from kaizala_admin.connectors.models import Connector
from kaizala_admin.embedded.ledger import due, received
from messaging import services
from messaging.models import Broadcast
from messaging.timing.models import Firing
from tests.flows.house import House
from tests.flows.staff import Staff

pytestmark = pytest.mark.flow

BERLIN = ZoneInfo("Europe/Berlin")
DAY = date(2031, 3, 29)  # the day before the clocks are put forward


def plan(staff: Staff, draft: Broadcast, **times: Any) -> None:
    """Fills the form in, reads what it says, and presses its button."""
    at = f"/admin/messaging/broadcast/{draft.pk}/when/"
    said = {
        "starts_on": str(DAY),
        "at": "09:00",
        "zone": "Europe/Berlin",
        "ends": "never",
        "missed": "ask",
        **times,
    }
    page = staff.press(at, people=3, **said, do="look").text
    hidden = dict(re.findall(r'name="(people|draft|shown)" value="([^"]*)"', page))
    assert "09:00, on the clocks of Europe/Berlin" in page
    staff.press(at, **said, **hidden, typed=hidden["people"], do="schedule")


def draft_of(group: Group, text: str) -> Broadcast:
    choice = services.Choice("groups", (group.pk,))
    return services.save_draft(tenant=group.tenant, choice=choice, content={"message": text}, by=None)


def test_once_and_each_day_arrive_on_the_phones_across_daylight_saving(
    house: House, synced: Connector, settings: Any
) -> None:
    settings.VAR_DIR = house.places.var  # a tick here is one of the same console
    staff = Staff(house)
    group = Group.objects.filter(group_type="Group", reaches__role="Admin").order_by("pk")[0]
    once, daily = draft_of(group, "Once, on Saturday"), draft_of(group, "Each morning")
    plan(staff, once, repeat="once")
    plan(staff, daily, repeat="daily")
    first = datetime.combine(DAY, time(9), BERLIN)
    assert services.fire_due(now=first - timedelta(minutes=1)) == 0
    assert services.fire_due(now=first) == 2
    second = datetime.combine(DAY + timedelta(days=1), time(9), BERLIN)
    assert second.timestamp() - first.timestamp() == 23 * 3600
    assert services.fire_due(now=second) == 1
    assert services.fire_due(now=second) == 0
    sent = [house.finish(one) for one in Broadcast.objects.exclude(pk=daily.pk).order_by("pk")]
    assert [(one.title, one.state) for one in sent] == [
        ("Once, on Saturday", "finished"),
        ("Each morning, 29 March 2031", "finished"),
        ("Each morning, 30 March 2031", "finished"),
    ]
    assert set(Firing.objects.values_list("outcome", flat=True)) == {"sent"}
    assert house.differences(sent[0]) == []
    rows = house.get("/sandbox/ledger", text="Each morning", limit=10_000)["rows"]
    assert set(received(rows).values()) == {2}
    assert sorted(received(rows)) == sorted(due(sent[1])) == sorted(due(sent[2]))
