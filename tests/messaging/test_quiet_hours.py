"""Nothing is sent in the quiet hours of a tenant; what waits goes by itself when they are over."""

from collections import Counter
from datetime import UTC, datetime, time, timedelta

import pytest
from django.utils import timezone

from kaizala_admin.connectors.models import Tenant
from messaging import hindrances, services
from messaging.models import Dispatch
from messaging.timing import quiet

from .conftest import GROUPS, Org


def tenant(start: int, end: int, zone: str = "Asia/Kolkata") -> Tenant:
    return Tenant(name="T", time_zone=zone, quiet_from=time(start), quiet_until=time(end))


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        (datetime(2026, 11, 24, 15, 29, tzinfo=UTC), None),  # 20:59 in Kolkata
        (datetime(2026, 11, 24, 15, 30, tzinfo=UTC), datetime(2026, 11, 25, 2, 30, tzinfo=UTC)),
        (datetime(2026, 11, 25, 2, 29, tzinfo=UTC), datetime(2026, 11, 25, 2, 30, tzinfo=UTC)),
        (datetime(2026, 11, 25, 2, 30, tzinfo=UTC), None),
    ],
)
def test_hours_over_midnight_open_in_the_morning(at: datetime, opens: datetime | None) -> None:
    assert quiet.opens_at(tenant(21, 8), at) == opens


def test_hours_that_end_where_the_clocks_skip_end_after_the_skip() -> None:
    berlin = tenant(22, 2, "Europe/Berlin")
    night = datetime(2027, 3, 28, 0, 30, tzinfo=UTC)  # 01:30; at 02:00 it becomes 03:00
    assert quiet.opens_at(berlin, night) == datetime(2027, 3, 28, 1, tzinfo=UTC)


def quiet_now(org: Org) -> datetime:
    now = timezone.now()
    inside = (now - timedelta(hours=1)).time(), (now + timedelta(hours=2)).time()
    Tenant.objects.filter(pk=org.tenant.pk).update(quiet_from=inside[0], quiet_until=inside[1])
    org.tenant.refresh_from_db()
    opening = quiet.opens_at(org.tenant, now)
    assert opening is not None
    return opening


def test_a_launch_in_quiet_hours_waits_for_their_end_and_says_so(org: Org) -> None:
    opening = quiet_now(org)
    broadcast = org.launched(GROUPS, [org.group()])
    row = Dispatch.objects.get()
    assert (row.not_before, row.reason, row.held) == (opening, quiet.REASON, False)
    waiting = Counter({(row.reason, row.connector_id, row.grant_id): 1})
    assert hindrances.of(broadcast, waiting) == [
        "1 call waits for the end of the quiet hours. It goes by itself then."
    ]


def test_a_resume_in_quiet_hours_sends_nothing(org: Org) -> None:
    broadcast = org.launched(GROUPS, [org.group()])
    assert services.pause(broadcast, None) is True
    opening = quiet_now(org)
    assert services.resume(broadcast, None) is True
    assert Dispatch.objects.get().not_before == opening


def test_the_tick_holds_what_runs_into_them_and_lets_it_go_afterwards(org: Org) -> None:
    org.launched(GROUPS, [org.group()])
    opening = quiet_now(org)
    assert quiet.tick() == 1
    assert quiet.tick() == 0
    assert Dispatch.objects.get().not_before == opening
    assert quiet.tick(opening) == 1
    row = Dispatch.objects.get()
    assert (row.reason, row.not_before <= timezone.now() + timedelta(seconds=5)) == ("", True)


def test_0_many_people_asks_for_nobody(org: Org) -> None:
    draft = org.draft(GROUPS, [org.group()])
    Tenant.objects.filter(pk=org.tenant.pk).update(many_people=0)
    draft.tenant.refresh_from_db()
    assert services.check(draft).needs_many is False
