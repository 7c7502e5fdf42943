"""The dispatcher's rounds: fairness, floors, and what it must leave alone."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Sum
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from kaizala_admin.connectors import clock, leases
from kaizala_admin.connectors.models import Bucket, Connector, Grant, Lease, Tenant
from kaizala_admin.outbox import granting, services
from kaizala_admin.outbox.granting import Leadership, Memory, NotLeader, grant_round, mark
from kaizala_admin.outbox.lanes import MOST_PAGES, Waiting
from kaizala_admin.outbox.models import Lane, State
from kaizala_admin.outbox.registry import row_classes
from tests.outbox.conftest import permit
from tests.outbox.line.models import Line, Page, Parcel

pytestmark = pytest.mark.django_db
Add = Callable[..., Connector]
LINES: list[type[Line]] = [Parcel, Page]


@pytest.fixture
def lead(lines: None) -> Leadership:
    fence = leases.acquire("dispatcher", "us", timedelta(minutes=10))  # longer than a busy machine takes
    assert fence is not None
    return Leadership("dispatcher", "us", fence)


def line_up(connector: Connector, count: int, row_class: type[Line] = Parcel, **fields: Any) -> None:
    grant = connector.grants.get()
    row_class.objects.bulk_create(
        row_class(connector=connector, grant=grant, group_id="g", text=str(n), **fields) for n in range(count)
    )


def permits_of(connector: Connector) -> int:
    total = 0
    for row_class in LINES:
        total += row_class.objects.filter(connector=connector).aggregate(n=Sum("permits"))["n"] or 0
    return total


def refill() -> None:
    """A long rest: both budgets are full again."""
    Bucket.objects.update(next_at=0)


def take_all() -> Counter[int]:
    """What the workers would do at once with every permit; returns calls by connector."""
    done: Counter[int] = Counter()
    for row_class in LINES:
        for row in row_class.objects.filter(permits__gt=0):
            done[row.connector_id] += row.permits
            row_class.objects.filter(pk=row.pk).update(permits=0, state=State.SENT)
    return done


def test_due_rows_get_a_permit_that_lives_for_half_a_minute(add_connector: Add, lead: Leadership) -> None:
    connector = add_connector()
    line_up(connector, 5)
    done = grant_round(Memory(), lead)
    assert done.granted == {connector.pk: 5}
    assert list(Parcel.objects.values_list("permits", flat=True)) == [1] * 5
    row = Parcel.objects.first()
    assert row is not None
    assert row.permits_until is not None
    assert 28 <= (row.permits_until - timezone.now()).total_seconds() <= 30


@pytest.mark.parametrize(
    "fields",
    [
        {"held": True},
        {"state": State.FAILED},
        {"state": State.UNKNOWN},
        {"not_before": timezone.now() + timedelta(hours=1)},
    ],
)
def test_rows_that_may_not_go_get_nothing(
    add_connector: Add, lead: Leadership, fields: dict[str, Any]
) -> None:
    line_up(add_connector(), 1, **fields)
    done = grant_round(Memory(), lead)
    assert (done.granted, done.wait) == ({}, granting.IDLE)


def test_connectors_that_are_switched_off_and_refused_grants_get_nothing(
    add_connector: Add, lead: Leadership
) -> None:
    line_up(add_connector("Off", is_active=False), 1)
    refused = add_connector("Refused")
    refused.grants.update(state=Grant.State.REVOKED)
    line_up(refused, 1)
    assert grant_round(Memory(), lead).granted == {}


def test_nothing_is_granted_twice_while_a_permit_lives_and_again_when_it_ran_out(
    add_connector: Add, lead: Leadership
) -> None:
    line_up(add_connector(), 1)
    memory = Memory()
    assert len(grant_round(memory, lead).granted) == 1
    assert grant_round(memory, lead).granted == {}
    Parcel.objects.update(permits_until=timezone.now() - timedelta(seconds=1))
    assert len(grant_round(memory, lead).granted) == 1


def test_a_small_budget_grants_its_burst_and_says_when_there_is_more(
    add_connector: Add, lead: Leadership
) -> None:
    connector = add_connector(calls_per_minute=100)
    line_up(connector, 50)
    done = grant_round(Memory(), lead)
    assert done.granted == {connector.pk: 3}
    assert 0.1 <= done.wait <= 0.7
    assert permits_of(connector) == 3


def test_permits_that_no_worker_takes_are_not_heaped_up(add_connector: Add, lead: Leadership) -> None:
    connector = add_connector(calls_per_minute=100)
    line_up(connector, 50)
    memory = Memory()
    for _ in range(10):
        refill()
        done = grant_round(memory, lead)
    assert permits_of(connector) == 3
    assert (done.granted, done.behind) == ({}, [connector.pk])


def test_four_connectors_share_their_tenants_budget_evenly(
    add_connector: Add, tenant: Tenant, lead: Leadership
) -> None:
    Tenant.objects.update(calls_per_minute=300)
    four = [add_connector(str(n), calls_per_minute=100) for n in range(4)]
    for connector in four:
        line_up(connector, 200)
    memory, done = Memory(), Counter[int]()
    for _ in range(120):
        Bucket.objects.filter(key__startswith="connector").update(next_at=0)
        Bucket.objects.filter(key__startswith="tenant").update(next_at=clock.epoch())  # room for a few
        grant_round(memory, lead)
        done += take_all()
    counts = [done[connector.pk] for connector in four]
    assert min(counts) >= 0.9 * max(counts)
    assert min(counts) > 50


def test_a_broadcast_does_not_starve_sync(add_connector: Add, lead: Leadership) -> None:
    connector = add_connector(calls_per_minute=100)
    line_up(connector, 400, lane=Lane.BROADCAST)
    line_up(connector, 100, lane=Lane.SYNC)
    memory = Memory()
    for _ in range(100):
        refill()
        grant_round(memory, lead)
        take_all()
    sent = Parcel.objects.filter(state=State.SENT)
    total, sync = sent.count(), sent.filter(lane=Lane.SYNC).count()
    assert total == 300
    assert 28 <= sync <= 31


def test_what_a_person_waits_for_goes_first(add_connector: Add, lead: Leadership) -> None:
    connector = add_connector(calls_per_minute=100)
    line_up(connector, 50, lane=Lane.BROADCAST)
    line_up(connector, 1, Page, lane=Lane.PERSON)
    grant_round(Memory(), lead)
    assert Page.objects.get().permits == 1


def test_who_came_first_goes_first_within_a_lane_whatever_its_class(
    add_connector: Add, lead: Leadership
) -> None:
    connector = add_connector(calls_per_minute=2)
    line_up(connector, 1, Page)
    line_up(connector, 1, Parcel)
    Page.objects.update(not_before=timezone.now() - timedelta(minutes=1))
    grant_round(Memory(), lead)
    assert (Page.objects.get().permits, Parcel.objects.get().permits) == (1, 0)


def test_a_lonely_read_gets_several_calls_at_once(
    add_connector: Add, tenant: Tenant, lead: Leadership
) -> None:
    Tenant.objects.update(calls_per_minute=6_000_000)
    line_up(add_connector(calls_per_minute=6_000_000), 1, Page)
    grant_round(Memory(), lead)
    assert Page.objects.get().permits == MOST_PAGES


def test_a_connector_in_trouble_is_tried_with_one_row_every_few_minutes(
    add_connector: Add, lead: Leadership, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: seconds[0])
    connector = add_connector(health=Connector.Health.NEEDS_ATTENTION)
    line_up(connector, 10)
    memory, granted = Memory(), []
    for _ in range(4):
        granted.append(grant_round(memory, lead).granted)
        take_all()
        seconds[0] += 100
    assert granted == [{connector.pk: 1}, {}, {connector.pk: 1}, {}]


def test_a_pause_between_the_choice_and_the_mark_is_honoured(add_connector: Add, lead: Leadership) -> None:
    line_up(add_connector(), 1)
    chosen = Waiting(Parcel, Parcel.objects.get().pk, Lane.BROADCAST, False)
    services.hold(Parcel.objects.all())
    assert mark({chosen: 1}, lead) == 0
    assert Parcel.objects.get().permits == 0


def test_what_is_paused_takes_no_room_from_the_rest_of_the_connector(
    add_connector: Add, lead: Leadership
) -> None:
    connector = add_connector(calls_per_minute=100)
    line_up(connector, 3)
    memory = Memory()
    assert grant_round(memory, lead).granted == {connector.pk: 3}
    services.hold(Parcel.objects.all())
    line_up(connector, 2, Page)
    refill()
    assert grant_round(memory, lead).granted == {connector.pk: 2}


def test_what_was_paused_waits_for_new_permits_when_it_goes_on(add_connector: Add, lead: Leadership) -> None:
    connector = add_connector(calls_per_minute=100)
    line_up(connector, 3)
    grant_round(Memory(), lead)
    services.hold(Parcel.objects.all())
    services.release(Parcel.objects.all())
    assert permits_of(connector) == 0


def test_a_leader_that_stood_still_grants_nothing(add_connector: Add, lead: Leadership) -> None:
    connector = add_connector()
    line_up(connector, 1)
    Lease.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    leases.acquire("dispatcher", "another", timedelta(seconds=15))
    with pytest.raises(NotLeader):
        grant_round(Memory(), lead)
    assert permits_of(connector) == 0


def test_a_leader_whose_lease_is_over_grants_nothing_even_without_a_successor(
    add_connector: Add, lead: Leadership
) -> None:
    line_up(add_connector(), 1)
    Lease.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(NotLeader):
        grant_round(Memory(), lead)


def test_an_idle_round_is_one_query(
    add_connector: Add, lead: Leadership, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for name in ("A", "B", "C"):
        add_connector(name)
    with django_assert_num_queries(1):
        grant_round(Memory(), lead)


@pytest.mark.parametrize("count", [1, 300])
def test_a_round_makes_as_many_queries_for_one_row_as_for_hundreds(
    add_connector: Add, lead: Leadership, count: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    line_up(add_connector(), count)
    permit(Parcel(pk=0))
    with django_assert_max_num_queries(17 + len(row_classes())) as seen:
        grant_round(Memory(), lead)
    writes = [q["sql"] for q in seen.captured_queries if q["sql"].startswith("UPDATE")]
    assert len([sql for sql in writes if "line_parcel" in sql]) == 1
