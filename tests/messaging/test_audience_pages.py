"""Saved audiences, the do-not-contact list, and the audience half of the compose page."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from groups.models import GroupLink, Member
from messaging import services
from messaging.audience import Expression, Plan, Rules
from messaging.list_forms import in_words
from messaging.models import Broadcast, DoNotContact, SavedAudience
from messaging.views.base import url

from .conftest import GROUPS, PUBLIC, Org, Recorder, number

SignIn = Callable[[str], Client]
ADD_SAVED = "admin:messaging_savedaudience_add"
ADD_BARRED = "admin:messaging_donotcontact_add"


def compose(client: Client, **data: Any) -> Expression:
    answer = client.post(url("add"), {"message": "Hello", "title": "", **data})
    assert answer.status_code == 302
    return Expression.of(Broadcast.objects.latest("pk").audience)


def test_a_mix_is_one_expression_and_its_draft_opens_as_it_was_written(org: Org, signed_in: SignIn) -> None:
    client, nurses, farmers = signed_in("Operator"), org.group(), org.public()
    saved = SavedAudience.objects.create(tenant=org.tenant, name="All", rules={})
    earlier = org.launched(PUBLIC, [org.public("Weather", [7])])
    said = compose(
        client,
        mode="mix",
        groups=[nurses.pk],
        sub_groups="on",
        public=[farmers.pk],
        saved=[saved.pk],
        pasted=number(9),
        through=[farmers.pk],
        left_groups=[nurses.pk],
        left_saved=[saved.pk],
        reached_by=[earlier.pk],
        reached_days="7",
        batches="on",
        priority="10",
    )
    assert (said.include.groups, said.include.sub_groups, said.include.public) == (
        (nurses.pk,),
        True,
        (farmers.pk,),
    )
    assert (said.include.saved, said.include.numbers, said.through) == ((saved.pk,), True, (farmers.pk,))
    assert (said.exclude.groups, said.exclude.saved) == ((nurses.pk,), (saved.pk,))
    assert (said.exclude.reached_by, said.exclude.reached_days) == ((earlier.pk,), 7)
    assert (said.exclude.do_not_contact, said.plan) == (True, Plan.BATCHES)
    draft = Broadcast.objects.latest("pk")
    assert (draft.priority, list(draft.uses.all())) == (10, [saved])
    page = client.get(url("compose", draft.pk))
    form = page.context["who"]
    again = {
        name: form[name].value() for name in ("groups", "saved", "left_groups", "reached_by", "reached_days")
    }
    assert again == {
        "groups": [nurses.pk],
        "saved": [saved.pk],
        "left_groups": [nurses.pk],
        "reached_by": [earlier.pk],
        "reached_days": 7,
    }


def test_a_draft_of_the_first_version_opens_is_checked_and_is_sent_as_before(
    org: Org, signed_in: SignIn, recorder: Recorder
) -> None:
    client, farmers = signed_in("Operator"), org.public(people=range(40))
    draft = org.draft(PUBLIC, [farmers])
    assert draft.audience == {"mode": "public", "groups": [farmers.pk], "send_to_all": False}
    form = client.get(url("compose", draft.pk)).context["who"]
    assert (form["mode"].value(), form["public"].value()) == ("public", [farmers.pk])
    assert "40 people in 1 group, 2 calls" in client.get(url("check", draft.pk)).content.decode()


def test_a_mix_of_nobody_is_said_at_its_field(org: Org, signed_in: SignIn) -> None:
    answer = signed_in("Operator").post(url("add"), {"message": "Hello", "mode": "mix"})
    assert answer.status_code == 422
    assert "Choose somebody: a group, a saved audience or a number." in answer.content.decode()


def test_a_saved_audience_is_made_counted_used_and_changed(org: Org, signed_in: SignIn) -> None:
    client = signed_in("Operator")
    nurses, farmers = org.group("Nurses", [1, 2, 3]), org.public("Farmers", [2, 9])
    Member.objects.filter(mobile_number__in=[number(1), number(2)]).update(role="Admin")
    rules: dict[str, Any] = {
        "name": "Heads",
        "who": "members",
        "role": "Admin",
        "of_groups": [nurses.pk],
        "countries": "IN",
    }
    live = client.get(reverse("admin:messaging_savedaudience_count"), rules).content.decode()
    assert "2 people fit now" in live
    assert "1 of them follows a public group" in live
    answer = client.post(reverse(ADD_SAVED), rules)
    saved = SavedAudience.objects.get()
    assert answer.status_code == 302
    assert Rules.of(saved.rules) == Rules(
        who="members", groups=(nurses.pk,), role="Admin", countries=("+91",)
    )
    draft = compose(client, mode="mix", saved=[saved.pk])
    assert draft.saved_ids == (saved.pk,)
    page = client.get(saved.get_absolute_url()).content.decode()
    assert Broadcast.objects.get().title in page
    check = services.check(Broadcast.objects.get())
    assert (check.people, [leg.group for leg in check.legs]) == (1, [farmers])
    assert check.warnings == ["1 person follows no public group that could carry it, and is not reached."]
    client.post(saved.get_absolute_url(), {**rules, "role": "Member"})
    assert services.check(Broadcast.objects.get()).people == 0
    listed = client.get(reverse("admin:messaging_savedaudience_changelist")).content.decode()
    assert "Members of groups, in 1 group, Member, +91" in listed


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (Rules(), "Members and subscribers"),
        (Rules(groups=(1, 2), sub_groups=True), "Members and subscribers, in 2 groups, with all below"),
        (
            Rules(who="subscribers", registered="no", name="Asha"),
            "Subscribers of public groups, not registered, “Asha”",
        ),
        (Rules(joined_since="2026-11-24"), "Members and subscribers, joined since 2026-11-24"),
        (Rules(joined_days=1), "Members and subscribers, joined in the last 1 day"),
    ],
)
def test_the_list_says_in_words_who_fits(rules: Rules, said: str) -> None:
    assert in_words(rules) == said


@pytest.mark.parametrize(
    ("data", "field", "said"),
    [
        ({"name": ""}, "name", "Give it a name, so that it can be found."),
        (
            {"countries": "Kenia"},
            "countries",
            "“Kenia” is neither two letters of a country nor the beginning of a number.",
        ),
        (
            {"who": "subscribers", "role": "Admin"},
            "role",
            "Subscribers have no role. Choose members, or any role.",
        ),
        ({"joined_since": "soon"}, "joined_since", "Write a date like 2026-11-24."),
        ({"name": "Taken"}, "name", "Another saved audience has this name already. Choose another one."),
    ],
)
def test_wrong_rules_are_said_at_their_field(
    org: Org, signed_in: SignIn, data: dict[str, str], field: str, said: str
) -> None:
    SavedAudience.objects.create(tenant=org.tenant, name="Taken")
    answer: Any = signed_in("Operator").post(reverse(ADD_SAVED), {"name": "New", **data})
    assert (answer.status_code, answer.context["form"].errors) == (422, {field: [said]})
    assert said in answer.content.decode()


def test_a_saved_audience_that_is_thrown_away_blocks_the_drafts_that_use_it(
    org: Org, signed_in: SignIn
) -> None:
    saved = SavedAudience.objects.create(tenant=org.tenant, name="All")
    org.public()
    compose(signed_in("Operator"), mode="mix", saved=[saved.pk])
    saved.delete()
    assert services.check(Broadcast.objects.get()).blockers == [
        "A saved audience that this uses does not exist any more. Choose again."
    ]


def test_rules_that_change_after_the_check_stop_the_launch(org: Org) -> None:
    saved = SavedAudience.objects.create(tenant=org.tenant, name="Ones", rules={"name": "Person 1"})
    org.public(people=[1, 2])
    draft = services.save_draft(
        tenant=org.tenant,
        choice=Expression.of({"version": 2, "include": {"saved": [saved.pk]}}),
        content={"message": "Hello"},
        by=None,
    )
    shown = services.fingerprint(draft)
    services.save_audience(tenant=org.tenant, name="Ones", rules=Rules(name="Person 2"), by=None, saved=saved)
    with pytest.raises(services.Changed, match="changed this draft"):
        services.launch(draft, None, 1, expected_draft=shown)


def test_numbers_are_barred_by_paste_and_by_sheet_and_each_wrong_line_is_said(
    org: Org, signed_in: SignIn
) -> None:
    client = signed_in("Operator")
    text = f"{number(1)}\n0{number(1)[3:]}\nAsha\n{number(2)}"
    page = client.post(reverse(ADD_BARRED), {"pasted": text, "reason": "Asked"})
    assert "2 numbers are on the list now." in page.content.decode()
    assert "This is not a phone number." in page.content.decode()
    sheet = SimpleUploadedFile("list.csv", f"Phone\n{number(2)}\n{number(3)}\n".encode())
    answer = client.post(reverse(ADD_BARRED), {"file": sheet}, follow=True)
    assert "1 number is on the list now. 1 was on it already." in answer.content.decode()
    rows = DoNotContact.objects.order_by("pk").values_list("mobile_number", "reason", "added_by__username")
    assert list(rows) == [
        (number(1), "Asked", "operator"),
        (number(2), "Asked", "operator"),
        (number(3), "", "operator"),
    ]


def test_who_is_barred_is_left_out_until_taken_off_again(org: Org, signed_in: SignIn) -> None:
    client = signed_in("Operator")
    draft = org.draft(PUBLIC, [org.public(people=[1, 2, 3])])
    services.bar(tenant=org.tenant, numbers=[number(2)], reason="", by=None)
    found = services.check(draft)
    assert (found.people, found.left_out) == (2, [(1, "on the do-not-contact list")])
    address = reverse("admin:messaging_donotcontact_changelist")
    ticked = {"action": "take_off", "_selected_action": [DoNotContact.objects.get().pk]}
    assert "Take 1 number off the list?" in client.post(address, ticked).content.decode()
    assert DoNotContact.objects.count() == 1
    client.post(address, {**ticked, "confirmed": "yes"})
    assert services.check(draft).people == 3
    assert b"take_off" not in signed_in("Viewer").get(address).content


def test_groups_below_a_chosen_one_are_called_too_and_public_ones_are_named(org: Org) -> None:
    top, below, public = org.group("Top", [1]), org.group("Below", [2, 3]), org.public("Public", [3, 4])
    for child in (below, public):
        GroupLink.objects.create(parent=top, child=child, first_seen_at=timezone.now())
    draft = org.draft(GROUPS, [top])
    Broadcast.objects.filter(pk=draft.pk).update(
        audience={"version": 2, "include": {"groups": [top.pk], "sub_groups": True}}
    )
    draft.refresh_from_db()
    found = services.check(draft)
    assert [(leg.group.name, leg.mode, leg.people) for leg in found.legs] == [
        ("Top", "group", 1),
        ("Below", "group", 2),
        ("Public", "batch", 1),
    ]
    assert found.left_out == [
        (1, "get it in one of the groups already, so they are not written to once more")
    ]
