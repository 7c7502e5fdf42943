"""Post, pause, cancel, retry, settle: each by compare-and-set, each with its hooks."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection as database
from django.db import transaction
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from kaizala_admin.connectors.models import Connector
from kaizala_admin.outbox import services, sweeper
from kaizala_admin.outbox.models import State
from kaizala_admin.outbox.registry import by_label, row_classes
from tests.outbox.line.models import Page, Parcel

pytestmark = pytest.mark.django_db
Make = Callable[..., Parcel]


@pytest.fixture
def make(add_connector: Callable[..., Connector]) -> Make:
    connector = add_connector()

    def row(**fields: Any) -> Parcel:
        return Parcel(connector=connector, grant=connector.grants.get(), group_id="g", text="x", **fields)

    return row


@pytest.fixture
def saved(make: Make) -> Make:
    def row(**fields: Any) -> Parcel:
        made = make(**fields)
        made.save()
        return made

    return row


def test_rows_are_posted_in_bulk_and_the_dispatcher_is_woken_once_after_the_commit(
    make: Make, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks() as calls, transaction.atomic():
        rows = services.post([make() for _ in range(700)])
    assert len({row.pk for row in rows}) == 700
    assert Parcel.objects.filter(state=State.QUEUED, permits=0).count() == 700
    assert len(calls) == 1


def test_a_post_that_is_rolled_back_leaves_no_row_and_no_bell(
    make: Make, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks() as calls, transaction.atomic():
        services.post([make()])
        transaction.set_rollback(True)
    assert (Parcel.objects.count(), calls) == (0, [])


def test_a_nudge_without_a_broker_is_no_error(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    services.nudge([1])


@pytest.mark.parametrize("state", [known for known in State if known != State.QUEUED])
def test_only_what_is_in_line_can_be_cancelled(saved: Make, state: State) -> None:
    row = saved(state=state)
    assert services.cancel(Parcel.objects.filter(pk=row.pk)) == 0
    row.refresh_from_db()
    assert (row.state, row.heard) == (state, "")


@pytest.mark.parametrize("state", [known for known in State if known != State.FAILED])
def test_only_what_failed_can_be_retried(saved: Make, state: State) -> None:
    row = saved(state=state)
    assert services.retry(Parcel.objects.filter(pk=row.pk)) == 0


@pytest.mark.parametrize("state", [known for known in State if known != State.UNKNOWN])
def test_only_what_is_in_doubt_can_be_settled_by_hand(saved: Make, state: State) -> None:
    row = saved(state=state)
    assert not services.settle_arrived(row, None)
    assert not services.send_again(row, None)


def test_a_retry_starts_afresh_and_keeps_the_claim_that_fences_late_writers(saved: Make) -> None:
    row = saved(state=State.FAILED, attempts=8, claim=8, reason="not_sent", detail="down", held=True)
    assert services.retry(Parcel.objects.all()) == 1
    row.refresh_from_db()
    assert (row.state, row.attempts, row.claim, row.reason, row.detail, row.held, row.heard) == (
        State.QUEUED,
        0,
        8,
        "",
        "",
        False,
        "queued",
    )


def test_evidence_settles_a_doubt_without_a_person(saved: Make) -> None:
    row = saved(state=State.UNKNOWN)
    assert services.settle_arrived(row, None)
    row.refresh_from_db()
    assert (row.state, row.reason, row.heard) == (State.SENT, "found_at_kaizala", "sent")


def test_what_a_person_did_to_many_rows_is_in_the_audit_log_row_by_row(saved: Make) -> None:
    person = User.objects.create_user("operator")
    rows = [saved() for _ in range(3)]
    assert services.cancel(Parcel.objects.all(), person) == 3
    for row in rows:
        entry = LogEntry.objects.get_for_object(row).get()
        assert (entry.actor_id, entry.changes) == (person.pk, {"state": ["queued", "cancelled"]})


def test_holding_counts_only_rows_that_were_not_held(saved: Make) -> None:
    saved(), saved(state=State.SENDING), saved(held=True), saved(state=State.SENT)
    assert services.hold(Parcel.objects.all()) == 2
    assert services.release(Parcel.objects.all()) == 3


def test_the_sweeper_rings_for_connectors_with_due_rows(saved: Make) -> None:
    row = saved()
    assert sweeper.due_connectors() == [row.connector_id]
    Parcel.objects.update(not_before=timezone.now() + timedelta(minutes=1))
    assert sweeper.due_connectors() == []


def test_every_concrete_row_class_is_found_by_its_name(lines: None) -> None:
    assert {Parcel, Page} <= set(row_classes())
    assert by_label("line.parcel") is Parcel
    with pytest.raises(LookupError):
        by_label("auth.user")


@pytest.mark.parametrize(
    ("sql", "index"),
    [
        (
            "SELECT id FROM line_parcel WHERE connector_id=1 AND lane=20 AND state='queued' AND NOT held"
            " AND not_before<='2026' ORDER BY not_before, id LIMIT 3",
            "parcel_due",
        ),
        (
            "SELECT id FROM line_parcel WHERE connector_id=1 AND state='queued' AND permits>0"
            " AND permits_until>'2026'",
            "parcel_granted",
        ),
    ],
)
def test_the_hot_queries_use_their_indexes(lines: None, sql: str, index: str) -> None:
    if database.vendor != "sqlite":
        pytest.skip("the planner of PostgreSQL reads short tables whole")
    with database.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
        assert index in " ".join(str(line) for line in cursor.fetchall())
