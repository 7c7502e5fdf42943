"""What messaging asks of the mirror."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from groups import queries
from groups.models import Group, Reach, Subscriber
from kaizala_admin.connectors.models import Connector, Grant


@pytest.fixture
def group(grant: Grant) -> Group:
    return make_group(grant, "g-1", group_type=Group.Type.PUBLIC)


def make_group(grant: Grant, name: str, **more: Any) -> Group:
    return Group.objects.create(
        tenant=grant.connector.tenant, group_id=name, name=name, first_seen_at=timezone.now(), **more
    )


def reach(grant: Grant, group: Group, role: str, **more: Any) -> None:
    Reach.objects.create(grant=grant, group=group, role=role, first_seen_at=timezone.now(), **more)


def another_grant(grant: Grant, calls: int) -> Grant:
    connector = Connector.objects.create(
        tenant=grant.connector.tenant,
        name=f"C {calls}",
        api_root="http://127.0.0.1:9",
        application_id="a",
        application_secret="s",
        calls_per_minute=calls,
    )
    return Grant.objects.create(connector=connector, name="G", refresh_token="r")


def test_an_admins_grant_is_preferred_then_the_larger_budget(grant: Grant, group: Group) -> None:
    small, large = another_grant(grant, 50), another_grant(grant, 500)
    reach(grant, group, "Member")
    assert queries.best_grant(group) == grant
    reach(small, group, "Admin")
    assert queries.best_grant(group) == small
    reach(large, group, "Admin")
    assert queries.best_grant(group) == large
    assert queries.best_grants([group.pk]) == {group.pk: large}


@pytest.mark.parametrize(
    ("row", "change"),
    [
        (Grant, {"state": Grant.State.REVOKED}),
        (Connector, {"is_active": False}),
        (Connector, {"health": Connector.Health.NEEDS_ATTENTION}),
        (Reach, {"gone_at": timezone.now()}),
    ],
)
def test_what_does_not_work_is_no_best_grant(
    grant: Grant, group: Group, row: Any, change: dict[str, Any]
) -> None:
    reach(grant, group, "Admin")
    row.objects.update(**change)
    assert queries.best_grant(group) is None
    assert queries.best_grants([group.pk]) == {}


def test_numbers_come_in_chunks_without_those_who_are_gone_or_have_none(
    group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "CHUNK", 2)
    now = timezone.now()
    told = [("+911", None), ("", None), ("+912", now), ("+913", None), ("+914", None)]
    Subscriber.objects.bulk_create(
        Subscriber(
            group=group,
            person_id=str(at),
            mobile_number=number,
            name=f"N{at}",
            gone_at=gone,
            first_seen_at=now,
        )
        for at, (number, gone) in enumerate(told)
    )
    assert list(queries.subscriber_numbers(group)) == [("+911", "N0"), ("+913", "N3"), ("+914", "N4")]
