"""Nothing secret passes the log handler: by value, by name, by shape."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from kaizala_admin import logs

CANARY = "canary-secret-4711-canary"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJ1aWQiOiIxMjM0In0.c2lnbmF0dXJl"


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What the root's handler writes."""
    stream = io.StringIO()
    logs.configure()
    [handler] = [h for h in logging.getLogger().handlers if isinstance(h.formatter, logs.RedactingFormatter)]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(stream)
    yield stream
    logs.configure()


@pytest.mark.parametrize(
    "said",
    [
        f"the token is {CANARY}",
        f"accessToken: {JWT}",
        f"bare {JWT} in a sentence",
        '{"refreshToken": "abcdefgh12345"}',
        "applicationSecret=abcdefgh12345",
        "Authorization: abcdefgh12345",
        "kz-callback-token: abcdefgh12345",
        "GET /hooks/7/some?validationToken=abcdefgh12345",
        "connected to redis://user:abcdefgh12345@10.0.0.1/0",
    ],
)
def test_a_secret_is_hidden_wherever_it_stands(lines: io.StringIO, said: str) -> None:
    logs.known_secrets.add(CANARY)
    logging.getLogger("somewhere").warning("%s", said)
    structlog.get_logger("elsewhere").warning("said", what=said)
    written = lines.getvalue()
    assert "***" in written
    assert not any(secret in written for secret in (CANARY, JWT, "abcdefgh12345"))


def test_a_secret_in_a_traceback_is_hidden(lines: io.StringIO) -> None:
    logs.known_secrets.add(CANARY)
    try:
        raise ValueError(f"cannot use {CANARY}")
    except ValueError:
        logging.getLogger("somewhere").exception("It failed")
    assert "ValueError: cannot use ***" in lines.getvalue()
    assert CANARY not in lines.getvalue()


def test_phone_numbers_are_masked(lines: io.StringIO) -> None:
    logging.getLogger("somewhere").warning("sent to +919876543212")
    assert "+91******12" in lines.getvalue()
    assert "9876543" not in lines.getvalue()


def test_configuring_twice_writes_once(lines: io.StringIO) -> None:
    logging.getLogger("somewhere").warning("only once")
    assert lines.getvalue().count("only once") == 1
    before = len(logging.getLogger().handlers)
    logs.configure()
    assert len(logging.getLogger().handlers) == before


def test_production_writes_one_json_object_a_line(settings: object, lines: io.StringIO) -> None:
    settings.LOG_JSON = True  # type: ignore[attr-defined]
    logs.configure()
    [handler] = [h for h in logging.getLogger().handlers if isinstance(h.formatter, logs.RedactingFormatter)]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(lines)
    logging.getLogger("somewhere").warning("hello %s", "you")
    line = json.loads(lines.getvalue())
    assert (line["event"], line["level"], line["logger"]) == ("hello you", "warning", "somewhere")


def test_only_the_latest_secrets_are_kept() -> None:
    known = logs.KnownSecrets()
    for number in range(logs.MOST_KNOWN + 10):
        known.add(f"secret-number-{number:05d}")
    assert len(known._values) == logs.MOST_KNOWN
    assert known.redactor().hide_secrets(f"secret-number-{logs.MOST_KNOWN:05d}") == "***"
