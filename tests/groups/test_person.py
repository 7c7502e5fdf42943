"""One page per number: all groups, what was sent, and the one step out of all groups."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from groups import person
from groups.changes.models import GroupChange
from groups.models import Group, Member, Subscriber
from groups.sections import SECTIONS
from kaizala_admin.connectors.models import Grant
from messaging.models import Broadcast, Delivery, Dispatch

from .test_pages import make_group, signed_in

NUMBER = "+919800000001"
NOW = timezone.now()


@pytest.fixture
def groups(grant: Grant) -> list[Group]:
    """Asha is a member of three groups, gone from the third; she follows the second."""
    found = [make_group(grant, number) for number in (1, 2, 3)]
    Member.objects.filter(group=found[0]).update(role="Admin", name="Asha Rao", is_provisioned=True)
    Member.objects.filter(group=found[2]).update(gone_at=NOW)
    Subscriber.objects.create(
        group=found[1], person_id="m", name="Asha", mobile_number=NUMBER, first_seen_at=NOW
    )
    return found


def page_of(client: Client) -> Any:
    return client.get(person.person_url(NUMBER))


def test_a_page_gathers_every_row_of_the_number(groups: list[Group]) -> None:
    answer = page_of(signed_in("Viewer"))
    somebody = answer.context["somebody"]
    assert [(row.group.name, row.role) for row in somebody.members] == [
        ("Group 1", "Admin"),
        ("Group 2", "Member"),
        ("Group 3", "Member"),
    ]
    assert [row.group.name for row in somebody.subscribers] == ["Group 2"]
    assert (len(somebody.present), somebody.is_provisioned, somebody.gone_at) == (3, True, None)
    assert NUMBER in answer.content.decode()


def test_the_rows_of_both_lists_open_the_persons_page(groups: list[Group]) -> None:
    client = signed_in("Viewer")
    for row in (Member.objects.first(), Subscriber.objects.last()):
        assert row is not None
        url = reverse(f"admin:groups_{row._meta.model_name}_change", args=[row.pk])
        assert client.get(url).context["somebody"].number == NUMBER
    for name in ("member", "subscriber"):
        assert client.get(reverse(f"admin:groups_{name}_change", args=["x"])).status_code == 404


def test_no_address_of_a_person_holds_the_number(groups: list[Group]) -> None:
    url = person.person_url(NUMBER)
    assert NUMBER[1:] not in url
    assert person.number_of(url.rstrip("/").rsplit("/", 1)[-1]) == NUMBER
    assert signed_in("Viewer").get(reverse("admin:groups_person", args=["made-up"])).status_code == 404


def test_somebody_without_a_number_is_found_by_the_user_id(groups: list[Group]) -> None:
    Member.objects.update(mobile_number="")
    row = Member.objects.select_related("group").first()
    assert row is not None
    somebody = person.by_row(row)
    assert (somebody.number, somebody.person_id, len(somebody.members)) == ("", "m", 3)


def test_what_was_sent_is_shown_also_to_whole_groups_while_the_person_was_there(
    grant: Grant, groups: list[Group]
) -> None:
    def send(title: str, group: Group, mode: str, days: int) -> Dispatch:
        broadcast = Broadcast.objects.create(tenant=grant.connector.tenant, title=title, state="finished")
        return Dispatch.objects.create(
            broadcast=broadcast, group=group, mode=mode, connector=grant.connector, grant=grant,
            state="sent", settled_at=NOW + timedelta(days=days),
        )  # fmt: skip

    own = send("To her", groups[1], "batch", 1)
    Delivery.objects.create(
        broadcast=own.broadcast, dispatch=own, group=groups[1], mobile_number=NUMBER, state="failed",
        reason="no_answer",
    )  # fmt: skip
    for title, group, days in [("To all", groups[0], 1), ("Before", groups[0], -9), ("Gone", groups[2], 1)]:
        send(title, group, "group", days)
    answer = page_of(signed_in("Viewer"))
    (sent,) = [context for section, context in answer.context["sections"] if section.key == "sent"]
    assert [(line.broadcast.title, reason) for line, _tone, reason in sent["lines"]] == [
        ("To her", "The answer was lost")
    ]
    assert [call.broadcast.title for call in sent["to_groups"]] == ["To all"]


def test_who_left_long_ago_sees_what_went_to_the_group_before_and_all_of_it_page_by_page(
    grant: Grant, groups: list[Group]
) -> None:
    def call(title: str, group: Group, days: int, state: str = "sent") -> Dispatch:
        broadcast = Broadcast.objects.create(tenant=grant.connector.tenant, title=title, state="finished")
        return Dispatch(
            broadcast=broadcast, group=group, mode="group", connector=grant.connector, grant=grant,
            state=state, settled_at=NOW + timedelta(days=days),
        )  # fmt: skip

    Member.objects.filter(group=groups[2]).update(first_seen_at=NOW - timedelta(days=90))
    old = [call(f"Old {n}", groups[2], -30) for n in range(60)]
    late = [call(f"Late {n}", groups[2], 30) for n in range(60)]
    bad = [call("Failed", groups[2], -30, "failed"), call("Cancelled", groups[2], -30, "cancelled")]
    Dispatch.objects.bulk_create([*old, *late, *bad])
    client, address = signed_in("Viewer"), person.person_url(NUMBER)

    def shown(query: str) -> tuple[list[str], str]:
        sections = client.get(address + query).context["sections"]
        (sent,) = [context for section, context in sections if section.key == "sent"]
        return [one.broadcast.title for one in sent["to_groups"]], sent["older"].partition("#")[0]

    first, older = shown("")
    assert first == [f"Old {n}" for n in reversed(range(10, 60))]
    assert shown(older) == ([f"Old {n}" for n in reversed(range(10))], "")


def test_the_page_costs_as_many_queries_for_many_rows_as_for_few(grant: Grant, groups: list[Group]) -> None:
    client = signed_in("Viewer")
    page_of(client)
    with CaptureQueriesContext(connection) as few:
        page_of(client)
    for number in (4, 5, 6):
        make_group(grant, number)
    with CaptureQueriesContext(connection) as many:
        page_of(client)
    assert len(many) == len(few)


def test_sections_stand_in_their_places() -> None:
    assert [section.key for section in SECTIONS][:2] == ["groups", "sent"]


def test_leaving_all_groups_asks_in_numbers_and_then_asks_kaizala_once_a_group(groups: list[Group]) -> None:
    client = signed_in("Operator")
    url = page_of(client).content.decode().split("/remove/")[0].rsplit('"', 1)[-1] + "/remove/"
    asked = client.get(url)
    assert "Remove Asha from 2 groups?" in asked.content.decode().replace("Asha Rao", "Asha")
    assert not GroupChange.objects.exists()
    done = client.post(url, {"confirmed": "yes"}, follow=True)
    assert [str(one) for one in done.context["messages"]] == ["3 changes are in line."]
    assert sorted(GroupChange.objects.values_list("kind", "group__name")) == [
        ("remove_member", "Group 1"),
        ("remove_member", "Group 2"),
        ("remove_subscribers", "Group 2"),
    ]


def test_the_page_shows_the_first_groups_but_all_of_them_are_left(
    groups: list[Group], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("groups.views.person.SHOWN", 1)
    client = signed_in("Operator")
    shown = page_of(client).content.decode()
    assert ("Group 1" in shown, "Group 2" in shown, "And 3 more." in shown) == (True, False, True)
    client.post(reverse("admin:groups_person_remove", args=[person.key_of(NUMBER)]), {"confirmed": "yes"})
    assert GroupChange.objects.count() == 3


def test_a_group_that_cannot_be_changed_is_said_and_the_others_are_asked(groups: list[Group]) -> None:
    groups[0].reaches.all().delete()
    done = signed_in("Operator").post(
        reverse("admin:groups_person_remove", args=[person.key_of(NUMBER)]), {"confirmed": "yes"}, follow=True
    )
    assert [str(one)[:26] for one in done.context["messages"]] == [
        "No working grant reaches “",
        "2 changes are in line.",
    ]


def test_a_viewer_may_look_but_not_remove(groups: list[Group]) -> None:
    client = signed_in("Viewer")
    assert page_of(client).context["may_remove"] is False
    url = reverse("admin:groups_person_remove", args=[person.key_of(NUMBER)])
    assert (client.get(url).status_code, client.post(url, {"confirmed": "yes"}).status_code) == (403, 403)
