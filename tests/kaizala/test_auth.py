"""Tokens: PIN, login, access, refreshing."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kaizala_admin.kaizala import (
    Access,
    ExpiredToken,
    HostNotAllowed,
    InvalidInput,
    KaizalaClient,
    Login,
    Sent,
    UnknownOutcome,
)

from .conftest import MakeClient
from .recorder import Recorder, Reply

EXPIRY = datetime(2026, 11, 24, 12, tzinfo=UTC)
MILLISECONDS = int(EXPIRY.timestamp() * 1000)


def token(server: Recorder, **more: Any) -> Reply:
    body = {"accessToken": "new-token", "endpointUrl": f"{server.url}/", "accessTokenExpiry": MILLISECONDS}
    return Reply(body={**body, "scope": "token.write", **more})


def test_a_token_call_goes_to_the_root_with_three_headers(server: Recorder, client: KaizalaClient) -> None:
    server.answer(token(server))
    access = client.generate_access_token()
    assert access == Access("new-token", server.url, EXPIRY, None, "token.write")
    (seen,) = server.seen
    assert (seen.method, seen.path, seen.content) == ("GET", "/v1/accessToken", b"")
    assert seen.headers["applicationId"] == "app-1"
    assert seen.headers["applicationSecret"] == "SECRET0001"
    assert seen.headers["refreshToken"] == "refresh-token-0001"
    assert "accessToken" not in seen.headers
    assert client.access == access


@pytest.mark.parametrize("more", [{}, {"refreshToken": None}, {"refreshToken": ""}])
def test_no_new_refresh_token_keeps_the_old_one(
    server: Recorder, client: KaizalaClient, more: dict[str, Any]
) -> None:
    server.answer(token(server, **more))
    assert client.generate_access_token().refresh_token is None
    assert client.refresh_token == "refresh-token-0001"


def test_a_rotated_refresh_token_replaces_the_old_one(server: Recorder, client: KaizalaClient) -> None:
    server.answer(token(server, refreshToken="rotated"))
    assert client.generate_access_token().refresh_token == "rotated"
    client.generate_access_token()
    assert server.seen[1].headers["refreshToken"] == "rotated"


@pytest.mark.parametrize(
    "expiry", [MILLISECONDS, str(MILLISECONDS), MILLISECONDS // 1000, "2026-11-24T12:00:00Z"]
)
def test_an_expiry_is_read_in_every_form(server: Recorder, client: KaizalaClient, expiry: object) -> None:
    server.answer(token(server, accessTokenExpiry=expiry))
    assert client.generate_access_token().expires_at == EXPIRY


def test_without_an_expiry_a_token_is_good_for_a_day(server: Recorder, client: KaizalaClient) -> None:
    server.answer(token(server, accessTokenExpiry=None))
    left = client.generate_access_token().expires_at - datetime.now(UTC)
    assert timedelta(hours=23, minutes=59) < left <= timedelta(hours=24)


@pytest.mark.parametrize("bad", ["", None, "two words", "line\nbreak"])
def test_a_token_that_cannot_be_used_is_not_taken(
    server: Recorder, client: KaizalaClient, bad: object
) -> None:
    old = client.access
    server.answer(token(server, accessToken=bad))
    with pytest.raises(UnknownOutcome):
        client.generate_access_token()
    assert client.access == old


def test_an_endpoint_that_is_not_allowed_is_not_used_but_the_rotation_is_kept(
    server: Recorder, client: KaizalaClient
) -> None:
    old = client.access
    server.answer(token(server, endpointUrl="https://evil.example", refreshToken="rotated"))
    with pytest.raises(HostNotAllowed) as caught:
        client.generate_access_token()
    assert caught.value.host == "evil.example"
    assert (client.access, client.refresh_token) == (old, "rotated")


def test_an_access_is_handed_over_before_it_is_used(server: Recorder, make_client: MakeClient) -> None:
    handed: list[tuple[str, int]] = []
    client = make_client(
        access=None,
        auto_refresh=True,
        on_access=lambda access: handed.append((access.access_token, len(server.seen))),
    )
    server.answer(token(server), Reply())
    assert client.send_message("g", "x") == Sent("r-1")
    assert handed == [("new-token", 1)]
    assert server.seen[1].headers["accessToken"] == "new-token"


def test_an_access_that_could_not_be_stored_is_not_used(server: Recorder, make_client: MakeClient) -> None:
    def broken(access: Access) -> None:
        raise OSError("disk full")

    client = make_client(access=None, auto_refresh=True, on_access=broken)
    server.answer(token(server), Reply())
    with pytest.raises(OSError, match="disk full"):
        client.send_message("g", "x")
    assert (client.access, len(server.seen)) == (None, 1)


def test_an_expired_token_is_refreshed_once_and_the_call_repeated_once(
    server: Recorder, make_client: MakeClient
) -> None:
    client = make_client(auto_refresh=True)
    server.answer(Reply(401, {}), token(server), Reply())
    assert client.send_message("g", "x") == Sent("r-1")
    assert [seen.path for seen in server.seen] == [
        "/v1/groups/g/messages",
        "/v1/accessToken",
        "/v1/groups/g/messages",
    ]


def test_a_token_that_is_never_accepted_ends_after_one_repetition(
    server: Recorder, make_client: MakeClient
) -> None:
    client = make_client(auto_refresh=True)
    server.answer(Reply(401, {}), token(server), Reply(401, {}))
    with pytest.raises(ExpiredToken):
        client.send_message("g", "x")
    assert len(server.seen) == 3


def test_many_threads_that_need_a_token_ask_for_one(server: Recorder, make_client: MakeClient) -> None:
    client = make_client(access=None, auto_refresh=True)
    server.answer(token(server), Reply())
    threads = [threading.Thread(target=client.send_message, args=("g", "x")) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    paths = [seen.path for seen in server.seen]
    assert (paths.count("/v1/accessToken"), len(paths)) == (1, 9)


def test_a_pin_is_asked_for_with_the_documented_body(server: Recorder, client: KaizalaClient) -> None:
    server.answer(Reply(body=b""))
    client.generate_pin("+919876543212")
    (seen,) = server.seen
    assert (seen.method, seen.path) == ("POST", "/v1/generatePin")
    assert seen.json == {"mobileNumber": "+919876543212", "applicationId": "app-1"}


def test_a_pin_buys_a_refresh_token_which_is_used_from_then_on(
    server: Recorder, make_client: MakeClient
) -> None:
    client = make_client(auto_refresh=True)
    login = {"refreshToken": "by-pin", "grantedScope": "a,b", "refreshTokenExpiry": MILLISECONDS}
    server.answer(Reply(body=login), token(server), Reply())
    assert client.get_refresh_token("+919876543212", "0123") == Login("by-pin", "a,b", EXPIRY, None)
    assert server.seen[0].path == "/v1/loginWithPinAndApplicationId"
    assert server.seen[0].json == {
        "mobileNumber": "+919876543212",
        "applicationId": "app-1",
        "applicationSecret": "SECRET0001",
        "pin": "0123",
    }
    client.send_message("g", "x")
    assert server.seen[1].headers["refreshToken"] == "by-pin"


@pytest.mark.parametrize("pin", ["", "123", "1234567", "12a4", "१२३४"])
def test_what_is_no_pin_is_not_sent(server: Recorder, client: KaizalaClient, pin: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        client.get_refresh_token("+919876543212", pin)
    assert (caught.value.field, server.seen) == ("pin", [])


def test_without_a_refresh_token_no_token_is_asked_for(server: Recorder, client: KaizalaClient) -> None:
    client.refresh_token = ""
    with pytest.raises(InvalidInput) as caught:
        client.generate_access_token()
    assert (caught.value.field, server.seen) == ("refresh_token", [])


def test_nothing_shows_a_secret_by_being_printed(client: KaizalaClient) -> None:
    login = Login("refresh-token-0001")
    shown = f"{client!r} {client.access!r} {login!r} {client._credentials!r}"
    for secret in ("SECRET0001", "refresh-token-0001", "eyJ"):
        assert secret not in shown


@pytest.mark.parametrize("secret", ["", "line\r\nbreak", "sécret"])
def test_a_secret_that_no_header_can_carry_is_refused_without_being_repeated(secret: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        KaizalaClient("https://api.kaiza.la", "app", secret)
    assert caught.value.field == "application_secret"
    assert not secret or secret not in str(caught.value)
