"""The Outbox page, the lists of rows, and what a person may do there."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from kaizala_admin.connectors.models import Connector, Grant
from kaizala_admin.outbox.admin import OutboxRowAdmin
from kaizala_admin.outbox.models import Attempt, State
from kaizala_admin.outbox.words import why_waiting
from tests.outbox.line.models import Parcel

pytestmark = pytest.mark.django_db


class ParcelAdmin(OutboxRowAdmin):
    pass


@pytest.fixture(autouse=True)
def parcel_admin(settings: Settings) -> Iterator[None]:
    admin.site.register(Parcel, ParcelAdmin)
    settings.ROOT_URLCONF = "tests.outbox.urls"
    yield
    admin.site.unregister(Parcel)


@pytest.fixture
def make(add_connector: Callable[..., Connector]) -> Callable[..., Parcel]:
    connector = add_connector()

    def row(**fields: Any) -> Parcel:
        values = {"text": "Rain", "group_id": "g1", **fields}
        made: Parcel = Parcel.objects.create(connector=connector, grant=connector.grants.get(), **values)
        return made

    return row


def sign_in(role: str) -> Client:
    user = User.objects.create_user(role.lower(), is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    kind = ContentType.objects.get_for_model(Parcel)
    user.user_permissions.add(
        Permission.objects.get_or_create(content_type=kind, codename="view_parcel", name="Can view parcel")[0]
    )
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def text_of(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, url
    return " ".join(answer.content.decode().split())


def parcel_of(client: Client) -> Any:
    page = client.get(reverse("admin:outbox"))
    return next(known for known in page.context["classes"] if known.name == "parcels")


def test_the_page_counts_rows_by_state_and_each_number_leads_to_its_rows(make: Callable[..., Parcel]) -> None:
    make(), make(), make(state=State.FAILED, reason="not_sent"), make(state=State.UNKNOWN)
    client = sign_in("Viewer")
    known = parcel_of(client)
    assert dict(zip(State.values, (cell.count for cell in known.cells), strict=True)) == {
        "queued": 2,
        "sending": 0,
        "sent": 0,
        "failed": 1,
        "cancelled": 0,
        "unknown": 1,
    }
    assert [(reason, cell.count) for reason, cell in known.failures] == [("Kaizala could not be reached", 1)]
    for cell in [*known.cells, *(cell for _, cell in known.failures)]:
        if cell.count:
            answer = client.get(cell.url)
            assert answer.context["cl"].result_count == cell.count


def test_the_page_says_that_nothing_has_failed_rather_than_nothing(make: Callable[..., Parcel]) -> None:
    client = sign_in("Viewer")
    row = make()
    assert "Nothing has failed." in text_of(client, reverse("admin:outbox"))
    Parcel.objects.filter(pk=row.pk).update(state=State.FAILED, reason="not_sent")
    assert "Nothing has failed." not in text_of(client, reverse("admin:outbox"))


def test_the_page_makes_as_many_queries_for_three_rows_as_for_one(make: Callable[..., Parcel]) -> None:
    client = sign_in("Operator")

    def count() -> int:
        with CaptureQueriesContext(
            database,
        ) as seen:
            text_of(client, reverse("admin:outbox"))
        return len(seen)

    for state in State:
        make(state=state)
    count()
    one = count()
    for state in State:
        make(state=state), make(state=state)
    assert count() == one


def test_the_list_makes_as_many_queries_for_three_rows_as_for_one(make: Callable[..., Parcel]) -> None:
    client, url = sign_in("Viewer"), reverse("admin:line_parcel_changelist")

    def count() -> int:
        with CaptureQueriesContext(database) as seen:
            text_of(client, url)
        return len(seen)

    make()
    count()
    one = count()
    make(), make()
    assert count() == one


def test_a_row_in_doubt_is_settled_only_after_the_question(make: Callable[..., Parcel]) -> None:
    row = make(state=State.UNKNOWN, reason="no_answer")
    client = sign_in("Operator")
    url = reverse("admin:outbox_arrived", args=["line.parcel", row.pk])
    assert url in text_of(client, reverse("admin:outbox"))
    asked = text_of(client, url)
    assert "Mark 1 unknown row as sent? Nothing is sent by this." in asked
    assert "Rain to g1" in asked
    client.post(url)  # without the yes
    row.refresh_from_db()
    assert row.state == State.UNKNOWN
    assert client.post(url, {"confirmed": "yes"}).headers["Location"] == reverse("admin:outbox")
    row.refresh_from_db()
    assert (row.state, row.reason, row.heard) == (State.SENT, "said_by_a_person", "sent")
    entry = LogEntry.objects.get_for_object(row).get()
    assert (entry.changes, entry.actor.username) == ({"state": ["unknown", "sent"]}, "operator")


def test_two_people_who_settle_the_same_row_do_not_send_it_twice(make: Callable[..., Parcel]) -> None:
    row = make(state=State.UNKNOWN)
    client = sign_in("Operator")
    client.post(reverse("admin:outbox_arrived", args=["line.parcel", row.pk]), {"confirmed": "yes"})
    late = client.post(
        reverse("admin:outbox_again", args=["line.parcel", row.pk]), {"confirmed": "yes"}, follow=True
    )
    assert "Somebody settled this row before you" in late.content.decode()
    row.refresh_from_db()
    assert row.state == State.SENT


def test_sending_again_puts_the_row_in_line_afresh(make: Callable[..., Parcel]) -> None:
    row = make(state=State.UNKNOWN, attempts=3, reason="no_answer", settled_at=timezone.now())
    sign_in("Operator").post(
        reverse("admin:outbox_again", args=["line.parcel", row.pk]), {"confirmed": "yes"}
    )
    row.refresh_from_db()
    assert (row.state, row.attempts, row.reason, row.settled_at) == (State.QUEUED, 0, "", None)


def test_a_viewer_looks_but_does_not_settle(make: Callable[..., Parcel]) -> None:
    row = make(state=State.UNKNOWN)
    client = sign_in("Viewer")
    url = reverse("admin:outbox_again", args=["line.parcel", row.pk])
    assert url not in text_of(client, reverse("admin:outbox"))
    assert [client.get(url).status_code, client.post(url, {"confirmed": "yes"}).status_code] == [403, 403]
    chosen = {"action": "cancel_rows", "_selected_action": [row.pk], "confirmed": "yes"}
    client.post(reverse("admin:line_parcel_changelist"), chosen)
    row.refresh_from_db()
    assert row.state == State.UNKNOWN


@pytest.mark.parametrize("name", ["line.nothing", "auth.user", "groups.syncrun"])
def test_what_is_no_row_of_the_outbox_is_not_found(name: str, make: Callable[..., Parcel]) -> None:
    answer = sign_in("Operator").get(reverse("admin:outbox_again", args=[name, 1]))
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("action", "before", "after", "question"),
    [
        ("retry_rows", State.FAILED, State.QUEUED, "Put 2 failed rows in line again?"),
        ("cancel_rows", State.QUEUED, State.CANCELLED, "Cancel 2 rows in line? They will never be sent."),
        ("rows_arrived", State.UNKNOWN, State.SENT, "Mark 2 unknown rows as sent? Nothing is sent by this."),
        ("send_rows_again", State.UNKNOWN, State.QUEUED, "Send 2 unknown rows again?"),
    ],
)
def test_an_action_asks_in_numbers_and_leaves_rows_in_other_states_alone(
    make: Callable[..., Parcel], action: str, before: State, after: State, question: str
) -> None:
    rows = [make(state=before), make(state=before), make(state=State.SENDING)]
    client, url = sign_in("Operator"), reverse("admin:line_parcel_changelist")
    chosen = {"action": action, "_selected_action": [row.pk for row in rows]}
    asked = client.post(url, chosen).content.decode()
    assert question in asked
    assert "1 chosen row is in another state and stays as it is." in asked
    assert Parcel.objects.filter(state=before).count() == 2
    client.post(url, {**chosen, "confirmed": "yes"})
    for row in rows:
        row.refresh_from_db()
    assert [row.state for row in rows] == [after, after, State.SENDING]
    assert LogEntry.objects.filter(changes={"state": [before, after]}).count() == 2


def test_each_attempt_stands_on_the_rows_page(make: Callable[..., Parcel]) -> None:
    row = make(state=State.QUEUED)
    for number, reason in ((1, "not_sent"), (2, "throttled")):
        Attempt.objects.create(
            row_class="line.parcel",
            row_id=row.pk,
            number=number,
            started_at=timezone.now(),
            outcome="queued",
            reason=reason,
        )
    page = text_of(sign_in("Viewer"), reverse("admin:line_parcel_change", args=[row.pk]))
    assert "Kaizala could not be reached" in page
    assert "Kaizala asked for a pause" in page


@pytest.mark.parametrize(
    ("connector", "grant", "row", "words"),
    [
        ({"is_active": False}, {}, {}, "Waits: the connector is switched off"),
        ({}, {"state": Grant.State.REVOKED}, {}, "Waits: Kaizala refused the grant"),
        (
            {"health": "needs_attention"},
            {},
            {},
            "Waits: the connector needs attention; it is tried again every few minutes",
        ),
        ({}, {}, {"held": True}, "Paused"),
        ({}, {}, {"state": State.FAILED, "reason": "Forbidden"}, "Forbidden"),
    ],
)
def test_a_row_says_why_it_waits(
    make: Callable[..., Parcel], connector: Any, grant: Any, row: Any, words: str
) -> None:
    made = make(**row)
    for changed, values in ((made.connector, connector), (made.grant, grant)):
        for name, value in values.items():
            setattr(changed, name, value)
    assert why_waiting(made) == words
