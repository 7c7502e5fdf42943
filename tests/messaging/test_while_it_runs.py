"""Automatic pause when failures burst, and which broadcast's calls go first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from kaizala_admin.kaizala import FailedRecipient
from kaizala_admin.outbox import due
from kaizala_admin.outbox.models import State
from messaging import services
from messaging.models import Broadcast, Delivery, Dispatch, Priority
from messaging.views.base import url

from .conftest import GROUPS, PUBLIC, Org, Recorder, break_off, number

Capture = DjangoCaptureOnCommitCallbacks


@pytest.fixture
def going(org: Org) -> Broadcast:
    """Nine calls on their way; three failures pause."""
    org.tenant.pause_after_failures = 3
    org.tenant.save()
    return org.launched(GROUPS, [org.group(f"G{at}", [at]) for at in range(9)])


def fail(capture: Capture, count: int, state: State = State.FAILED) -> None:
    for row in Dispatch.objects.filter(state=State.QUEUED).order_by("pk")[:count]:
        with capture(execute=True):
            break_off(row, state, "NotAdmin", "Not an admin.")


def test_failures_in_a_burst_pause_the_broadcast_and_say_why(
    going: Broadcast, django_capture_on_commit_callbacks: Capture, signed_in: Callable[[str], Client]
) -> None:
    fail(django_capture_on_commit_callbacks, 2)
    assert Broadcast.objects.get().state == "running"
    fail(django_capture_on_commit_callbacks, 1, State.UNKNOWN)
    going.refresh_from_db()
    why = "3 calls failed or are in doubt within five minutes. Mostly: Not an admin."
    assert (going.state, going.pause_reason) == ("paused", why)
    assert Dispatch.objects.filter(state=State.QUEUED, held=True).count() == 6
    page = signed_in("Viewer").get(url("progress", going.pk)).content.decode()
    assert "It was paused by itself." in page
    assert why in page
    assert "broadcast paused by itself" in signed_in("Viewer").get("/admin/").content.decode()


def test_a_resumed_broadcast_is_judged_by_what_happens_from_then_on(
    going: Broadcast, django_capture_on_commit_callbacks: Capture
) -> None:
    fail(django_capture_on_commit_callbacks, 3)
    assert services.resume(going, None) is True
    assert services.pause_bursting() == 0
    fail(django_capture_on_commit_callbacks, 2)
    assert Broadcast.objects.get().state == "running"
    fail(django_capture_on_commit_callbacks, 1)
    assert Broadcast.objects.get().state == "paused"


def test_failures_far_apart_and_failures_that_went_through_after_all_do_not_pause(
    going: Broadcast, django_capture_on_commit_callbacks: Capture
) -> None:
    fail(django_capture_on_commit_callbacks, 2)
    Dispatch.objects.update(broke_at=timezone.now() - timedelta(minutes=6))
    fail(django_capture_on_commit_callbacks, 2, State.UNKNOWN)
    services.all_arrived(going, None)
    fail(django_capture_on_commit_callbacks, 2)
    assert Broadcast.objects.get().state == "running"


def test_a_burst_whose_worker_died_is_found_by_the_tick(going: Broadcast) -> None:
    for row in Dispatch.objects.order_by("pk")[:3]:
        break_off(row, State.FAILED, "NotAdmin")
    assert Broadcast.objects.get().state == "running"
    assert services.pause_bursting() == 1
    assert Broadcast.objects.get().state == "paused"


def test_zero_turns_the_automatic_pause_off(
    going: Broadcast, django_capture_on_commit_callbacks: Capture
) -> None:
    going.tenant.pause_after_failures = 0
    going.tenant.save()
    fail(django_capture_on_commit_callbacks, 9)
    assert Broadcast.objects.get().state == "finished"


def test_people_who_are_all_refused_count_as_a_failed_call(
    org: Org, recorder: Recorder, django_capture_on_commit_callbacks: Capture
) -> None:
    org.tenant.pause_after_failures = 2
    org.tenant.save()
    org.connector.batch_size = 1
    org.connector.save()
    broadcast = org.launched(PUBLIC, [org.public(people=range(4))])
    recorder.failed = tuple(FailedRecipient(number(at), "", "Left", "") for at in range(4))
    for row in Dispatch.objects.order_by("pk")[:2]:
        result = row.perform(recorder)  # type: ignore[arg-type]
        Dispatch.objects.filter(pk=row.pk).update(state=State.SENT, settled_at=timezone.now())
        with django_capture_on_commit_callbacks(execute=True):
            row.record(result)
    broadcast.refresh_from_db()
    assert (broadcast.state, broadcast.pause_reason) == (
        "paused",
        "2 calls failed or are in doubt within five minutes. Mostly: Left",
    )


def in_line(org: Org) -> list[str]:
    (connector,) = due.due_connectors()
    due.add_rows(connector, 100)
    rows = Dispatch.objects.select_related("broadcast").in_bulk([row.pk for row in connector.rows])
    return [rows[row.pk].broadcast.title for row in connector.rows]


def launched(org: Org, title: str, priority: Priority) -> Broadcast:
    draft = org.draft(GROUPS, [org.group(title)], message=title)
    Broadcast.objects.filter(pk=draft.pk).update(priority=priority)
    assert services.launch(draft, None, 3) is True
    return draft


def test_an_urgent_broadcast_goes_before_a_normal_one_and_a_low_one_last(org: Org) -> None:
    for title, priority in (("Low", Priority.LOW), ("First", Priority.NORMAL), ("Second", Priority.NORMAL)):
        launched(org, title, priority)
    urgent = launched(org, "Urgent", Priority.URGENT)
    assert in_line(org) == ["Urgent", "First", "Second", "Low"]
    row = Dispatch.objects.get(broadcast=urgent)
    break_off(row, State.FAILED, "NotAdmin")
    services.retry_failures(urgent, None)
    assert in_line(org)[0] == "Urgent"


def test_a_priority_that_is_changed_on_the_way_counts_at_once(
    org: Org, signed_in: Callable[[str], Client]
) -> None:
    first, second = (launched(org, title, Priority.NORMAL) for title in ("First", "Second"))
    at, yes = url("do", second.pk, "priority"), {"confirmed": "yes"}
    assert signed_in("Viewer").post(at, {**yes, "priority": "10"}).status_code == 403
    assert signed_in("Operator").post(at, {**yes, "priority": "11"}).status_code == 404
    assert in_line(org) == ["First", "Second"]
    page = signed_in("Operator").post(at, {**yes, "priority": "10"}, follow=True).content.decode()
    assert '<option value="10" selected>' in page
    assert in_line(org) == ["Second", "First"]
    assert services.prioritise(second, None, Priority.URGENT) is False
    services.cancel(first, None)
    assert services.prioritise(first, None, Priority.URGENT) is False
    assert Broadcast.objects.get(pk=first.pk).priority == Priority.NORMAL


def test_who_failed_for_one_reason_is_tried_again_and_the_others_are_not(
    org: Org, recorder: Recorder
) -> None:
    broadcast = org.launched(PUBLIC, [org.public(people=range(4))])
    recorder.failed = (FailedRecipient(number(1), "", "Busy", ""), FailedRecipient(number(2), "", "Left", ""))
    recorder.drive(broadcast)
    assert services.retry_failures(broadcast, None, "Busy") == 1
    states: Any = Delivery.objects.order_by("mobile_number").values_list("state", "reason")
    assert list(states) == [("sent", ""), ("queued", ""), ("failed", "Left"), ("sent", "")]
