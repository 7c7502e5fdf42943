"""Lists and pages: what they say, what they cost, and who may open them."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group as Role
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from groups.models import Group, GroupLink, Member, Reach, Subscriber, SyncRun
from groups.search import number_starts
from kaizala_admin.connectors.models import Grant, Tenant
from kaizala_admin.outbox.models import State

ROLES = ("nobody", "Viewer", "Operator", "Approver", "Administrator")


def signed_in(role: str) -> Client:
    user = User.objects.create_user(f"is-{role}", password="x", is_staff=True)
    if role in ROLES[1:]:
        user.groups.add(Role.objects.get(name=role))
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def make_group(grant: Grant, number: int, **more: Any) -> Group:
    now = timezone.now()
    told = {"name": f"Group {number}", "group_type": Group.Type.PUBLIC, "synced_at": now, **more}
    group = Group.objects.create(
        tenant=grant.connector.tenant, group_id=f"g-{number}", first_seen_at=now, **told
    )
    Reach.objects.create(grant=grant, group=group, role="Admin", first_seen_at=now)
    Member.objects.create(
        group=group, person_id="m", name="Asha", mobile_number="+919800000001", first_seen_at=now
    )
    Subscriber.objects.create(
        group=group,
        person_id="s",
        name=f"Juma {number}",
        mobile_number=f"+2547000000{number:02}",
        first_seen_at=now,
    )
    SyncRun.objects.create(
        kind="group",
        group=group,
        grant=grant,
        connector=grant.connector,
        state=State.SENT,
        pages=3,
        started_at=now,
    )
    return group


def addresses(group: Group) -> dict[str, str]:
    """Every page that only shows something."""
    page = reverse("admin:groups_group_change", args=[group.pk])
    return {
        "list": reverse("admin:groups_group_changelist"),
        "tree": reverse("admin:groups_group_tree"),
        "overview": page,
        "members": f"{page}?tab=members",
        "subscribers": f"{page}?tab=subscribers",
        "sub-groups": f"{page}?tab=sub_groups",
        "history": f"{page}?tab=history",
        "member list": reverse("admin:groups_member_changelist"),
        "subscriber list": reverse("admin:groups_subscriber_changelist"),
        "runs": reverse("admin:groups_syncrun_changelist"),
        "progress": f"{reverse('admin:groups_syncrun_progress')}?runs={group.sync_runs.get().pk}",
    }


PAGES = (
    "list", "tree", "overview", "members", "subscribers", "sub-groups", "history",
    "member list", "subscriber list", "runs", "progress",
)  # fmt: skip


@pytest.mark.parametrize("role", ROLES)
def test_every_page_asks_for_its_permission(grant: Grant, role: str) -> None:
    group = make_group(grant, 1)
    client = signed_in(role)
    expected = 403 if role == "nobody" else 200
    assert {name: client.get(url).status_code for name, url in addresses(group).items()} == dict.fromkeys(
        PAGES, expected
    )


@pytest.mark.parametrize("role", ROLES)
def test_every_button_asks_for_its_permission(grant: Grant, role: str) -> None:
    group = make_group(grant, 1)
    run = group.sync_runs.get()
    client = signed_in(role)
    expected = 403 if role in ("nobody", "Viewer") else 302
    buttons = {
        reverse("admin:groups_group_sync", args=[group.pk]): {},
        reverse("admin:groups_group_sync_connector", args=[grant.connector_id]): {},
        reverse("admin:groups_group_sync_everything"): {},
        reverse("admin:groups_syncrun_cancel"): {"runs": str(run.pk)},
        reverse("admin:groups_syncrun_accept", args=[run.pk]): {},
    }
    assert [client.post(url, data).status_code for url, data in buttons.items()] == [expected] * 5
    assert [client.get(url).status_code for url in buttons] == [403 if expected == 403 else 405] * 5


def test_a_stranger_is_sent_to_sign_in(grant: Grant) -> None:
    group = make_group(grant, 1)
    for url in addresses(group).values():
        assert Client().get(url).headers["Location"].startswith(reverse("admin:login"))


@pytest.mark.parametrize("name", PAGES)
def test_a_page_costs_as_many_queries_for_three_rows_as_for_one(grant: Grant, name: str) -> None:
    first = make_group(grant, 1)
    client = signed_in("Operator")
    url = addresses(first)[name]
    client.get(url)
    with CaptureQueriesContext(connection) as one:
        assert client.get(url).status_code == 200
    grow(grant, first)
    with CaptureQueriesContext(connection) as three:
        assert client.get(url).status_code == 200
    assert len(three) == len(one)


def grow(grant: Grant, first: Group) -> None:
    """Two more of everything that a page lists."""
    now = timezone.now()
    for number in (2, 3):
        make_group(grant, number)
        Member.objects.create(group=first, person_id=f"m{number}", first_seen_at=now)
        Subscriber.objects.create(group=first, person_id=f"s{number}", first_seen_at=now)
        told = {
            "kind": "group",
            "group": first,
            "grant": grant,
            "connector": grant.connector,
            "state": State.SENT,
        }
        SyncRun.objects.create(parent=first.sync_runs.order_by("pk")[0], **told)


def test_a_level_of_the_graph_costs_one_query_however_many_groups_it_has(grant: Grant) -> None:
    root = make_group(grant, 1)
    client, url = (
        signed_in("Viewer"),
        f"{reverse('admin:groups_group_change', args=[root.pk])}?tab=sub_groups",
    )
    counts = []
    for number in (2, 3, 4):
        child = make_group(grant, number)
        GroupLink.objects.create(parent=root, child=child, first_seen_at=timezone.now())
        with CaptureQueriesContext(connection) as captured:
            assert f"Group {number}" in client.get(url).content.decode()
        counts.append(len(captured))
    assert counts == [counts[0]] * 3


@pytest.mark.parametrize(
    "typed",
    ["+254700000001", "254700000001", "+254 700-000 001", "00254700000001", "+2547000000", "0700 000 001"],
)
def test_a_number_is_found_in_any_spelling(grant: Grant, typed: str) -> None:
    Tenant.objects.update(default_region="KE")
    make_group(grant, 1)
    page = signed_in("Viewer").get(reverse("admin:groups_subscriber_changelist"), {"q": typed})
    assert [row.name for row in page.context["cl"].result_list] == ["Juma 1"]


def test_a_number_belongs_to_each_tenants_country(grant: Grant) -> None:
    Tenant.objects.update(default_region="IN")
    Tenant.objects.create(name="Second", default_region="KE")
    assert number_starts("0700000001") == {"+91700000001", "+254700000001"}


def test_a_name_is_found_by_any_part(grant: Grant) -> None:
    make_group(grant, 1)
    page = signed_in("Viewer").get(reverse("admin:groups_subscriber_changelist"), {"q": "uma"})
    assert [row.name for row in page.context["cl"].result_list] == ["Juma 1"]


def test_lists_show_who_is_present_unless_asked(grant: Grant) -> None:
    group = make_group(grant, 1)
    Subscriber.objects.create(
        group=group, person_id="g", name="Left", first_seen_at=timezone.now(), gone_at=timezone.now()
    )
    client, url = signed_in("Viewer"), reverse("admin:groups_subscriber_changelist")
    shown = {
        wanted: [
            row.name
            for row in client.get(url, {"presence": wanted} if wanted else {}).context["cl"].result_list
        ]
        for wanted in ("", "gone", "all")
    }
    assert shown == {"": ["Juma 1"], "gone": ["Left"], "all": ["Left", "Juma 1"]}


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({"type": "ConnectGroup"}, ["Group 1"]),
        ({"type": "Group"}, ["Field staff"]),
        ({"presence": "gone"}, ["Group 3"]),
        ({"stale": "never"}, ["Field staff"]),
        ({"stale": "7"}, ["Field staff"]),
        ({"q": "field"}, ["Field staff"]),
        ({"q": "g-1"}, ["Group 1"]),
    ],
)
def test_groups_are_filtered(grant: Grant, filters: dict[str, str], names: list[str]) -> None:
    make_group(grant, 1)
    make_group(grant, 2, name="Field staff", group_type="Group", synced_at=None)
    make_group(grant, 3, gone_at=timezone.now())
    page = signed_in("Viewer").get(reverse("admin:groups_group_changelist"), filters)
    assert [row.name for row in page.context["cl"].result_list] == names


def test_no_list_counts_or_lists_all_its_rows(grant: Grant) -> None:
    group, now = make_group(grant, 1), timezone.now()
    people = [{"group": group, "person_id": f"p{at}", "first_seen_at": now} for at in range(250)]
    Member.objects.bulk_create(Member(**person) for person in people)
    Subscriber.objects.bulk_create(Subscriber(**person) for person in people)
    client = signed_in("Viewer")
    for name in ("member", "subscriber"):
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse(f"admin:groups_{name}_changelist"))
        rows = [query["sql"] for query in captured if f'"groups_{name}"' in query["sql"]]
        assert rows
        assert [sql for sql in rows if "DISTINCT" in sql or "LIMIT" not in sql] == []


def test_a_double_click_on_sync_starts_one(grant: Grant) -> None:
    group = make_group(grant, 1)
    client, url = signed_in("Operator"), reverse("admin:groups_group_sync", args=[group.pk])
    first, second = client.post(url), client.post(url)
    assert first.headers["Location"] == second.headers["Location"]
    assert SyncRun.objects.filter(state=State.QUEUED).count() == 1


def test_a_group_that_nobody_reaches_says_why_it_cannot_be_synced(grant: Grant) -> None:
    group = make_group(grant, 1)
    Reach.objects.all().delete()
    page = signed_in("Operator").post(reverse("admin:groups_group_sync", args=[group.pk]), follow=True)
    assert (
        "No working grant reaches Group 1. Check its connector, then sync the connector."
        in page.content.decode()
    )


def test_chosen_groups_are_synced_together(grant: Grant) -> None:
    keys = [make_group(grant, number).pk for number in (1, 2, 3)]
    chosen = {"action": "sync_selected", "_selected_action": keys[:2]}
    answer = signed_in("Operator").post(reverse("admin:groups_group_changelist"), chosen)
    runs = SyncRun.objects.filter(state=State.QUEUED).order_by("pk")
    assert [run.group_id for run in runs] == keys[:2]
    assert answer.headers["Location"].endswith(",".join(str(run.pk) for run in runs))


def test_a_viewer_has_no_sync_action(grant: Grant) -> None:
    key = make_group(grant, 1).pk
    signed_in("Viewer").post(
        reverse("admin:groups_group_changelist"), {"action": "sync_selected", "_selected_action": [key]}
    )
    assert SyncRun.objects.filter(state=State.QUEUED).count() == 0


def test_progress_updates_itself_until_it_is_finished(grant: Grant) -> None:
    group = make_group(grant, 1)
    client = signed_in("Operator")
    address = client.post(reverse("admin:groups_group_sync", args=[group.pk])).headers["Location"]
    assert 'hx-trigger="every 2s"' in client.get(address).content.decode()
    part = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith('<div id="sync-progress"')
    assert "Time to go: less than a minute" in part
    SyncRun.objects.update(state=State.SENT)
    done = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "hx-get" not in done
    assert "Done: the console now shows what Kaizala has." in done


def test_the_question_about_many_gone_has_its_button_and_the_answer_goes_on(grant: Grant) -> None:
    group = make_group(grant, 1)
    run = group.sync_runs.get()
    SyncRun.objects.update(
        state=State.FAILED, reason="too_many_gone", detail="30 of 100 members would be marked as gone."
    )
    address = addresses(group)["progress"]
    accept = reverse("admin:groups_syncrun_accept", args=[run.pk])
    assert accept not in signed_in("Viewer").get(address).content.decode()
    operator = signed_in("Operator")
    page = operator.get(address).content.decode()
    assert accept in page
    assert "30 of 100 members would be marked as gone." in page
    operator.post(accept)
    run.refresh_from_db()
    assert (run.state, run.allow_gone) == (State.QUEUED, True)


@pytest.mark.parametrize("runs", ["", "0", "x", "1,x", "9" * 30, "1;2"])
def test_a_sync_that_is_not_there_is_not_found(grant: Grant, runs: str) -> None:
    make_group(grant, 1)
    assert (
        signed_in("Viewer").get(reverse("admin:groups_syncrun_progress"), {"runs": runs}).status_code == 404
    )


@pytest.mark.parametrize("address", ["/admin/groups/group/999/change/", "/admin/groups/group/x/change/"])
def test_a_group_that_is_not_there_is_not_found(grant: Grant, address: str) -> None:
    assert signed_in("Viewer").get(address).status_code == 404


def test_people_are_paged_by_key(grant: Grant) -> None:
    group = make_group(grant, 1)
    Subscriber.objects.bulk_create(
        Subscriber(group=group, person_id=f"p{at}", name=f"P {at}", first_seen_at=timezone.now())
        for at in range(70)
    )
    client, url = signed_in("Viewer"), addresses(group)["subscribers"]
    first = client.get(url)
    assert [person.name for person in first.context["people"]] == ["Juma 1", *(f"P {at}" for at in range(49))]
    page = reverse("admin:groups_group_change", args=[group.pk])
    second = client.get(page + first.context["next_url"])
    assert [person.name for person in second.context["people"]] == [f"P {at}" for at in range(49, 70)]
    assert second.context["next_url"] == ""


@pytest.mark.parametrize(
    ("tab", "more", "words"),
    [
        ("members", {"synced_at": None}, "Not synced yet"),
        ("members", {}, "Nobody is here"),
        ("subscribers", {"group_type": "Group"}, "Only public groups have subscribers"),
        ("sub_groups", {}, "It has no sub-groups"),
    ],
)
def test_an_empty_tab_says_why(grant: Grant, tab: str, more: dict[str, Any], words: str) -> None:
    group = make_group(grant, 1, **more)
    group.members.all().delete()
    group.subscribers.all().delete()
    page = reverse("admin:groups_group_change", args=[group.pk])
    assert words in signed_in("Viewer").get(f"{page}?tab={tab}").content.decode()


def test_an_empty_list_says_what_to_do(grant: Grant) -> None:
    client = signed_in("Viewer")
    words = "Groups appear after the first sync of a connector with a working grant."
    assert words in client.get(reverse("admin:groups_group_changelist")).content.decode()
    words = "People appear when the first sync of their group is done."
    assert words in client.get(reverse("admin:groups_subscriber_changelist")).content.decode()


def test_retrying_a_sync_beside_a_later_one_of_its_group_is_said_and_changes_nothing(grant: Grant) -> None:
    group = make_group(grant, 1)
    same = {"kind": "group", "group": group, "grant": grant, "connector": grant.connector}
    failed = SyncRun.objects.create(state=State.FAILED, **same)
    SyncRun.objects.create(state=State.QUEUED, **same)
    url = reverse("admin:outbox_retry", args=["groups.syncrun", failed.pk])
    answer = signed_in("Administrator").post(url, {"confirmed": "yes"}, follow=True)
    assert "The same work is in line already" in answer.content.decode()
    failed.refresh_from_db()
    assert failed.state == State.FAILED
