"""A worker is killed at its statements, one after the other, with the real handlers; every event counts once.

A part of the statements; all of them with KAIZALA_FAULTS=full.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from groups.models import Group, GroupLink, Member
from kaizala_admin.webhooks import working
from kaizala_admin.webhooks.models import Event, Subscription
from surveys.models import Action, Response
from tests.faults.sizes import EVERYTHING

from .samples import DATA, envelope
from .test_fuzz import deliver, group, mirror

__all__ = ["group"]
pytestmark = pytest.mark.django_db
NAMES = (
    sorted(DATA)
    if EVERYTHING
    else ["GroupAdded", "JobCreated", "JobResponse", "MemberAdded", "MemberRemoved", "SurveyResponse"]
)
STEP = 1 if EVERYTHING else 12


class Killed(BaseException):
    """As kill -9 would: nothing catches it, and what was not committed is gone."""


def dies_at(place: int) -> tuple[Callable[..., Any], list[int]]:
    """A wrapper that kills at statement number `place`, and how many it let through.

    What the server does by itself when it loses the dead worker, it lets through: it rolls back.
    """
    count, dead = [0], list[str]()

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if count[0] == place and not (dead and sql.startswith(("ROLLBACK", "RELEASE"))):
            dead.append(sql)
            raise Killed
        count[0] += not dead
        return execute(sql, params, many, context)

    return wrapper, count


def start_afresh(hook: Subscription, group: Group) -> None:
    for table in (Event, Response, Action, GroupLink):
        table.objects.all().delete()
    Member.objects.exclude(person_id="p-3").delete()
    Member.objects.update(gone_at=None, event_at=None)
    Group.objects.exclude(pk=group.pk).delete()
    Group.objects.update(member_count=1, has_sub_groups=False)
    for name in NAMES:
        assert deliver(hook, json.dumps(envelope(name, f"e-{name}")).encode()) == 200


def finish() -> None:
    """Another worker takes over when the lease is over."""
    Event.objects.filter(state="waiting").update(lease_until=None)
    while working.work_batch():
        Event.objects.filter(state="waiting").update(lease_until=None)


def outcome() -> list[Any]:
    counted = Response.objects.order_by("response_id").values_list("response_id", "edit_count")
    return [mirror(), list(counted), set(Event.objects.values_list("state", flat=True))]


def test_a_worker_that_is_killed_at_any_statement_counts_each_event_once(
    hook: Subscription, group: Group
) -> None:
    start_afresh(hook, group)
    wrapper, count = dies_at(-1)
    with connection.execute_wrapper(wrapper):
        working.work_batch()
    finish()
    expected, statements = outcome(), count[0]
    assert expected[2] == {"done"}
    for place in range(0, statements, STEP):
        start_afresh(hook, group)
        with connection.execute_wrapper(dies_at(place)[0]), pytest.raises(Killed):
            working.work_batch()
        finish()
        assert (place, outcome()) == (place, expected)
