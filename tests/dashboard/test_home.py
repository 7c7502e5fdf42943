"""The home page: each number is true, leads to its rows, and is shown only to those who may see them."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from groups.models import Group, SyncRun
from groups.sync.errors import TOO_MANY_GONE
from kaizala_admin.connectors.models import ApiCall, Connector, Grant, Heartbeat, Tenant
from kaizala_admin.dashboard.attention import Item
from kaizala_admin.outbox import sweeper as outbox_sweeper
from kaizala_admin.outbox.models import Attempt, State
from kaizala_admin.ui.roles import ADMINISTRATOR, VIEWER
from messaging.models import Broadcast, Dispatch
from tests.house.people import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def grant() -> Grant:
    for name in ("dispatcher", "worker:field:7", "sweep"):
        Heartbeat.objects.create(name=name, seen_at=timezone.now())
    tenant = Tenant.objects.create(name="Health for all")
    connector = Connector.objects.create(
        tenant=tenant, name="Field", api_root="http://127.0.0.1:1", application_id="a", application_secret="b"
    )
    return Grant.objects.create(connector=connector, name="Asha", refresh_token="c")


@pytest.fixture
def group(grant: Grant) -> Group:
    return Group.objects.create(
        tenant=grant.connector.tenant,
        group_id="g1",
        name="News",
        group_type=Group.Type.PUBLIC,
        member_count=12,
        subscriber_count=20_000,
        first_seen_at=timezone.now(),
    )


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def viewer() -> Client:
    return client_of(person(VIEWER))


def home(client: Client) -> Any:
    answer = client.get(reverse("admin:index"))
    assert answer.status_code == 200
    return answer


def items(client: Client) -> list[Item]:
    found: list[Item] = home(client).context["attention"]
    return found


def rows_behind(client: Client, item: Item) -> int:
    answer = client.get(item.url)
    assert answer.status_code == 200, item.url
    return int(answer.context["cl"].result_count)


def check(client: Client, count: int, text: str, tone: str) -> None:
    """There is one item, it says this, and its link shows exactly those rows."""
    (item,) = items(client)
    assert (item.count, item.text, item.tone) == (count, text, tone)
    assert rows_behind(client, item) == count


def test_a_quiet_house_says_that_nothing_waits(viewer: Client, grant: Grant) -> None:
    page = home(viewer)
    assert page.context["attention"] == []
    assert "Nothing waits for you." in page.content.decode()


def test_a_connector_that_needs_attention_stands_first(viewer: Client, grant: Grant) -> None:
    Connector.objects.update(health=Connector.Health.NEEDS_ATTENTION, health_reason="The secret was refused.")
    check(viewer, 1, "connector needs attention", "danger")
    assert "The secret was refused." in home(viewer).content.decode()


@pytest.mark.parametrize(
    ("days", "text", "tone"),
    [(6, "grant ends within 7 days", "danger"), (29, "grant ends within 30 days", "warning")],
)
def test_a_grant_is_announced_before_it_ends(
    viewer: Client, grant: Grant, days: int, text: str, tone: str
) -> None:
    Grant.objects.update(refresh_expires_at=timezone.now() + timedelta(days=days))
    check(viewer, 1, text, tone)


def test_a_grant_with_more_than_30_days_is_not_mentioned(viewer: Client, grant: Grant) -> None:
    Grant.objects.update(refresh_expires_at=timezone.now() + timedelta(days=31))
    assert items(viewer) == []


def test_a_refused_grant_is_pressing(viewer: Client, grant: Grant) -> None:
    Grant.objects.update(state=Grant.State.REVOKED)
    check(viewer, 1, "grant is refused by Kaizala", "danger")


def broadcast(group: Group, *states: str, **more: Any) -> Broadcast:
    found = Broadcast.objects.create(
        tenant=group.tenant, title="Rain", state=Broadcast.State.RUNNING, people=10 * len(states)
    )
    grant = Grant.objects.get()
    for state in states:
        Dispatch.objects.create(
            broadcast=found,
            group=group,
            connector=grant.connector,
            grant=grant,
            mode=Dispatch.Mode.BATCH,
            people=10,
            state=state,
            settled_at=timezone.now(),
            **more,
        )
    return found


def test_unknown_outcomes_are_pressing(viewer: Client, group: Group) -> None:
    broadcast(group, State.UNKNOWN, State.UNKNOWN, State.SENT)
    check(viewer, 2, "dispatches with an unknown outcome: did they arrive?", "danger")


def test_a_rising_number_of_unknowns_is_said(viewer: Client, group: Group) -> None:
    broadcast(group, State.UNKNOWN, State.UNKNOWN, State.UNKNOWN)
    for minutes, row in zip((5, 50, 90), Dispatch.objects.order_by("pk"), strict=True):
        at = timezone.now() - timedelta(minutes=minutes)
        Attempt.objects.create(
            row_class="messaging.dispatch",
            row_id=row.pk,
            number=1,
            started_at=at,
            ended_at=at,
            outcome=State.UNKNOWN,
        )
    (item,) = items(viewer)
    assert (item.count, item.text.split("? ")[1]) == (3, "2 of them in the last hour.")


def test_failed_dispatches_are_named_for_a_week(viewer: Client, group: Group) -> None:
    broadcast(group, State.FAILED, State.SENT)
    check(viewer, 1, "dispatch failed in the last 7 days", "warning")
    Dispatch.objects.update(settled_at=timezone.now() - timedelta(days=8))
    assert items(viewer) == []


def test_calls_that_cannot_reach_kaizala_are_pressing(viewer: Client, group: Group) -> None:
    broadcast(group, State.QUEUED, State.QUEUED, reason="not_sent")
    broadcast(group, State.QUEUED)
    check(viewer, 2, "dispatches wait: Kaizala could not be reached, and is tried again", "danger")


def test_a_late_sweep_is_noticed(viewer: Client, group: Group) -> None:
    broadcast(group, State.SENDING, lease_until=timezone.now() - timedelta(minutes=5))
    (item,) = items(viewer)
    assert "the sweep, which is late" in item.text
    assert rows_behind(viewer, item) == 1


def test_a_sweep_that_does_not_come_is_noticed_before_anything_waits_for_it(
    viewer: Client, grant: Grant
) -> None:
    Heartbeat.objects.filter(name="sweep").update(seen_at=timezone.now() - timedelta(seconds=100))
    assert items(viewer) == []
    Heartbeat.objects.filter(name="sweep").update(seen_at=timezone.now() - timedelta(minutes=5, seconds=10))
    (item,) = items(viewer)
    assert (item.count, item.tone) == (5, "danger")
    asked = "minutes since the last sweep, which comes every ten seconds: do beat and a worker run?"
    assert item.text == asked
    outbox_sweeper.sweep()
    assert items(viewer) == []


def test_a_sweep_that_never_came_is_noticed_once_something_waits(viewer: Client, group: Group) -> None:
    Heartbeat.objects.filter(name="sweep").delete()
    assert items(viewer) == []  # a new console
    broadcast(group, State.QUEUED)
    assert items(viewer) == []
    Dispatch.objects.update(created_at=timezone.now() - timedelta(minutes=3, seconds=10))
    (item,) = items(viewer)
    assert (item.count, item.tone) == (3, "danger")
    assert "no sweep ever came" in item.text


def test_a_sync_that_asks_is_not_counted_as_failed_too(viewer: Client, grant: Grant) -> None:
    SyncRun.objects.create(
        kind=SyncRun.Kind.DIRECTORY,
        grant=grant,
        connector=grant.connector,
        state=State.FAILED,
        reason=TOO_MANY_GONE,
        settled_at=timezone.now(),
    )
    check(viewer, 1, "sync asks whether so many people are really gone", "warning")


def test_a_silent_worker_is_pressing(viewer: Client, grant: Grant) -> None:
    Heartbeat.objects.filter(name="worker:field:7").update(seen_at=timezone.now() - timedelta(minutes=5))
    (item,) = items(viewer)
    assert (item.text.split(".")[0], item.tone) == ("process is silent: worker", "danger")
    assert "The dispatcher makes its calls meanwhile" in item.text
    Heartbeat.objects.update(seen_at=timezone.now() - timedelta(seconds=100))
    (item,) = items(viewer)
    assert item.text.startswith("processes are silent: dispatcher, worker. Nothing is sent")


def test_one_silent_worker_of_several_is_named(viewer: Client, grant: Grant) -> None:
    for name in ("worker:field:8", "worker:farm:7"):
        Heartbeat.objects.create(name=name, seen_at=timezone.now() - timedelta(minutes=5))
    (item,) = items(viewer)
    assert (item.count, item.tone) == (2, "warning")
    assert item.text.startswith(
        "workers are silent, and others do their work: worker:farm:7, worker:field:8."
    )


def test_an_overdue_schedule_is_noticed(viewer: Client, grant: Grant) -> None:
    Connector.objects.update(next_sync_at=timezone.now() - timedelta(hours=1))
    check(viewer, 1, "connector is overdue for its sync", "warning")


def test_people_without_a_role_are_told_no_numbers(group: Group) -> None:
    broadcast(group, State.UNKNOWN)
    Connector.objects.update(health=Connector.Health.NEEDS_ATTENTION)
    page = home(client_of(person("")))
    assert page.context["attention"] == []
    assert page.context["numbers"] == []
    assert [page.context[name] for name in ("connectors", "syncs", "broadcasts")] == [None, None, None]


def test_the_budget_of_the_last_minute_is_shown(viewer: Client, grant: Grant) -> None:
    for age in (5, 10, 90):
        at = timezone.now() - timedelta(seconds=age)
        ApiCall.objects.create(
            connector=grant.connector, grant=grant, at=at, operation="x", method="GET", path="/", ms=1
        )
    (line,) = home(viewer).context["connectors"]
    assert (line.used, line.allowed, line.tenant_used, line.tenant_allowed) == (2, 100, 2, 300)


def test_a_running_broadcast_shows_its_people(viewer: Client, group: Group) -> None:
    broadcast(group, State.SENT, State.SENT, State.FAILED, State.QUEUED)
    page = home(viewer)
    (line,) = page.context["broadcasts"]
    assert (line.done, line.sent, line.failed, line.broadcast.people) == (30, 20, 10, 40)
    assert "30 of 40" in page.content.decode()


def test_a_connector_without_a_grant_is_not_called_working(viewer: Client, grant: Grant) -> None:
    assert [line.health for line in home(viewer).context["connectors"]] == [("Working", "success")]
    Connector.objects.create(
        tenant=grant.connector.tenant, name="New", api_root="http://127.0.0.1:1", application_id="x"
    )
    check(viewer, 1, "connector has no grant yet, so it reaches nothing", "warning")
    lines = [(line.connector.name, *line.health) for line in home(viewer).context["connectors"]]
    assert lines == [("New", "No grant yet", "warning"), ("Field", "Working", "success")]
    assert "No grant yet" in viewer.get(reverse("admin:connectors_connector_changelist")).content.decode()


def test_the_numbers_of_the_mirror_lead_to_its_lists(viewer: Client, group: Group) -> None:
    shown = [
        (each.label, each.value, viewer.get(each.url).status_code) for each in home(viewer).context["numbers"]
    ]
    expected = [("Groups", 1), ("Public groups", 1), ("Members", 12), ("Subscribers", 20_000)]
    assert shown == [(label, value, 200) for label, value in expected]


def test_a_new_install_is_told_the_first_steps() -> None:
    page = home(client_of(person(ADMINISTRATOR)))
    assert [step.done for step in page.context["steps"]] == [False, False, False, False]
    assert "Add a connector" in page.content.decode()


def test_the_first_steps_are_ticked_off_and_then_gone(grant: Grant) -> None:
    client = client_of(person(ADMINISTRATOR))
    assert [step.done for step in home(client).context["steps"]] == [True, True, False, False]
    Group.objects.create(tenant=grant.connector.tenant, group_id="g", name="n", first_seen_at=timezone.now())
    assert home(client).context["steps"] == []


def test_the_sandbox_is_named_while_a_connector_points_at_it(
    viewer: Client, grant: Grant, settings: Any
) -> None:
    settings.KAIZALA_SANDBOX_URL = "http://127.0.0.1:8990/"
    assert "http://127.0.0.1:8990/phones" not in home(viewer).content.decode()
    Connector.objects.update(api_root="http://127.0.0.1:8990")
    assert 'href="http://127.0.0.1:8990/phones"' in home(viewer).content.decode()
    Connector.objects.update(is_active=False)
    assert "http://127.0.0.1:8990/phones" not in home(viewer).content.decode()


def sync_of(grant: Grant, **fields: Any) -> SyncRun:
    values = {"kind": SyncRun.Kind.DIRECTORY, "state": State.SENT, "settled_at": timezone.now(), **fields}
    return SyncRun.objects.create(grant=grant, connector=grant.connector, **values)


def test_a_sync_is_under_way_until_the_last_of_its_groups_is_done(
    viewer: Client, grant: Grant, group: Group
) -> None:
    run = sync_of(grant, pages=1, expected_pages=1, seen=2, created=2)
    of_group: dict[str, Any] = {"kind": SyncRun.Kind.GROUP, "parent": run, "expected_pages": 3}
    child = sync_of(grant, group=group, state=State.QUEUED, settled_at=None, pages=1, seen=50, **of_group)
    page = home(viewer)
    (line,) = page.context["syncs"]
    assert (line.state, line.sync.done, line.sync.total) == (("Under way", "info"), 1, 2)
    assert (line.sync.pages, line.sync.expected, line.sync.seen) == (2, 4, 52)
    assert "2 of 4" in page.content.decode()
    assert "1 of 2 syncs are done. 52 seen, 2 new" in page.content.decode()
    SyncRun.objects.filter(pk=child.pk).update(state=State.SENT, settled_at=timezone.now())
    assert home(viewer).context["syncs"][0].state == ("Finished", "success")


@pytest.mark.parametrize(
    ("states", "word"),
    [
        ((State.SENT, State.SENT), "Finished"),
        ((State.SENT, State.FAILED), "Failed in part"),
        ((State.FAILED,), "Failed"),
        ((State.SENT, State.CANCELLED), "Stopped"),
        ((State.SENT, State.SENDING), "Under way"),
    ],
)
def test_a_sync_is_named_by_what_became_of_all_its_groups(
    viewer: Client, grant: Grant, group: Group, states: tuple[State, ...], word: str
) -> None:
    run = sync_of(grant, state=states[0])
    for state in states[1:]:
        sync_of(grant, kind=SyncRun.Kind.GROUP, parent=run, group=group, state=state)
    (line,) = home(viewer).context["syncs"]
    assert line.state[0] == word


def test_more_syncs_cost_no_more_queries(
    viewer: Client, grant: Grant, django_assert_num_queries: Any
) -> None:
    from kaizala_admin.dashboard import panels

    request: Any = type("Request", (), {"user": User.objects.get()})()
    panels.syncs(request)
    for total in (1, 3):
        while SyncRun.objects.count() < total:
            sync_of(grant)
        with django_assert_num_queries(2):
            assert len(panels.syncs(request) or []) == total
