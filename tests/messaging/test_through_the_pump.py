"""Broadcasts as they run in the house: launched by the service, sent by the outbox's pump, over real HTTP.

What arrived is counted on the sandbox's ledger, not in our tables.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from groups.models import Group
from kaizala_admin.connectors.models import Connector
from kaizala_admin.kaizala import shared_session
from kaizala_admin.outbox.models import State
from kaizala_admin.outbox.pump import pump
from messaging import lines, progress, services
from messaging.audience import GROUPS, PEOPLE, PUBLIC, Choice
from messaging.models import Broadcast, Delivery, Dispatch
from tests.groups.conftest import Service, service

__all__ = ["service"]


@pytest.fixture
def fast(service: Service) -> Iterator[Service]:
    """The whole organisation in the mirror, and budgets that no test reaches."""
    service.sync()
    Connector.objects.update(calls_per_minute=600_000)
    tenant = service.grant.connector.tenant
    tenant.calls_per_minute = 600_000
    tenant.save()
    yield service
    service.sandbox.delete("/sandbox/faults")


def run_all(service: Service) -> None:
    """Permits for every waiting call, as the dispatcher hands them out, until nothing waits."""
    while True:
        now = timezone.now()
        due = {"permits_until": now + timedelta(seconds=30), "not_before": now - timedelta(seconds=1)}
        if not Dispatch.objects.filter(state=State.QUEUED, held=False).update(permits=1, **due):
            return
        pump(service.grant.connector_id)


def send(service: Service, choice: Choice, text: str, pasted: str | None = None) -> Broadcast:
    draft = services.save_draft(
        tenant=service.grant.connector.tenant,
        choice=choice,
        content={"message": text},
        by=None,
        numbers=None if pasted is None else lines.from_text(pasted, "IN"),
    )
    assert services.launch(draft, None, services.check(draft).people) is True
    run_all(service)
    draft.refresh_from_db()
    return draft


def arrived(service: Service, text: str) -> dict[str, int]:
    found = service.sandbox.get("/sandbox/ledger/summary", text=text)
    return {name: found[name] for name in ("messages", "phones", "copiesMax")}


def largest() -> Group:
    return Group.objects.filter(group_type=Group.Type.PUBLIC).order_by("-subscriber_count")[0]


def test_every_subscriber_gets_one_copy_in_batches(fast: Service) -> None:
    public = largest()
    broadcast = send(fast, Choice(PUBLIC, (public.pk,)), "Rain is coming, in batches")
    people = Delivery.objects.filter(broadcast=broadcast, state="sent").count()
    assert people == public.subscriber_count
    assert broadcast.state == "finished"
    assert arrived(fast, "Rain is coming, in batches") == {
        "messages": broadcast.dispatch_count,
        "phones": people,
        "copiesMax": 1,
    }


def test_the_switch_reaches_everybody_in_one_call(fast: Service) -> None:
    public = largest()
    send(fast, Choice(PUBLIC, (public.pk,), send_to_all=True), "Rain is coming, to all")
    assert arrived(fast, "Rain is coming, to all") == {
        "messages": 1,
        "phones": public.subscriber_count,
        "copiesMax": 1,
    }


def test_each_group_gets_one_message(fast: Service) -> None:
    groups = Group.objects.filter(group_type=Group.Type.GROUP, member_count__gt=0).order_by("pk")[:3]
    broadcast = send(fast, Choice(GROUPS, tuple(group.pk for group in groups)), "Rain is coming, to groups")
    assert (arrived(fast, "Rain is coming, to groups")["messages"], broadcast.state) == (3, "finished")
    assert progress.of(broadcast).sent == sum(group.member_count for group in groups)


def test_only_the_pasted_people_get_it(fast: Service) -> None:
    public = largest()
    numbers = list(public.subscribers.exclude(mobile_number="").values_list("mobile_number", flat=True)[:31])
    send(
        fast, Choice(PEOPLE, (public.pk,)), "Rain is coming, to some", "\n".join([*numbers, numbers[0], "x"])
    )
    assert arrived(fast, "Rain is coming, to some") == {"messages": 2, "phones": 31, "copiesMax": 1}


def test_who_left_since_the_sync_is_failed_with_kaizalas_reason(fast: Service) -> None:
    public = largest()
    left = list(public.subscribers.exclude(mobile_number="").values_list("mobile_number", flat=True)[:2])
    fast.client.remove_subscribers(public.group_id, left)
    broadcast = send(fast, Choice(PUBLIC, (public.pk,)), "Rain is coming, to who is left")
    failed = Delivery.objects.filter(broadcast=broadcast, state="failed").order_by("mobile_number")
    assert [(one.mobile_number, one.reason) for one in failed] == [
        (number, "The number is not a subscriber of this group.") for number in sorted(left)
    ]
    assert arrived(fast, "Rain is coming, to who is left")["phones"] == public.subscriber_count - 2


def test_a_lost_answer_leaves_a_doubt_and_never_a_second_copy(fast: Service) -> None:
    fast.sandbox.post(
        "/sandbox/faults", operation="send_message_to_subscribers", kind="error-after", status=500, times=1
    )
    public = largest()
    broadcast = send(fast, Choice(PUBLIC, (public.pk,)), "Rain is coming, in doubt")
    doubt = progress.of(broadcast)
    assert (doubt.calls_unknown, broadcast.state) == (1, "finished")
    assert arrived(fast, "Rain is coming, in doubt")["copiesMax"] == 1
    assert services.all_arrived(broadcast, None) == 1
    assert progress.of(broadcast).sent == public.subscriber_count
    assert arrived(fast, "Rain is coming, in doubt")["phones"] == public.subscriber_count


@pytest.fixture(autouse=True, scope="module")
def closed_lines() -> Iterator[None]:
    yield
    shared_session().close()
