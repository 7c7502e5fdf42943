"""Lists as exports: what the list shows with its filters, or the rows that are ticked."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from groups.models import Group, Member, Subscriber
from kaizala_admin import exports
from kaizala_admin.connectors.models import Connector, Grant, Tenant
from kaizala_admin.exports import kinds, paging, services, work
from kaizala_admin.exports.lists import list_rows
from kaizala_admin.exports.models import Export
from kaizala_admin.outbox.models import Attempt
from messaging.models import Broadcast, Delivery, Dispatch
from tests.house.addresses import registered
from tests.house.world import have

from .conftest import signed_in

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def boss() -> User:
    return User.objects.create_superuser("boss")


@pytest.fixture
def client(boss: User) -> Client:
    return signed_in(boss)


@pytest.fixture
def grant() -> Grant:
    tenant = Tenant.objects.create(name="Harvest")
    connector = Connector.objects.create(tenant=tenant, name="Main", api_root="http://127.0.0.1:9")
    return Grant.objects.create(connector=connector, name="Whole", refresh_token="refresh")


@pytest.fixture
def group(grant: Grant) -> Group:
    tenant = grant.connector.tenant
    return Group.objects.create(
        tenant=tenant, group_id="g-1", name="=Health", group_type="ConnectGroup", first_seen_at=NOW
    )


def people(group: Group, model: Any, *names: str, **more: Any) -> list[Any]:
    return [
        model.objects.create(
            group=group,
            person_id=name,
            name=name,
            mobile_number=f"+9198000000{at:02}",
            first_seen_at=NOW,
            **more,
        )
        for at, name in enumerate(names)
    ]


def table(folder: Path, kind: str, parameters: dict[str, Any]) -> list[list[str]]:
    export = services.start(kind=kind, parameters=parameters, file_format="csv", by=None)
    work.run(export.pk)
    done = Export.objects.get(pk=export.pk)
    assert (done.state, done.rows_done) == ("done", done.rows_expected), done.detail
    with (folder / done.file).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_a_list_is_exported_as_it_is_filtered_and_searched(folder: Path, group: Group) -> None:
    people(group, Subscriber, "Asha", "Juma", back_at=NOW)
    people(group, Subscriber, "Registered Asha", is_provisioned=True)
    people(group, Subscriber, "Gone Asha", gone_at=NOW)
    found = table(folder, "groups.subscribers", {"list": f"group__id__exact={group.pk}&registered=no&q=asha"})
    at = NOW.isoformat(" ", "seconds")[:19]
    assert found == [
        [
            *("Group", "Name", "Mobile number (without +)", "User ID", "Registered"),
            *("First seen (UTC)", "Back since (UTC)", "Gone since (UTC)"),
        ],
        ["'=Health", "Asha", "919800000000", "Asha", "no", at, at, ""],
    ]  # fmt: skip


def test_ticked_rows_are_exported_whatever_the_filter(folder: Path, group: Group) -> None:
    rows = people(group, Member, "Asha", "Juma", "Chidi")
    found = table(folder, "groups.members", {"ids": [rows[0].pk, rows[2].pk]})
    assert [row[1] for row in found[1:]] == ["Asha", "Chidi"]


def test_groups_come_with_their_tenant_and_their_numbers(folder: Path, group: Group) -> None:
    Group.objects.update(member_count=7, synced_at=NOW)
    found = table(folder, "groups.groups", {})
    assert found[1][:8] == ["Harvest", "'=Health", "g-1", "ConnectGroup", "7", "0", "0", "no"]


@pytest.fixture
def broadcast(grant: Grant, group: Group) -> Broadcast:
    """One line that was sent, one that was refused, and one of another broadcast."""
    tenant = grant.connector.tenant
    for title in ("Rain", "Sun"):
        broadcast = Broadcast.objects.create(tenant=tenant, title=title, state="finished")
        call = Dispatch.objects.create(
            broadcast=broadcast, group=group, mode="batch", connector=grant.connector, grant=grant,
            settled_at=NOW,
        )  # fmt: skip
        for at, (state, reason) in enumerate([("sent", ""), ("failed", "no_answer")]):
            Delivery.objects.create(
                broadcast=broadcast, dispatch=call, group=group, name=f"P{at}", state=state,
                reason=reason, mobile_number=f"+9198000000{at:02}",
            )  # fmt: skip
    return Broadcast.objects.get(title="Rain")


def test_the_ledger_of_a_broadcast_says_what_became_of_each_person(
    folder: Path, broadcast: Broadcast
) -> None:
    at = NOW.isoformat(" ", "seconds")[:19]
    assert table(folder, "messaging.ledger", {"list": f"broadcast={broadcast.pk}"})[1:] == [
        ["Rain", "'=Health", "P0", "919800000000", "1", "Sent", "", at],
        ["Rain", "'=Health", "P1", "919800000001", "1", "Failed", "The answer was lost", at],
    ]
    failed = table(folder, "messaging.ledger", {"list": f"broadcast={broadcast.pk}&state=failed"})
    assert [row[2] for row in failed[1:]] == ["P1"]


def test_the_ledger_has_the_text_that_each_person_alone_got_and_no_such_column_where_all_got_the_same(
    folder: Path, broadcast: Broadcast
) -> None:
    Broadcast.objects.filter(pk=broadcast.pk).update(
        content={"message": 'Dear {name}, "hi"\nRain.'}, launched_at=NOW
    )
    call = Dispatch.objects.get(broadcast=broadcast)
    own = Dispatch.objects.get(pk=call.pk)
    own.pk, own.content = None, {"message": 'Dear P0, "hi"\nRain.'}
    own.save()
    Delivery.objects.filter(broadcast=broadcast, name="P0").update(dispatch=own)
    ids = list(Delivery.objects.filter(broadcast=broadcast).order_by("pk").values_list("pk", flat=True))
    for asked in ({"list": f"broadcast={broadcast.pk}"}, {"ids": ids}):
        heading, *lines = table(folder, "messaging.ledger", asked)
        assert heading[-1] == "Own text"
        assert [line[-1] for line in lines] == ['Dear P0, "hi"\nRain.', ""]
    other = Broadcast.objects.get(title="Sun")
    assert table(folder, "messaging.ledger", {"list": f"broadcast={other.pk}"})[0][-1] == "Answered (UTC)"
    assert [line[-1] for line in table(folder, "messaging.ledger", {})[3:]] == ["", ""]


def test_a_broadcasts_page_offers_its_ledger(client: Client, broadcast: Broadcast) -> None:
    page = client.get(reverse("admin:messaging_broadcast_progress", args=[broadcast.pk]))
    url = page.context["export_url"]
    assert str(url) in page.content.decode().replace("&amp;", "&")
    assert "2 rows, as things are now." in client.get(url).content.decode()
    client.post(url, {"format": "csv"})
    assert Export.objects.get().title == "Ledger of Rain"


def test_rows_of_the_outbox_and_their_attempts_are_exported(folder: Path, broadcast: Broadcast) -> None:
    Attempt.objects.create(
        row_class="messaging.dispatch", row_id=1, number=1, started_at=NOW, outcome="not", reason="throttled"
    )  # fmt: skip
    found = table(folder, "outbox.messaging.dispatch", {})
    assert [row[1:3] for row in found[1:]] == [["Rain > =Health", "Queued"], ["Sun > =Health", "Queued"]]
    assert table(folder, "outbox.attempts", {})[1][6] == "Kaizala asked for a pause"


def test_every_registered_list_can_be_exported(folder: Path) -> None:
    for model, model_admin in registered().values():
        if kind := getattr(model_admin, "export_kind", ""):
            row = have(model)
            assert len(table(folder, kind, {"ids": [row.pk]})) == 2, kind
    assert {"groups.groups", "messaging.ledger", "outbox.groups.syncrun"} <= set(kinds._KINDS)


def test_the_list_has_a_button_that_keeps_its_filters(client: Client, group: Group) -> None:
    people(group, Subscriber, "Asha", "Juma")
    page = client.get(
        reverse("admin:groups_subscriber_changelist"), {"q": "asha", "p": "1", "registered": "no"}
    )
    url = page.context["export_url"]
    assert url == exports.new_url(
        "groups.subscribers", {"list": "q=asha&registered=no"}, "Subscribers, as filtered"
    )
    assert "1 row, as things are now." in client.get(url).content.decode()


def test_the_action_exports_what_is_ticked_and_all_when_all_is_chosen(client: Client, group: Group) -> None:
    rows = people(group, Member, "Asha", "Juma")
    url = reverse("admin:groups_member_changelist")
    ticked = {"action": "export_chosen", "_selected_action": [rows[1].pk]}
    answer = client.post(url, ticked)
    assert answer["Location"] == exports.new_url("groups.members", {"ids": [rows[1].pk]}, "Members: 1 chosen")
    answer = client.post(f"{url}?q=as", {**ticked, "select_across": "1"})
    assert answer["Location"] == exports.new_url("groups.members", {"list": "q=as"}, "Members, as filtered")


def test_who_may_not_look_gets_neither_button_nor_action(group: Group) -> None:
    nobody = User.objects.create(username="nobody", is_staff=True)
    model_admin: Any = admin.site.get_model_admin(Member)
    page = signed_in(nobody).get(reverse("admin:groups_member_changelist"))
    assert page.status_code == 403
    request = page.wsgi_request
    assert (model_admin.has_export_permission(request), model_admin.get_actions(request)) == (False, {})


@pytest.mark.parametrize(
    "parameters", [{"list": "no_such_field__exact=1"}, {"ids": "all"}, {"ids": ["1; --"]}]
)
def test_parameters_that_the_list_does_not_know_fail_in_words(parameters: dict[str, Any]) -> None:
    with pytest.raises(exports.BadParameters, match="The list does not know"):
        list_rows(Member, parameters)


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_pages_bring_each_row_once_and_in_order(group: Group, size: int) -> None:
    rows = people(group, Member, "A", "B", "C")
    asked = Member.objects.order_by("-name")
    assert list(exports.in_pages(asked, "name", size=size)) == [("A",), ("B",), ("C",)]
    slow = paging._after_the_last(asked.order_by("pk"), ("name",), size)
    assert [row for page in slow for row in page] == [(row.pk, row.name) for row in rows]


def test_the_number_of_queries_grows_with_the_pages_only(group: Group) -> None:
    kind = kinds.by_key("groups.members")
    assert kind.pages is not None
    counts = []
    for names in (["A"], ["B", "C", "D"]):
        people(group, Member, *names)
        with CaptureQueriesContext(connection) as queries:
            list(kind.pages({}, kind.columns_for({})))
        counts.append(len(queries))
    assert counts[0] == counts[1]
