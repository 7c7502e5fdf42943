"""The same when something is wrong: refusals, faults, expiry, rotation, and no secret in any record."""

from __future__ import annotations

from typing import Any

import pytest

from kaizala_admin.kaizala import (
    ExpiredToken,
    KaizalaError,
    NotSent,
    Refused,
    Throttled,
    UnknownOutcome,
)

from .world import World


def test_an_unknown_group_is_refused(world: World) -> None:
    with pytest.raises(Refused) as caught:
        world.client.fetch_group("00000000-0000-0000-0000-000000000000")
    assert caught.value.status == 404
    assert caught.value.code


@pytest.mark.parametrize(
    ("fault", "error", "copies"),
    [
        ({"kind": "error-before", "status": 503}, UnknownOutcome, 0),
        ({"kind": "error-after", "status": 500}, UnknownOutcome, 1),
        ({"kind": "cut-before"}, UnknownOutcome, 0),
        ({"kind": "cut-after"}, UnknownOutcome, 1),
        ({"kind": "html"}, UnknownOutcome, None),
        ({"kind": "half"}, UnknownOutcome, None),
        ({"kind": "hang-after", "seconds": 3}, UnknownOutcome, 1),
        ({"kind": "throttle", "retryAfter": 7}, Throttled, 0),
        ({"kind": "expired-token"}, ExpiredToken, 0),
        ({"kind": "moved", "location": "http://127.0.0.1:9/"}, NotSent, 0),
    ],
)
def test_a_fault_is_told_for_what_it_is(
    world: World, group: str, fault: dict[str, Any], error: type[KaizalaError], copies: int | None
) -> None:
    access = world.client.access or world.client.generate_access_token()
    client = world.new_client("", access=access, auto_refresh=False, read_timeout=1)
    text = f"contract fault {fault['kind']}"
    world.sandbox.post("/sandbox/faults", operation="send_message", times=1, **fault)
    with pytest.raises(error) as caught:
        client.send_message(group, text)
    world.sandbox.delete("/sandbox/faults")
    if isinstance(caught.value, Throttled):
        assert caught.value.retry_after == 7
    phones = world.received(text)
    assert len(phones) == len(set(phones))
    assert copies is None or bool(phones) == bool(copies)


def test_an_expired_token_is_renewed_without_being_noticed(world: World, group: str) -> None:
    world.sandbox.post("/sandbox/clock", advanceSeconds=25 * 3600)
    try:
        text = "contract after a day"
        world.client.send_message(group, text)
        phones = world.received(text)
        assert len(phones) == len(set(phones)) >= 1
    finally:
        world.sandbox.post("/sandbox/clock", reset=True)


def test_a_refresh_token_rotates_near_its_end(world: World) -> None:
    world.sandbox.post("/sandbox/clock", advanceSeconds=330 * 86_400)
    try:
        client = world.new_client(world.refresh_token)
        access = client.generate_access_token()
        assert access.refresh_token not in (None, world.refresh_token)
        assert client.refresh_token == access.refresh_token
        assert client.fetch_groups() != ()
    finally:
        world.sandbox.post("/sandbox/clock", reset=True)


def test_no_record_of_all_these_calls_holds_a_secret(world: World) -> None:
    assert world.client.access is not None
    secrets = (world.connector["applicationSecret"], world.refresh_token, world.client.access.access_token)
    assert world.records
    for record in world.records:
        kept = f"{record.path}{record.request}{record.answer}{record.error}"
        assert not [secret for secret in secrets if secret in kept]
        assert "eyJ" not in record.request
        assert len(record.request) <= 4000
        assert len(record.answer) <= 4000
