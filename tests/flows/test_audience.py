"""An audience with exclusions, from the forms to exactly the phones that were meant."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from groups.models import Group, Member, Subscriber
from kaizala_admin.connectors.models import Connector
from messaging import services
from messaging.audience import Expression, Include
from messaging.models import Broadcast, SavedAudience
from messaging.views.base import url
from tests.flows.house import House

pytestmark = pytest.mark.flow


def public() -> Group:
    return Group.objects.filter(group_type="ConnectGroup").order_by("-subscriber_count", "pk")[0]


def phones(house: House, text: str) -> list[str]:
    """Every phone that got the text, once for each copy."""
    rows = house.get("/sandbox/ledger", text=text, limit=10_000)["rows"]
    return sorted(row["mobileNumber"] for row in rows)


def test_a_mix_with_exclusions_goes_from_the_forms_to_exactly_the_phones_that_were_meant(
    house: House, synced: Connector
) -> None:
    client = Client()
    client.force_login(house.administrator(), backend="django.contrib.auth.backends.ModelBackend")
    followers = Subscriber.objects.filter(group=public()).order_by("mobile_number")
    barred = list(followers.filter(is_provisioned=True).values_list("mobile_number", flat=True)[:3])
    client.post(reverse("admin:messaging_donotcontact_add"), {"pasted": "\n".join(barred)})
    client.post(reverse("admin:messaging_savedaudience_add"), {"name": "Unregistered", "registered": "no"})
    said = {"mode": "mix", "public": [public().pk], "left_saved": [SavedAudience.objects.get().pk]}
    answer: Any = client.post(url("add"), {**said, "message": "Only for some"})
    check = client.get(answer.url)
    expected = set(followers.filter(is_provisioned=True).values_list("mobile_number", flat=True)) - set(
        barred
    )
    people = check.context["check"].people
    assert (people, check.context["check"].blockers) == (len(expected), [])
    client.post(answer.url, {"people": people, "typed": people, "draft": check.context["draft"]})
    broadcast = house.finish(Broadcast.objects.get())
    assert phones(house, "Only for some") == sorted(expected)
    assert house.differences(broadcast) == []


def test_who_is_in_a_group_and_follows_a_public_one_gets_one_copy(house: House, synced: Connector) -> None:
    followers = Subscriber.objects.filter(group=public()).exclude(mobile_number="")
    numbers = set(followers.values_list("mobile_number", flat=True))
    members = Member.objects.filter(mobile_number__in=numbers, gone_at__isnull=True).order_by("group_id")
    group = members[0].group
    draft = services.save_draft(
        tenant=group.tenant,
        choice=Expression(Include(groups=(group.pk,), public=(public().pk,)), mode="mix"),
        content={"message": "Once each"},
        by=None,
    )
    assert services.launch(draft, None, services.check(draft).people) is True
    broadcast = house.finish(draft)
    there = set(
        Member.objects.filter(group=group, gone_at__isnull=True).values_list("mobile_number", flat=True)
    )
    assert phones(house, "Once each") == sorted(numbers | there)
    assert house.differences(broadcast) == []
