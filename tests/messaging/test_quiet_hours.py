"""Nothing is sent in the quiet hours of a tenant; what waits goes by itself when they are over."""

from collections import Counter
from datetime import UTC, datetime, time, timedelta

import pytest
from django.utils import timezone

from kaizala_admin.connectors.models import Tenant
from kaizala_admin.outbox import pump
from kaizala_admin.outbox.models import State
from messaging import hindrances, services, tasks
from messaging.models import Broadcast, Dispatch
from messaging.timing import quiet

from .conftest import GROUPS, Org, Recorder


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


def test_no_call_starts_once_they_have_begun_whenever_the_tick_comes(
    org: Org, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    org.launched(GROUPS, [org.group("A"), org.group("B")])
    opening = quiet_now(org)
    monkeypatch.setattr(pump, "client_for", lambda _grant: recorder)
    permits = {"permits": 1, "permits_until": timezone.now() + timedelta(hours=1)}
    Dispatch.objects.update(**permits)
    pump.pump(org.connector.pk)
    assert recorder.calls == []
    found = set(Dispatch.objects.values_list("state", "reason", "attempts", "permits"))
    assert found == {("queued", quiet.REASON, 0, 0)}
    for row in Dispatch.objects.all():
        assert opening <= row.not_before < opening + timedelta(seconds=5)
    Broadcast.objects.update(ignore_quiet=True)
    Dispatch.objects.update(not_before=timezone.now() - timedelta(hours=1), **permits)
    pump.pump(org.connector.pk)
    assert len(recorder.calls) == 2


@pytest.mark.parametrize("broken", ["timing.quiet.tick", "services.finish_done", "services.pause_bursting"])
def test_a_step_of_the_tick_that_fails_spoils_none_of_the_others(
    org: Org, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    over, waiting = org.launched(GROUPS, [org.group("A")]), org.launched(GROUPS, [org.group("B")])
    Dispatch.objects.filter(broadcast=over).update(state=State.SENT)
    opening = quiet_now(org)

    def fail() -> int:
        raise RuntimeError

    monkeypatch.setattr(f"messaging.{broken}", fail)
    tasks.tick()
    over.refresh_from_db()
    assert (over.state == "finished") is (broken != "services.finish_done")
    held = Dispatch.objects.get(broadcast=waiting).not_before == opening
    assert held is (broken != "timing.quiet.tick")
