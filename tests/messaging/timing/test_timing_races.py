"""Two ticks, and a tick against a person, at the same moment: the rival acts in the middle."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from messaging import services
from messaging.models import Broadcast, Dispatch
from messaging.services import firing as firings
from messaging.services import launching
from messaging.timing.models import Firing
from tests.messaging.conftest import Org

from .conftest import HOUR, NINE, daily, once, plan_of, scheduled, story

pytestmark = pytest.mark.flow  # so that they run on both databases


def in_the_middle(
    monkeypatch: pytest.MonkeyPatch, where: Any, name: str, rival: Callable[[], object]
) -> None:
    """`rival` acts just before `where.name`, the first time."""
    whole = getattr(where, name)

    def late(*args: Any, **more: Any) -> Any:
        monkeypatch.setattr(where, name, whole)
        rival()
        return whole(*args, **more)

    monkeypatch.setattr(where, name, late)


@pytest.mark.parametrize("where", [(firings, "claim"), (firings, "start"), (launching, "_start")])
@pytest.mark.parametrize("rule", [once(), daily()])
def test_a_second_tick_in_the_middle_of_the_first_sends_nothing_more(
    org: Org, monkeypatch: pytest.MonkeyPatch, rule: Any, where: tuple[Any, str]
) -> None:
    scheduled(org, rule)
    in_the_middle(monkeypatch, *where, lambda: services.fire_due(now=NINE))
    services.fire_due(now=NINE)
    assert (story(), Dispatch.objects.count()) == ([("10 09:00", "sent")], 1)


@pytest.mark.parametrize("where", [(firings, "claim"), (firings, "start"), (launching, "_start")])
@pytest.mark.parametrize("rule", [once(), daily()])
def test_who_takes_it_off_in_the_middle_of_a_tick_wins(
    org: Org, monkeypatch: pytest.MonkeyPatch, rule: Any, where: tuple[Any, str]
) -> None:
    row = scheduled(org, rule)
    won = []
    in_the_middle(monkeypatch, *where, lambda: won.append(services.cancel_schedule(broadcast=row, by=None)))
    assert services.fire_due(now=NINE) == 0
    assert won == [True]
    assert (Broadcast.objects.get(pk=row.pk).state, Dispatch.objects.count()) == ("draft", 0)
    assert not Firing.objects.exclude(outcome="skipped").exists()
    assert services.fire_due(now=NINE + HOUR) == 0


@pytest.mark.parametrize("where", [(firings, "claim"), (firings, "start"), (launching, "_start")])
def test_who_changes_it_in_the_middle_of_a_tick_wins(
    org: Org, monkeypatch: pytest.MonkeyPatch, where: tuple[Any, str]
) -> None:
    row = scheduled(org, once())

    def edit() -> None:
        choice = services.Expression.of(row.audience)
        services.save_draft(
            tenant=org.tenant, choice=choice, content={"message": "New"}, by=None, broadcast=row
        )

    in_the_middle(monkeypatch, *where, edit)
    assert services.fire_due(now=NINE) == 0
    assert (Broadcast.objects.get().state, Dispatch.objects.count()) == ("draft", 0)


def test_who_gives_it_other_times_in_the_middle_of_a_tick_wins(
    org: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = scheduled(org, once())
    later = daily()
    in_the_middle(monkeypatch, firings, "launch", lambda: scheduled(org, later, draft=row))
    assert services.fire_due(now=NINE) == 0
    assert (Broadcast.objects.get().state, Dispatch.objects.count()) == ("scheduled", 0)
    assert (story(), plan_of(row).next_at) == ([("10 09:00", "skipped")], NINE + 24 * HOUR)


def test_two_answers_to_one_question_send_once(org: Org, monkeypatch: pytest.MonkeyPatch) -> None:
    scheduled(org, daily())
    services.fire_due(now=NINE + HOUR)
    asking = Firing.objects.get()
    settle = services.settle_missed
    in_the_middle(
        monkeypatch,
        firings,
        "own_broadcast",
        lambda: settle(firing=asking, by=None, send=False),
    )
    assert settle(firing=asking, by=None, send=True) is True
    assert (story(), Dispatch.objects.count()) == ([("10 09:00", "late")], 1)


def test_many_ticks_at_the_same_moment_fire_once(transactional_db: None, org: Org) -> None:
    for rule in (once(), daily()):
        scheduled(org, rule, draft=org.draft("groups", [org.group(rule.repeat)]))
    start = Barrier(4)

    def tick() -> int:
        start.wait()
        try:
            return services.fire_due(now=NINE)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        fired = sum(pool.map(lambda _: tick(), range(4)))
    fired += services.fire_due(now=NINE)  # what a locked database made a tick leave for the next
    assert (fired, Dispatch.objects.count(), len(story())) == (2, 2, 2)
