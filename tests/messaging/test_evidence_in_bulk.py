"""Evidence where thousands of calls went out: nobody starves, and each look reads a handful of rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from groups.models import Group
from kaizala_admin.outbox.models import Attempt, State
from messaging.evidence import echoes, looks, prints
from messaging.models import Broadcast, Dispatch, Echo
from tests.messaging.conftest import Org

SURVEY, TEXT = {"headline": "How was the harvest?"}, {"message": "The rain comes on Friday"}


def broadcast(org: Org, kind: str = "text", **content: Any) -> Broadcast:
    return Broadcast.objects.create(
        tenant=org.tenant, title="One", kind=kind, content=content, state=Broadcast.State.RUNNING
    )


def calls(org: Org, of: Broadcast, group: Group, states: list[State], **more: Any) -> list[Dispatch]:
    """Calls as the pump leaves them: what was sent has an action's ID, but for a text."""
    same = {"broadcast": of, "group": group, "mode": "batch", "connector": org.connector, "grant": org.grant}
    now = timezone.now()
    rows = Dispatch.objects.bulk_create(
        Dispatch(
            state=state,
            settled_at=now if state == State.SENT else None,
            broke_at=now if state == State.UNKNOWN else None,
            action_id=f"{of.pk}-{at}" if state == State.SENT and of.kind != "text" else "",
            **same,
            **more,
        )
        for at, state in enumerate(states)
    )
    tried = {"row_class": "messaging.dispatch", "number": 1, "started_at": now}
    Attempt.objects.bulk_create(Attempt(row_id=row.pk, outcome=row.state, **tried) for row in rows)
    return rows


def echo(group: Group, kind: str, content: dict[str, Any], key: str, action_id: str = "") -> Echo:
    said, now = prints.of_content(kind, content), timezone.now()
    return Echo(group=group, print=said, key=key, action_id=action_id, source="event", seen_at=now)


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, int]]:
    """How many rows became objects, and how many queries were made."""
    found = {"rows": 0, "queries": 0}
    with monkeypatch.context() as patch, CaptureQueriesContext(connection) as asked:
        classes: tuple[Any, ...] = (Dispatch, Echo, Broadcast)
        for row_class in classes:
            made = row_class.from_db.__func__

            def count(cls: Any, *args: Any, made: Any = made) -> Any:
                found["rows"] += 1
                return made(cls, *args)

            patch.setattr(row_class, "from_db", classmethod(count))
        yield found
    found["queries"] = len(asked)


def test_two_hundred_calls_that_nothing_proves_hide_no_other(org: Org) -> None:
    group = org.group()
    for at in range(201):
        calls(org, broadcast(org, message=f"Words {at}"), group, [State.UNKNOWN])
    (one,) = calls(org, broadcast(org, **TEXT), group, [State.UNKNOWN])
    for at in range(201):
        calls(org, broadcast(org, message=f"More words {at}"), group, [State.UNKNOWN])
    Echo.objects.bulk_create([echo(group, "text", TEXT, "e-1")])
    assert looks.tick() == (1, 0)
    one.refresh_from_db()
    assert (one.state, one.reason) == ("sent", "found_at_kaizala")


@pytest.mark.parametrize(("kind", "content"), [("survey", SURVEY), ("text", TEXT)])
def test_one_doubt_among_many_calls_costs_what_it_costs_among_few(
    kind: str, content: dict[str, Any], org: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    costs = []
    for n in (3, 300):
        group = org.public(f"Public {n}")
        *sent, _doubt = calls(org, broadcast(org, kind, **content), group, [*[State.SENT] * n, State.UNKNOWN])
        Echo.objects.bulk_create(echo(group, kind, content, f"e-{call.pk}", call.action_id) for call in sent)
        Echo.objects.update(seen_at=timezone.now() - timedelta(seconds=6))
        with counted(monkeypatch) as event:
            echoes.keep([echo(group, kind, content, "new")])
        with counted(monkeypatch) as tick:
            assert looks.tick() == (0, 0)
        costs.append((event, tick))
        Dispatch.objects.all().delete()
    few, many = costs
    assert many == few


def test_a_survey_in_doubt_is_found_among_many_that_were_told_of(org: Org) -> None:
    group, row = org.public(), broadcast(org, "survey", **SURVEY)
    *sent, one = calls(org, row, group, [*[State.SENT] * 40, State.UNKNOWN])
    Echo.objects.bulk_create(echo(group, "survey", SURVEY, call.action_id, call.action_id) for call in sent)
    assert looks.tick() == (0, 0)
    Echo.objects.bulk_create([echo(group, "survey", SURVEY, "own", "own")])
    assert looks.tick() == (1, 0)
    one.refresh_from_db()
    assert one.action_id == "own"


def test_a_call_that_a_person_said_arrived_may_be_the_one_that_is_told_of(org: Org) -> None:
    group, row = org.public(), broadcast(org, "survey", **SURVEY)
    said, _one = calls(org, row, group, [State.SENT, State.UNKNOWN])
    Dispatch.objects.filter(pk=said.pk).update(action_id="")
    Echo.objects.bulk_create([echo(group, "survey", SURVEY, "own", "own")])
    assert looks.tick() == (0, 0)


def test_personal_texts_are_rivals_where_they_say_the_same(org: Org) -> None:
    group, row = org.public(), broadcast(org, message="Dear {name}")
    asha, ravi = {"message": "Dear  Asha"}, {"message": "Dear Ravi"}
    calls(org, row, group, [State.SENT], content=asha)
    (second,) = calls(org, row, group, [State.UNKNOWN], content={"message": "Dear Asha"})
    (third,) = calls(org, row, group, [State.UNKNOWN], content=ravi)
    Echo.objects.bulk_create([echo(group, "text", asha, "e-1"), echo(group, "text", ravi, "e-2")])
    assert looks.tick() == (1, 0)
    assert [one.state for one in Dispatch.objects.filter(pk__in=[second.pk, third.pk]).order_by("pk")] == [
        "unknown",
        "sent",
    ]


def test_an_equal_post_told_of_a_moment_ago_leaves_the_next_to_the_tick(org: Org) -> None:
    group = org.group()
    echoes.keep([echo(group, "text", TEXT, "e-1")])
    (one,) = calls(org, broadcast(org, **TEXT), group, [State.UNKNOWN])
    echoes.keep([echo(group, "text", TEXT, "e-2")])
    one.refresh_from_db()
    assert one.state == "unknown"
    assert looks.tick() == (1, 0)


def test_a_call_of_last_week_is_looked_at_no_more(org: Org) -> None:
    group = org.group()
    (one,) = calls(org, broadcast(org, **TEXT), group, [State.UNKNOWN])
    Echo.objects.bulk_create([echo(group, "text", TEXT, "e-1")])
    Dispatch.objects.filter(pk=one.pk).update(broke_at=timezone.now() - timedelta(days=8))
    assert looks.tick() == (0, 0)
