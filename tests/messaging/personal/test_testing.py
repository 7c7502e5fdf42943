"""A test: a broadcast of its own, worded as a person gets it, that counts nowhere else."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from messaging import services
from messaging.audience import Exclude, Expression, Include
from messaging.models import Broadcast
from messaging.personal.values import Person
from messaging.timing.models import Profile, TestPhones
from messaging.views.base import url
from tests.messaging.conftest import GROUPS, PUBLIC, Org, number

from .test_sending import Texts, draft


def test_a_test_has_the_words_of_the_person_and_a_ledger_of_its_own(
    org: Org, person: Callable[[str], User]
) -> None:
    org.public(people=range(1, 8))
    row = draft(org, "{name}, {village}: {number}")
    somebody = Person(2, number(2), "Person 2", "Farmers", "", {"village": "Cuttack"})
    test = services.send_test(broadcast=row, numbers=[number(7)], by=person("Operator"), person=somebody)
    client = Texts()
    client.drive(test)
    assert client.said == [(f"Person 2, Cuttack: {number(2)}", [number(7)])]
    assert (test.is_test, test.test_of_id, test.people) == (True, row.pk, 1)
    row.refresh_from_db()
    assert row.state == "draft"


def test_a_test_needs_no_second_person_and_nobody_is_left_out_because_of_it(
    org: Org, person: Callable[[str], User]
) -> None:
    org.tenant.many_people = 1
    org.tenant.save()
    group, public = org.group(), org.public()
    row = org.draft(GROUPS, [group])
    test = services.send_test(broadcast=row, numbers=[number(1), number(2)], by=person("Operator"))
    Texts().drive(test)
    said = Expression(Include(public=(public.pk,)), Exclude(reached_days=5), mode="mix")
    later = services.save_draft(tenant=org.tenant, choice=said, content={"message": "x"}, by=None)
    assert services.check(later).people == 3


def test_a_phone_that_follows_nothing_is_told_and_nothing_is_left_behind(
    org: Org, person: Callable[[str], User]
) -> None:
    org.public()
    row = org.draft(GROUPS, [org.group()])
    with pytest.raises(services.CannotTest, match="add the phone to one first"):
        services.send_test(broadcast=row, numbers=[number(50)], by=person("Operator"))
    with pytest.raises(services.CannotTest, match="1 to 20 phones"):
        services.send_test(broadcast=row, numbers=[], by=person("Operator"))
    with pytest.raises(services.CannotTest):
        services.send_test(broadcast=row, numbers=[number(1)], by=person("Viewer"))
    assert list(Broadcast.objects.all()) == [row]


def test_from_the_profile_over_the_page_to_the_list(org: Org, signed_in: Callable[[str], Client]) -> None:
    client, public = signed_in("Operator"), org.public()
    row = org.draft(PUBLIC, [public], message="Hello {name}")
    give = f"{url('me')}?test={row.pk}"
    assert f'href="{give}"' in client.get(url("test", row.pk)).content.decode()
    saved: Any = client.post(give, {"mobile_number": "98000 00001", "time_zone": "Asia/Kolkata"})
    assert saved.url == url("test", row.pk)
    assert Profile.objects.get().mobile_number == number(1)
    assert "not a phone" not in client.post(url("me"), {"mobile_number": "12"}).content.decode()
    page = client.get(url("test", row.pk), {"person": "3"})
    assert "Hello Person 3" in page.content.decode()
    answer = client.post(f"{url('test', row.pk)}?person=3", {"to": "me"})
    test = Broadcast.objects.get(is_test=True)
    assert answer.headers["Location"] == url("progress", test.pk)
    assert test.dispatches.get().content == {"message": "Hello Person 3"}
    titles = [one.pk for one in client.get(url("changelist")).context["cl"].result_list]
    assert titles == [row.pk]
    only = client.get(url("changelist"), {"tests": str(row.pk)}).context["cl"].result_list
    assert [one.pk for one in only] == [test.pk]
    client.post(f"{url('test', row.pk)}?person=3", {"to": "me", "person": "2"})  # turned the page meanwhile
    last = Broadcast.objects.filter(is_test=True).order_by("pk").last()
    assert last is not None
    assert last.dispatches.get().content == {"message": "Hello Person 2"}
    assert client.post(url("test", row.pk), {"to": "7"}).status_code == 422
    assert signed_in("Viewer").get(url("test", row.pk)).status_code == 403


def test_a_set_of_phones_is_cleaned_in_the_region_of_its_organisation(
    org: Org, signed_in: Callable[[str], Client]
) -> None:
    from django.urls import reverse

    client, at = signed_in("Operator"), reverse("admin:messaging_testphones_add")
    assert f'<option value="{org.tenant.pk}" selected' in client.get(at).content.decode()
    said = {"tenant": org.tenant.pk, "name": "Board", "numbers": "98000 00001\n+919800000002"}
    answer = client.post(at, said)
    assert answer.status_code == 302
    assert TestPhones.objects.get().numbers == [number(1), number(2)]
