"""Webhooks that Kaizala holds and are not ours: found, taken over, ended, over real HTTP."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from groups.models import Group, Reach
from kaizala_admin.kaizala import Webhook, WebhookSubscription
from kaizala_admin.outbox.models import State
from kaizala_admin.webhooks import repairing, services, working
from kaizala_admin.webhooks.models import Event, Stray, StrayCall, Subscription
from kaizala_admin.webhooks.strays import adopting, ending, looking, noting, words

from .test_subscribing import House, house, wait_for

__all__ = ["house"]
SECRET_PATH = "/hook/of-another/secret-7f3a9c"


class Echo(BaseHTTPRequestHandler):
    """Another system, which answers the validation."""

    def do_GET(self) -> None:
        token = parse_qs(urlsplit(self.path).query)["validationToken"][0].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(token)))
        self.end_headers()
        self.wfile.write(token)

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """Its root address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def stray(house: House, elsewhere: str) -> str:
    """The ID of a webhook of another system, at our group."""
    wanted = WebhookSubscription(
        house.group.group_id, "Group", ("MemberAdded",), elsewhere + SECRET_PATH, "its-own-token"
    )
    return house.client.subscribe_webhook(wanted)


def look(house: House) -> int:
    count = looking.look()
    house.run()
    return count


def test_a_look_finds_what_nobody_here_subscribed_to(house: House, stray: str, elsewhere: str) -> None:
    assert look(house) == 1
    found = Stray.objects.get()
    assert (found.remote_id, found.object_id, found.label, found.event_types) == (
        stray,
        house.group.group_id,
        house.group.name,
        ["MemberAdded"],
    )
    assert (found.leads_to, found.is_here, found.is_active) == (elsewhere, False, True)
    assert "secret-7f3a9c" not in str(vars(found))


def test_a_comparison_of_ours_notes_what_else_is_there(house: House, stray: str) -> None:
    row = house.subscribe()
    services.compare([row])
    house.run()
    assert list(Stray.objects.values_list("remote_id", flat=True)) == [stray]
    assert {one.webhook_id for one in house.held()} == {stray, row.remote_id}


def test_what_kaizala_holds_no_longer_is_forgotten(house: House, stray: str) -> None:
    look(house)
    house.client.unsubscribe_webhook(stray)
    look(house)
    assert Stray.objects.count() == 0


def test_a_stray_that_is_taken_over_calls_us_from_then_on(house: House, stray: str) -> None:
    look(house)
    assert adopting.adopt(Stray.objects.all()) == 1
    house.run()
    mine = Subscription.objects.get()
    assert (mine.state, mine.remote_id, Stray.objects.count()) == ("active", stray, 0)
    assert [(one.callback_url, one.callback_token) for one in house.held()] == [
        (mine.callback_url, mine.callback_token)
    ]
    house.client.add_members(house.group.group_id, ["+919811122233"])
    wait_for(lambda: Event.objects.count() == 1)
    working.work_off()
    assert house.group.members.filter(mobile_number="+919811122233", gone_at=None).count() == 1
    look(house)
    assert Stray.objects.count() == 0


def test_what_we_are_subscribed_to_is_not_taken_over_twice(house: House, stray: str) -> None:
    row = house.subscribe()
    services.compare([row])
    house.run()
    assert adopting.adopt(Stray.objects.all()) == 0
    assert Stray.objects.count() == 1


def test_without_an_address_of_ours_nothing_is_taken_over(house: House, stray: str, settings: Any) -> None:
    look(house)
    settings.KAIZALA_PUBLIC_URL = ""
    with pytest.raises(services.CannotSubscribe, match="KAIZALA_PUBLIC_URL"):
        adopting.adopt(Stray.objects.all())
    assert (Stray.objects.count(), Subscription.objects.count()) == (1, 0)


def test_of_two_at_one_object_one_is_asked_for_and_taken(house: House, stray: str) -> None:
    look(house)
    twin = Stray.objects.get()
    twin.pk, twin.remote_id = None, "twin"
    twin.save(force_insert=True)
    facts = words.question(words.ADOPT, Stray.objects.all(), "/").facts
    assert facts[0] == ("Webhooks", "1")
    assert (
        words.carry_out(words.ADOPT, Stray.objects.all(), User.objects.create_user("ravi"))
        == "1 webhook is being taken over."
    )


def test_what_kaizala_tells_twice_or_with_a_broken_address_is_noted_once(house: House, stray: str) -> None:
    look(house)
    row = Stray.objects.get()
    (webhook,) = house.held()
    odd = replace(webhook, callback_url="https://[x")
    noting.note(noting.place_of(row), [odd, odd])
    assert [(one.remote_id, one.leads_to) for one in Stray.objects.all()] == [(stray, "")]


def test_a_stray_that_is_ended_is_gone_there_and_here(house: House, stray: str) -> None:
    look(house)
    assert (ending.end(Stray.objects.all()), ending.end(Stray.objects.all())) == (1, 0)
    assert Stray.objects.get().state == "ending"
    house.run()
    assert (Stray.objects.count(), house.held()) == (0, ())
    assert list(StrayCall.objects.order_by("pk").values_list("verb", "state")) == [
        ("look", "sent"),
        ("end", "sent"),
    ]


def test_one_that_kaizala_will_not_end_says_why_and_can_be_ended_later(house: House, stray: str) -> None:
    look(house)
    house.sandbox.post(
        "/sandbox/faults", operation="unsubscribe_webhook", kind="error-before", status=403, times=1
    )
    ending.end(Stray.objects.all())
    house.run()
    house.sandbox.delete("/sandbox/faults")
    left = Stray.objects.get()
    assert (left.state, left.state_reason != "") == ("found", True)
    assert ending.end(Stray.objects.all()) == 1
    house.run()
    assert house.held() == ()


def test_one_that_somebody_ended_meanwhile_is_over_as_well(house: House, stray: str) -> None:
    look(house)
    house.client.unsubscribe_webhook(stray)
    ending.end(Stray.objects.all())
    house.run()
    assert Stray.objects.count() == 0


def test_two_people_at_once_take_over_and_end_and_one_of_them_wins(house: House, stray: str) -> None:
    look(house)
    mine = Stray.objects.get()
    ending.end(Stray.objects.all())
    assert adopting.adopt([mine]) == 0
    assert Subscription.objects.count() == 0


def test_a_look_asks_about_each_object_once(house: House, stray: str) -> None:
    other = Group.objects.create(
        tenant=house.group.tenant, group_id="other", name="Other", first_seen_at=timezone.now()
    )
    Reach.objects.create(grant=house.grant, group=other, first_seen_at=timezone.now())
    house.subscribe()
    assert (looking.look(), looking.plan().calls, looking.look()) == (2, 0, 0)
    assert StrayCall.objects.filter(state=State.QUEUED).count() == 1


def test_writing_down_what_is_there_takes_the_same_queries_for_one_and_for_many(house: House) -> None:
    def held(count: int) -> list[Webhook]:
        where = "https://x.example.org/y"
        return [
            Webhook(f"w-{at}", "g", "Group", ("MemberAdded",), where, "", "", None, None, True)
            for at in range(count)
        ]

    place = noting.Place(house.grant.connector_id, house.grant.pk, "Group", "g", "North")
    taken = []
    for count in (1, 30):
        with CaptureQueriesContext(connection) as queries:
            noting.note(place, held(count))
        assert Stray.objects.count() == count
        taken.append(len(queries))
    assert taken[0] == taken[1]


def test_a_subscription_that_was_refused_is_repaired(house: House) -> None:
    row = house.subscribe()
    house.client.unsubscribe_webhook(row.remote_id)
    Subscription.objects.update(state="refused", remote_id="", state_reason="No.")
    assert [one.pk for one in repairing.broken()] == [row.pk]
    assert repairing.repair(repairing.broken()) == 1
    assert not repairing.broken().exists()
    house.run()
    row.refresh_from_db()
    assert (row.state, [one.webhook_id for one in house.held()]) == ("active", [row.remote_id])


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_the_page_asks_in_numbers_and_does_it(house: House, stray: str) -> None:
    boss = signed_in(User.objects.create(username="boss", is_staff=True, is_superuser=True))
    asked = boss.post(reverse("admin:webhooks_stray_look")).content.decode()
    assert "Ask Kaizala what it holds, in 1 call?" in asked
    assert StrayCall.objects.count() == 0
    boss.post(reverse("admin:webhooks_stray_look"), {"confirmed": "yes"})
    house.run()
    page = boss.get(reverse("admin:webhooks_stray_changelist")).content.decode()
    assert "secret-7f3a9c" not in page
    asked = boss.get(reverse("admin:webhooks_stray_all", args=["adopt"])).content.decode()
    assert "Take 1 webhook over?" in asked
    assert "1 of them is active and leads to another system." in asked
    boss.post(reverse("admin:webhooks_stray_all", args=["end"]), {"confirmed": "yes"})
    house.run()
    assert house.held() == ()


def test_only_who_manages_subscriptions_touches_them(house: House, stray: str) -> None:
    look(house)
    row = Stray.objects.get()
    user = User.objects.create(username="viewer", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_stray"))
    viewer = signed_in(user)
    page = viewer.get(reverse("admin:webhooks_stray_changelist"))
    assert (page.status_code, "Take 1 over" in page.content.decode()) == (200, False)
    for name, args in (
        ("look", []),
        ("repair", []),
        ("all", ["end"]),
        ("do", [row.pk, "adopt"]),
        ("do", [row.pk, "end"]),
    ):
        answer = viewer.post(reverse(f"admin:webhooks_stray_{name}", args=args), {"confirmed": "yes"})
        assert answer.status_code == 403
    chosen = {"action": "end_rows", "_selected_action": [row.pk], "confirmed": "yes"}
    viewer.post(reverse("admin:webhooks_stray_changelist"), chosen)
    assert (Stray.objects.get().state, StrayCall.objects.filter(verb="end").count()) == ("found", 0)
