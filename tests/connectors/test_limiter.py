"""Both budgets in one step: never over in any minute, whoever asks."""

import threading
import time
from bisect import bisect_right

import pytest
from django.db import connection

from kaizala_admin.connectors import limiter
from kaizala_admin.connectors.budgets import Pace
from kaizala_admin.connectors.models import Bucket, Connector, Tenant


def make_connector(tenant: Tenant, name: str = "First", **more: int) -> Connector:
    return Connector.objects.create(
        tenant=tenant,
        name=name,
        api_root="http://127.0.0.1:1",
        application_id="a",
        application_secret="s",
        **more,
    )


@pytest.fixture
def tenant(db: None) -> Tenant:
    return Tenant.objects.create(name="Harvest")


@pytest.mark.parametrize("calls_per_minute", [1, 2, 3, 5, 10, 20, 60, 100, 300, 3000])
def test_no_minute_sees_more_grants_than_its_budget(calls_per_minute: int) -> None:
    pace = Pace(calls_per_minute)
    most = pace.burst + 60 / pace.spacing(slowed=False)
    assert most < calls_per_minute + 1
    assert pace.per_minute >= calls_per_minute * 0.65 or calls_per_minute < 3


def test_a_rested_connector_gets_three_at_once_and_then_one_after_another(tenant: Tenant) -> None:
    connector = make_connector(tenant)
    first = limiter.take(connector.pk, 10)
    assert first.calls == 3
    assert first.wait == pytest.approx(60 / 95, abs=0.05)
    assert limiter.take(connector.pk, 10).calls == 0


def test_connectors_of_one_tenant_share_its_budget(tenant: Tenant) -> None:
    tenant.calls_per_minute = 9
    tenant.save()
    first, second = make_connector(tenant, "First"), make_connector(tenant, "Second")
    assert limiter.take(first.pk, 3).calls == 3
    refused = limiter.take(second.pk, 3)
    assert refused.calls == 0
    assert refused.wait > 5
    assert Bucket.objects.filter(key=f"connector:{second.pk}", next_at__gt=0).exists() is False


def test_a_refusal_by_the_tenant_burns_nothing_of_the_connector(tenant: Tenant) -> None:
    connector = make_connector(tenant)
    limiter.pause(connector.pk, 0)
    Bucket.objects.create(key=f"tenant:{tenant.pk}", next_at=time.time() + 30) if not Bucket.objects.filter(
        key=f"tenant:{tenant.pk}"
    ).update(next_at=time.time() + 30) else None
    before = Bucket.objects.get(key=f"connector:{connector.pk}").next_at
    assert limiter.take(connector.pk).calls == 0
    assert Bucket.objects.get(key=f"connector:{connector.pk}").next_at == before


def test_a_429_stops_the_connector_for_everybody_and_then_slows_it(tenant: Tenant) -> None:
    connector = make_connector(tenant)
    limiter.pause(connector.pk, 30)
    permit = limiter.take(connector.pk)
    assert permit.calls == 0
    assert permit.wait == pytest.approx(30, abs=1)
    assert limiter.usage([connector.pk])[connector.pk].paused_for == pytest.approx(30, abs=1)
    Bucket.objects.filter(key=f"connector:{connector.pk}").update(paused_until=0)
    assert limiter.take(connector.pk, 3).calls == 3
    assert limiter.take(connector.pk).wait == pytest.approx(60 / (95 * 0.9), abs=0.05)


def test_a_shorter_pause_does_not_end_a_longer_one(tenant: Tenant) -> None:
    connector = make_connector(tenant)
    limiter.pause(connector.pk, 30)
    limiter.pause(connector.pk, 5)
    assert limiter.take(connector.pk).wait == pytest.approx(30, abs=1)


def test_calls_made_without_a_permit_are_counted(tenant: Tenant) -> None:
    connector = make_connector(tenant)
    limiter.debit(connector.pk, 3)
    assert limiter.take(connector.pk).calls == 0


def test_debts_are_forgotten_after_about_a_minute(tenant: Tenant) -> None:
    connector = make_connector(tenant)
    limiter.debit(connector.pk, 100_000)
    assert limiter.take(connector.pk).wait < 63


@pytest.mark.parametrize("field", ["next_at", "paused_until"])
def test_a_clock_that_was_set_back_by_a_day_does_not_stop_the_connector_for_a_day(
    tenant: Tenant, field: str
) -> None:
    connector = make_connector(tenant)
    limiter.take(connector.pk)
    Bucket.objects.update(next_at=0, paused_until=0)
    Bucket.objects.update(**{field: time.time() + 86_400})
    assert limiter.take(connector.pk).calls == 1
    assert limiter.take(connector.pk, 10).calls == 2


@pytest.mark.django_db(transaction=True)
def test_eight_threads_never_go_over_either_budget_in_any_window() -> None:
    """Scaled: 1,200 and 3,000 a minute, looked at in windows of a second, which may hold rate + burst."""
    tenant = Tenant.objects.create(name="Busy", calls_per_minute=3000)
    connectors = [make_connector(tenant, f"C{n}", calls_per_minute=1200) for n in range(4)]
    grants: dict[int, list[float]] = {connector.pk: [] for connector in connectors}
    ends = time.monotonic() + 3

    def work(connector_id: int) -> None:
        try:
            while time.monotonic() < ends:
                permit = limiter.take(connector_id, 2)
                grants[connector_id] += [time.monotonic()] * permit.calls
                time.sleep(min(permit.wait, 0.05))
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(connector.pk,)) for connector in connectors * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    jitter = 3  # the instants are taken after the grant
    one, whole = Pace(1200), Pace(3000)
    for times in grants.values():
        assert most_in_a_second(sorted(times)) <= one.per_minute / 60 + one.burst + jitter
    everything = sorted(moment for times in grants.values() for moment in times)
    assert most_in_a_second(everything) <= whole.per_minute / 60 + whole.burst + jitter
    assert len(everything) >= 0.8 * 3 * whole.per_minute / 60
    fair = len(everything) / 4
    assert all(len(times) > 0.6 * fair for times in grants.values())


def most_in_a_second(times: list[float]) -> int:
    return max(bisect_right(times, start + 1) - index for index, start in enumerate(times))
