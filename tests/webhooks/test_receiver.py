"""The address that Kaizala calls: who is let in, what is stored, what is answered."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from kaizala_admin.webhooks import hooks, services, storing
from kaizala_admin.webhooks.models import Event, Subscription
from kaizala_admin.webhooks.throttle import Throttle

from .conftest import Post, body_of

pytestmark = pytest.mark.django_db
STRANGE_TOKEN = "x" * 43


def test_an_event_is_stored_as_it_came_and_answered_with_200(post: Post, hook: Subscription) -> None:
    raw = b'{"eventType": "TextMessageCreated",  "eventId": "e", "data": {"text": "\xe0\xa4\xb9"}}'
    answer = post(raw)
    stored = Event.objects.get()
    assert (answer.status_code, answer.content) == (200, b"")
    assert (bytes(stored.body), stored.size, stored.subscription, stored.state) == (
        raw,
        len(raw),
        hook,
        Event.State.WAITING,
    )


def test_the_same_delivery_again_is_answered_but_not_stored_again(post: Post) -> None:
    assert [post(body_of()).status_code for _ in range(3)] == [200, 200, 200]
    assert Event.objects.count() == 1


def test_two_subscriptions_may_bring_the_same_body(post: Post, hook: Subscription, grant: Any) -> None:
    from .conftest import subscription_of

    other = subscription_of(grant, "group-2")
    assert [post(body_of(), to=one).status_code for one in (hook, other)] == [200, 200]
    assert Event.objects.count() == 2


def test_strangers_are_all_told_the_same(post: Post, hook: Subscription) -> None:
    answers = [
        post(body_of(), header="wrong"),
        post(body_of(), header=""),
        post(body_of(), path=f"/hooks/{hook.pk}/{STRANGE_TOKEN}"),
        post(body_of(), path=f"/hooks/{hook.pk + 1}/{hook.path_token}"),
        post(body_of(), path=f"/hooks/{10**30}/{hook.path_token}"),
    ]
    assert [(answer.status_code, answer.content) for answer in answers] == [(404, b"Nothing here.")] * 5
    assert Event.objects.count() == 0


def test_an_ended_subscription_lets_nothing_in(post: Post, hook: Subscription) -> None:
    Subscription.objects.update(state=Subscription.State.ENDED)
    assert post(body_of()).status_code == 404
    assert Client().get(hook.path, {"validationToken": "abc"}).status_code == 404


def test_old_secrets_hold_for_a_while_after_a_change(post: Post, hook: Subscription) -> None:
    old_path, old_header = hook.path, hook.callback_token
    Subscription.objects.update(remote_id="remote")
    assert services.change_secrets(hook)
    hook.refresh_from_db()
    hooks.forget()
    assert post(body_of(), path=old_path, header=old_header).status_code == 200
    assert post(body_of(event_id="e-2")).status_code == 200
    Subscription.objects.update(old_until=timezone.now() - timedelta(seconds=1))
    hooks.forget()
    assert post(body_of(event_id="e-3"), path=old_path, header=old_header).status_code == 404
    assert post(body_of(event_id="e-4")).status_code == 200
    assert Event.objects.count() == 3


def test_the_validation_is_echoed_as_plain_text_and_writes_nothing(
    hook: Subscription, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    Subscription.objects.update(state=Subscription.State.REGISTERING)
    with django_assert_num_queries(1):
        answer = Client().get(hook.path, {"validationToken": "aZ09._~+/=-"})
    assert (answer.status_code, answer.content) == (200, b"aZ09._~+/=-")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("given", ["", "<script>alert(1)</script>", "a b", "x" * 513])
def test_nothing_else_is_echoed(hook: Subscription, given: str) -> None:
    answer = Client().get(hook.path, {"validationToken": given})
    assert (answer.status_code, b"script" in answer.content) == (400, False)


def test_a_stranger_gets_no_echo(hook: Subscription) -> None:
    answer = Client().get(f"/hooks/{hook.pk}/{STRANGE_TOKEN}", {"validationToken": "abc"})
    assert (answer.status_code, answer.content) == (404, b"Nothing here.")


def test_a_body_that_is_too_large_is_refused_unread(post: Post, settings: Settings) -> None:
    settings.KAIZALA_EVENT_MAX_BYTES = 1_000
    assert post(b"x" * 1_001).status_code == 413
    assert post(b"x" * 1_000).status_code == 200
    assert Event.objects.count() == 1


@pytest.mark.parametrize("length", [None, "", "-1", "one", "9" * 40])
def test_a_body_without_a_length_is_refused(hook: Subscription, length: str | None) -> None:
    headers = {"HTTP_KZ_CALLBACK_TOKEN": hook.callback_token}
    more: dict[str, Any] = {} if length is None else {"CONTENT_LENGTH": length}
    answer = Client().generic("POST", hook.path, **headers, **more)
    assert answer.status_code == 411


def test_a_form_is_refused(hook: Subscription) -> None:
    answer = Client().post(hook.path, {"a": "b"}, headers={"kz-callback-token": hook.callback_token})
    assert answer.status_code == 415


def test_other_methods_are_not_allowed(hook: Subscription) -> None:
    assert [Client().generic(method, hook.path).status_code for method in ("PUT", "DELETE")] == [405, 405]


def test_only_a_body_that_is_not_on_disk_is_answered_with_503(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(slips: object) -> None:
        raise OperationalError("the database is away")

    with monkeypatch.context() as patch:
        patch.setattr(storing, "_insert", away)
        assert post(body_of()).status_code == 503
    assert post(body_of()).status_code == 200
    assert Event.objects.count() == 1


def test_a_database_that_is_away_before_the_secret_is_known_is_503_too(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(number: int) -> hooks.Hook:
        raise OperationalError("the database is away")

    monkeypatch.setattr(hooks, "_load", away)
    assert post(body_of()).status_code == 503


def test_one_guilty_body_does_not_lose_the_others(
    hook: Subscription, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import DataError

    real = storing._insert

    def picky(slips: Any) -> None:
        if any(bytes(slip.event.body) == b"bad" for slip in slips):
            raise DataError("no")
        real(slips)

    monkeypatch.setattr(storing, "_insert", picky)
    for body in (b"one", b"bad"):
        storing._waiting.append(storing.Slip(Event(subscription=hook, body=body, size=3)))
    storing.store(hook.pk, b"two")
    assert sorted(bytes(one.body) for one in Event.objects.all()) == [b"one", b"two"]


def test_a_known_hook_costs_one_write_and_no_look(
    post: Post, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    post(body_of())
    with django_assert_num_queries(1):
        post(body_of(event_id="e-2"))


def test_who_brings_too_many_is_asked_to_come_again(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Throttle, "lets_in", lambda throttle, key: False)
    answer = post(body_of())
    assert (answer.status_code, answer["Retry-After"], Event.objects.count()) == (429, "1", 0)


def test_the_throttle_lets_a_burst_in_and_then_the_rate() -> None:
    now = [0.0]
    throttle = Throttle(lambda: 10.0, lambda: now[0])
    assert sum(throttle.lets_in(1) for _ in range(30)) == 20
    now[0] = 0.5
    assert sum(throttle.lets_in(1) for _ in range(30)) == 5
    assert throttle.lets_in(2)


def test_kaizala_is_answered_before_any_page_is_prepared(post: Post, settings: Settings) -> None:
    """What stands behind the receiver is not asked: an address with a secret reaches no other log."""
    settings.MIDDLEWARE = [settings.MIDDLEWARE[0], f"{__name__}.refuses"]
    answer = post(body_of())
    assert (answer.status_code, answer["Content-Length"]) == (200, "0")
    with pytest.raises(AssertionError, match="asked"):
        Client().get("/hooks/elsewhere/x/y")


def refuses(_get_response: Any) -> Any:
    """A middleware that must not be asked."""

    def answer(_request: Any) -> Any:
        raise AssertionError("asked")

    return answer
