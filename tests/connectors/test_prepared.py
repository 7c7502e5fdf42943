"""Statements that are made once: each answers as its queryset would."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from kaizala_admin.connectors.models import Connector, Heartbeat, Tenant
from kaizala_admin.connectors.prepared import Prepared

pytestmark = pytest.mark.django_db

NAMES = ("North", "East", "South", "West", "Centre")


@pytest.fixture
def keys() -> list[int]:
    tenant = Tenant.objects.create(name="Harvest & Health")
    made = [
        Connector.objects.create(tenant=tenant, name=name, calls_per_minute=number)
        for number, name in enumerate(NAMES, 1)
    ]
    return [connector.pk for connector in made]


def _named() -> Prepared[Connector]:
    return Prepared(lambda keys: Connector.objects.filter(pk__in=keys).order_by("pk").values_list("name"))


def test_one_statement_answers_for_lists_of_every_length(keys: list[int]) -> None:
    prepared = _named()
    for length in range(1, 6):
        assert [name for (name,) in prepared.rows(keys[:length])] == list(NAMES[:length])
    assert len(prepared._made) == 4  # for one, two, four and eight


def test_an_empty_list_finds_nothing_and_asks_nothing(keys: list[int]) -> None:
    change: Prepared[Connector] = Prepared(
        lambda keys: Connector.objects.filter(pk__in=keys), lambda: {"name": "Gone"}
    )
    with CaptureQueriesContext(connection) as asked:
        assert (_named().rows([]), _named().objects([]), change.update([])) == ([], [], 0)
    assert len(asked) == 0


def test_rows_come_as_whole_instances_each_value_as_django_reads_it(keys: list[int]) -> None:
    prepared: Prepared[Connector] = Prepared(
        lambda least, keys: Connector.objects.filter(
            pk__in=keys, calls_per_minute__gte=least, is_active=True
        ).order_by("-pk")
    )
    for least in (1, 3):  # the second time with the statement of the first
        found = prepared.objects(least, keys)
        plain = list(Connector.objects.filter(calls_per_minute__gte=least).order_by("-pk"))
        assert [vars(one) | {"_state": None} for one in found] == [
            vars(one) | {"_state": None} for one in plain
        ]
        assert [one._state.adding for one in found] == [False] * len(plain)


def test_what_is_deferred_is_read_when_it_is_asked_for(keys: list[int]) -> None:
    prepared: Prepared[Connector] = Prepared(lambda keys: Connector.objects.defer("name").filter(pk__in=keys))
    [found] = prepared.objects(keys[1:2])
    assert found.get_deferred_fields() == {"name"}
    assert (found.name, found.calls_per_minute) == ("East", 2)


def test_an_update_changes_those_that_are_named_and_says_how_many(keys: list[int]) -> None:
    faster: Prepared[Connector] = Prepared(
        lambda keys, was: Connector.objects.filter(pk__in=keys, calls_per_minute=was),
        lambda: {"calls_per_minute": F("calls_per_minute") + 10},
    )
    assert [faster.update(keys[:3], 2), faster.update(keys[:3], 2), faster.update(keys[2:], 4)] == [1, 0, 1]
    assert list(Connector.objects.order_by("pk").values_list("calls_per_minute", flat=True)) == [
        1,
        12,
        3,
        14,
        5,
    ]


def test_times_are_aware(db: None) -> None:
    then = datetime(2026, 11, 24, 19, 50, tzinfo=UTC)
    Heartbeat.objects.create(name="worker", seen_at=then)
    prepared: Prepared[Heartbeat] = Prepared(lambda: Heartbeat.objects.values_list("name", "seen_at"))
    assert [tuple(row) for row in prepared.rows()] == [("worker", then)]
