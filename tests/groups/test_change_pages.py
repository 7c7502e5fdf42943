"""The pages that change groups: said beforehand, asked in numbers, shown as pending, settled with results."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from groups.changes import services
from groups.changes.checking import CannotChange
from groups.changes.models import GroupChange
from groups.models import Group, Member, Reach
from kaizala_admin.connectors.models import Connector, Grant, Tenant
from kaizala_admin.outbox.models import State

from .changing import again, ordinary, run_all, some_people, unlimited
from .conftest import Service

NEW = "+919812300001"


@pytest.fixture
def group(grant: Grant) -> Group:
    """A group that our grant is an admin of, with two members; no service behind it."""
    from django.utils import timezone

    now = timezone.now()
    group = Group.objects.create(
        tenant=grant.connector.tenant, group_id="g1", name="Wells", first_seen_at=now, member_count=2
    )
    Reach.objects.create(grant=grant, group=group, role="Admin", first_seen_at=now)
    for index, role in enumerate(("Admin", "Member")):
        Member.objects.create(
            group=group, person_id=f"p{index}", mobile_number=f"+91981230000{index}", name=f"Person {index}",
            role=role, first_seen_at=now,
        )  # fmt: skip
    return group


def page(name: str, *args: Any) -> str:
    return reverse(f"admin:groups_group_{name}", args=args)


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_numbers_in_any_spelling_are_queued_and_shown_as_pending_beside_the_mirror(
    boss: Client, group: Group
) -> None:
    answer = boss.post(page("add_members", group.pk), {"numbers": "098123 00001, 00 91 98123 00002"})
    change = GroupChange.objects.get()
    assert answer["Location"].endswith(f"?changes={change.pk}")
    assert change.payload["numbers"] == ["+919812300001", "+919812300002"]
    shown = text(boss.get(page("change", group.pk), {"tab": "members"}))
    assert "Pending: not at Kaizala yet" in shown
    assert "Add 2 people to Wells" in shown
    assert "In line: Kaizala has not answered yet." in text(boss.get(answer["Location"]))


def test_who_may_not_see_changes_sees_none_beside_the_mirror(boss: Client, group: Group) -> None:
    services.add_members(group=group, numbers=["+919876500001"])
    own = reverse("admin:groups_group_change", args=[group.pk])
    looker = get_user_model().objects.create_user("looker", is_staff=True)
    looker.user_permissions.add(
        Permission.objects.get(codename="view_group", content_type__app_label="groups")
    )
    client = Client()
    client.force_login(looker, backend="django.contrib.auth.backends.ModelBackend")
    assert "Pending: not at Kaizala yet" in text(boss.get(own))
    assert "Pending: not at Kaizala yet" not in text(client.get(own))


def test_the_list_of_what_is_pending_asks_for_a_new_page_once_it_moved(boss: Client, group: Group) -> None:
    boss.post(page("add_members", group.pk), {"numbers": "+919812300001"})
    part = {"HX-Request": "true"}
    seen = f"{GroupChange.objects.get().pk}q"
    still = boss.get(page("pending", group.pk), {"seen": seen}, headers=part)
    assert ("HX-Refresh" in still.headers, "Add +919812300001 to Wells" in text(still)) == (False, True)
    GroupChange.objects.update(state=State.SENT)
    moved = boss.get(page("pending", group.pk), {"seen": seen}, headers=part)
    assert moved["HX-Refresh"] == "true"
    assert boss.get(page("pending", group.pk))["Location"].endswith("?tab=changes")


def test_why_a_change_is_still_pending_is_said_beside_it(boss: Client, group: Group) -> None:
    boss.post(page("add_members", group.pk), {"numbers": "+919812300001"})
    GroupChange.objects.update(held=True)
    assert "Paused" in text(boss.get(page("change", group.pk)))
    Connector.objects.update(is_active=False)
    assert "Waits: the connector is switched off" in text(boss.get(page("change", group.pk)))


def test_wrong_numbers_are_named_with_their_line_and_nothing_is_queued(boss: Client, group: Group) -> None:
    answer = boss.post(page("add_members", group.pk), {"numbers": "+919812300001\n12\nabc"})
    assert answer.status_code == 422
    assert "Line 2, “12”: The number has too few digits." in text(answer)
    assert "Line 3, “abc”: This is not a phone number." in text(answer)
    assert GroupChange.objects.count() == 0


def test_members_are_removed_after_a_question_in_numbers(boss: Client, group: Group) -> None:
    keys = list(group.members.values_list("pk", flat=True))
    asked = text(boss.post(page("remove_members", group.pk), {"member": keys}))
    assert "Remove 2 people from this group?" in asked
    assert "1 of them is an admin." in asked
    assert GroupChange.objects.count() == 0
    boss.post(page("remove_members", group.pk), {"member": keys, "confirmed": "yes"})
    rows = GroupChange.objects.order_by("pk")
    assert [(row.kind, row.payload["person_id"]) for row in rows] == [
        ("remove_member", "p0"),
        ("remove_member", "p1"),
    ]


def test_a_member_is_made_an_admin_after_a_question(boss: Client, group: Group) -> None:
    member = group.members.get(role="Member")
    form = {"member": member.pk, "role": "Admin"}
    assert "Make this person an admin?" in text(boss.post(page("role", group.pk), form))
    boss.post(page("role", group.pk), {**form, "confirmed": "yes"})
    assert GroupChange.objects.get().payload["role"] == "Admin"


def test_what_cannot_be_done_is_said_instead_of_the_form(boss: Client, group: Group) -> None:
    shown = text(boss.get(page("add_subscribers", group.pk)))
    assert "is not a public group, so it has no subscribers" in shown
    Reach.objects.update(role="Member")
    shown = text(boss.get(page("add_members", group.pk)))
    assert "Only an admin of “Wells” may change it" in shown
    assert "<textarea" not in shown


def test_a_public_group_by_a_users_grant_is_refused_in_the_form(boss: Client, grant: Grant) -> None:
    form = {"name": "N", "welcome_message": "W", "group_type": "ConnectGroup", "grant": grant.pk}
    answer = boss.post(page("create"), form)
    assert answer.status_code == 422
    assert "Only a grant for the whole organisation can make a public group" in text(answer)


def test_first_members_are_read_with_the_country_of_the_grant_that_is_chosen(
    boss: Client, grant: Grant
) -> None:
    tenant = Tenant.objects.create(name="Another", default_region="KE")
    connector = Connector.objects.create(
        tenant=tenant, name="B", api_root="http://127.0.0.1:9", application_id="b", application_secret="s"
    )
    other = Grant.objects.create(connector=connector, name="Whole", kind="tenant", refresh_token="r")
    Grant.objects.filter(pk=grant.pk).update(kind="tenant")
    form = {"name": "N", "welcome_message": "W", "group_type": "Group"}
    for one, given in ((other, "0712 345678"), (grant, "098123 00001")):
        boss.post(page("create"), {**form, "grant": one.pk, "numbers": given})
    found = [change.payload["numbers"] for change in GroupChange.objects.order_by("pk")]
    assert found == [["+254712345678"], ["+919812300001"]]


def test_a_new_group_and_a_linked_one_are_pending_beside_the_mirror(
    boss: Client, group: Group, grant: Grant
) -> None:
    Grant.objects.filter(pk=grant.pk).update(kind="tenant")
    child = Group.objects.create(
        tenant=group.tenant, group_id="g2", name="Below", first_seen_at=group.first_seen_at
    )
    Reach.objects.create(grant=grant, group=child, role="Admin", first_seen_at=group.first_seen_at)
    boss.post(page("link", group.pk), {"child": child.pk})
    form = {"name": "New top", "welcome_message": "W", "group_type": "Group", "grant": grant.pk}
    boss.post(page("create"), form)
    for at in (page("change", child.pk), page("change", group.pk)):
        shown = text(boss.get(at))
        assert ("Link “Below” below Wells" in shown, "New top" in shown) == (True, False)
    listed = boss.get(page("changelist"))
    assert "Create the group “New top”" in text(listed)
    seen = {"seen": listed.context["pending_keys"]}
    still = boss.get(page("pending"), seen, headers={"HX-Request": "true"})
    assert ("HX-Refresh" in still.headers, "New top" in text(still)) == (False, True)
    GroupChange.objects.filter(kind="create_group").update(state=State.SENT, other=child)
    assert boss.get(page("pending"), seen, headers={"HX-Request": "true"})["HX-Refresh"] == "true"
    assert boss.get(page("pending"))["Location"] == page("changelist")
    assert "Create the group “Below”" in text(boss.get(page("change", child.pk), {"tab": "changes"}))
    assert "New top" not in text(boss.get(page("changelist")))


def test_progress_takes_the_same_queries_for_one_change_as_for_three(boss: Client, group: Group) -> None:
    for index in range(3):
        boss.post(page("add_members", group.pk), {"numbers": f"+91981230001{index}"})
    for row in GroupChange.objects.all():
        results = {row.payload["numbers"][0]: ["added", ""]}
        GroupChange.objects.filter(pk=row.pk).update(state=State.SENT, results=results, settled_at=Now())
    keys = [str(key) for key in GroupChange.objects.values_list("pk", flat=True)]
    at, counts = reverse("admin:groups_groupchange_progress"), []
    for some in (keys[:1], keys):
        with CaptureQueriesContext(connection) as queries:
            shown = boss.get(at, {"changes": ",".join(some)}, headers={"HX-Request": "true"})
        assert text(shown).count("Take back") == len(some)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_whom_nobody_could_add_again_is_not_taken_back_and_an_admin_comes_back_as_a_member(
    boss: Client, group: Group
) -> None:
    Member.objects.filter(role="Member").update(mobile_number="")
    boss.post(
        page("remove_members", group.pk),
        {"member": list(group.members.values_list("pk", flat=True)), "confirmed": "yes"},
    )
    for row in GroupChange.objects.all():
        results = {row.payload["numbers"][0]: ["removed", ""]}
        GroupChange.objects.filter(pk=row.pk).update(state=State.SENT, results=results)
    admin, nameless = GroupChange.objects.order_by("pk")
    at = reverse("admin:groups_groupchange_progress")
    assert ["Take back" in text(boss.get(at, {"changes": row.pk})) for row in (admin, nameless)] == [
        True,
        False,
    ]
    asked = text(boss.get(reverse("admin:groups_groupchange_undo", args=[admin.pk])))
    assert "This person was an admin, and comes back as an ordinary member." in asked
    with pytest.raises(CannotChange, match="nothing to take back"):
        services.undo(change=nameless)


def test_a_picture_that_is_none_is_refused(boss: Client, group: Group) -> None:
    file = SimpleUploadedFile("a.png", b"GIF89a", content_type="image/png")
    answer = boss.post(page("create_below", group.pk), {"name": "N", "welcome_message": "W", "picture": file})
    assert "This file is neither a JPEG nor a PNG picture." in text(answer)


def test_a_group_above_is_not_offered_as_a_sub_group(boss: Client, group: Group) -> None:
    top = Group.objects.create(
        tenant=group.tenant, group_id="g2", name="Top", first_seen_at=group.first_seen_at
    )
    top.child_links.create(child=group, first_seen_at=group.first_seen_at)
    shown = text(boss.get(page("link", group.pk)))
    assert "stands above this group: it would be a ring" in shown
    answer = boss.post(page("link", group.pk), {"child": top.pk}, follow=True)
    assert "That would be a ring: “Top” › “Wells”." in text(answer)
    assert GroupChange.objects.count() == 0


def test_the_result_for_each_number_is_shown_and_can_be_taken_back(boss: Client, service: Service) -> None:
    unlimited()
    some_people(service)
    group = ordinary()
    known = group.members.filter(gone_at=None).exclude(mobile_number="")[0].mobile_number
    shown_at = boss.post(page("add_members", group.pk), {"numbers": f"{NEW}\n{known}"})["Location"]
    run_all()
    shown = text(boss.get(shown_at))
    assert "Was there already" in shown
    assert "Added" in shown
    change = GroupChange.objects.get()
    undo = reverse("admin:groups_groupchange_undo", args=[change.pk])
    assert "Take this change back?" in text(boss.get(undo))
    boss.post(undo, {"confirmed": "yes"})
    run_all()
    assert not Member.objects.filter(group=group, mobile_number=NEW, gone_at=None).exists()
    assert Member.objects.filter(group=group, mobile_number=known, gone_at=None).exists()
    assert boss.get(reverse("admin:groups_groupchange_change", args=[change.pk])).status_code == 302


def test_two_people_who_change_the_same_group_at_once_are_both_told(boss: Client, service: Service) -> None:
    unlimited()
    some_people(service)
    group = ordinary()
    member = group.members.filter(gone_at=None, role="Member")[0]
    for _person in range(2):
        boss.post(page("remove_members", group.pk), {"member": [member.pk], "confirmed": "yes"})
    run_all()
    first, second = GroupChange.objects.order_by("pk")
    assert (first.state, second.state) == (State.SENT, State.SENT)
    assert [next(iter(row.results.values()))[0] for row in (first, second)] == ["removed", "absent"]
    assert again(member).gone_at is not None
