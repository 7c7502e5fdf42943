"""Nothing that is kept holds a secret or a whole phone number."""

from __future__ import annotations

import json
import time

import pytest

from kaizala_admin.kaizala.redaction import LONGEST, Redactor, mask_phones

SECRET = "QWERTY1234"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJ1aWQiOiJ4In0.c2lnbmF0dXJl"


def kept(text: str) -> str:
    return Redactor([SECRET]).body(text.encode())


def test_a_known_secret_is_hidden_wherever_it_is() -> None:
    assert kept(f"<p>wrong secret {SECRET}!</p>") == "<p>wrong secret ***!</p>"


@pytest.mark.parametrize(
    "name",
    [
        "accessToken",
        "refreshToken",
        "applicationSecret",
        "callBackToken",
        "callbackUrl",
        "ACCESSTOKEN",
        "pin",
    ],
)
def test_a_secret_is_hidden_by_its_name(name: str) -> None:
    assert kept(json.dumps({name: 'a "quoted" value', "b": "c"})) == f'{{"{name}": "***", "b": "c"}}'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{'pin': 'abcd', 'b': 1}", "{'pin': \"***\", 'b': 1}"),
        ('{"pin": 1234}', '{"pin": "***"}'),
        ("{pin:1234,b:2}", '{pin:"***",b:2}'),
        ('{"refreshToken": null}', '{"refreshToken": "***"}'),
        ("kz-callback-token: abc", 'kz-callback-token: "***"'),
        (r'"{\"accessToken\": \"abc\", \"b\": 1}"', r'"{\"accessToken\": "***", \"b\": 1}"'),
        ('{"shipping": "abc", "mypin": 3}', '{"shipping": "abc", "mypin": 3}'),
        ('{"accessToken": "torn', '{"accessToken": "***"'),
    ],
)
def test_a_secret_is_hidden_in_lenient_json_too(text: str, expected: str) -> None:
    assert kept(text) == expected


def test_what_looks_like_a_token_is_hidden() -> None:
    assert kept(f"Failed for {JWT}.") == "Failed for ***."


def test_a_media_resource_is_hidden_as_it_holds_signed_links() -> None:
    assert kept('{"MediaResources": ["eyJUaHVtYm5haWwiOiIi+/fQ=="]}') == '{"MediaResources": ["***"]}'


def test_a_signed_link_loses_its_signature() -> None:
    assert kept('"https://cdn/x.jpg?se=2291&sig=a%2Bb&sp=r"') == '"https://cdn/x.jpg?se=2291&sig=***&sp=r"'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("+919876543212", "+91******12"),
        ('["+919876543212","+254701058756"]', '["+91******12","+25******56"]'),
        ("++919876543212", "++91******12"),
        ("+123456", "+123456"),
        ("1+2", "1+2"),
    ],
)
def test_phone_numbers_are_masked(text: str, expected: str) -> None:
    assert mask_phones(text) == expected


def test_a_text_is_cut_to_what_may_be_kept() -> None:
    assert len(kept("x" * 100_000)) == LONGEST


@pytest.mark.parametrize("offset", range(-12, 3))
def test_a_secret_that_is_torn_by_cutting_does_not_show(offset: int) -> None:
    before = f"{JWT} " * 200
    text = before[: 2 * LONGEST + offset].ljust(2 * LONGEST + offset) + SECRET + "x" * 100
    assert SECRET[:4] not in kept(text)


def test_a_huge_body_costs_no_more_than_a_small_one() -> None:
    huge = json.dumps({"members": [{"mobileNumber": "+919876543212", "pin": 1}] * 500_000}).encode()
    started = time.perf_counter()
    Redactor([SECRET]).body(huge)
    assert time.perf_counter() - started < 0.1


def test_bytes_that_are_no_text_are_kept_readable() -> None:
    assert Redactor([]).body(b"\xff\xd8 picture") == "\ufffd\ufffd picture"


def test_a_nul_is_not_kept_because_postgresql_takes_none() -> None:
    assert kept("a\0b") == "a\ufffdb"
