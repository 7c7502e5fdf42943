"""Every setting that can be wrong is named, with a hint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from kaizala_admin.connectors.checks import check_settings

GOOD: dict[str, Any] = {
    "SECRET_KEY": "k8Jq2-vP0xZ7mN4wR9sT1yB6cF3gH5dL_aE8uI2oQ7pX4zW1vK6j",
    "KAIZALA_FIELD_KEYS": ["a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="],
    "REDIS_URL": "redis://:secret@127.0.0.1:6379/0",
    "ALLOWED_HOSTS": ["console.example.org"],
    "INSECURE_LOCAL": False,
}


@pytest.fixture
def good(settings: Settings) -> Settings:
    for name, value in GOOD.items():
        setattr(settings, name, value)
    return settings


def test_good_settings_pass(good: Settings) -> None:
    assert check_settings() == []


@pytest.mark.parametrize(
    ("changes", "ids"),
    [
        ({"SECRET_KEY": "short"}, ["connectors.W001"]),
        ({"SECRET_KEY": "django-insecure-" + GOOD["SECRET_KEY"]}, ["connectors.W001"]),
        ({"KAIZALA_FIELD_KEYS": []}, ["connectors.E001"]),
        ({"KAIZALA_FIELD_KEYS": ["nonsense"]}, ["connectors.E002"]),
        ({"KAIZALA_FIELD_KEYS": GOOD["KAIZALA_FIELD_KEYS"] * 2}, ["connectors.W002"]),
        ({"KAIZALA_FIELD_KEYS": [GOOD["SECRET_KEY"]]}, ["connectors.E002", "connectors.E003"]),
        ({"REDIS_URL": ""}, ["connectors.W003"]),
        ({"REDIS_URL": "", "DEBUG": True}, []),
        ({"REDIS_URL": "http://127.0.0.1"}, ["connectors.E004"]),
        ({"INSECURE_LOCAL": True}, ["connectors.E005"]),
        ({"INSECURE_LOCAL": True, "ALLOWED_HOSTS": ["127.0.0.1", "localhost", "[::1]"]}, []),
        ({"ALLOWED_HOSTS": ["*"]}, ["connectors.W005"]),
        ({"KAIZALA_READ_TIMEOUT": 58.0}, ["connectors.E006"]),
        ({"CELERY_VISIBILITY_TIMEOUT": 60}, ["connectors.E006"]),
        ({"KAIZALA_CONNECT_TIMEOUT": 0.0}, ["connectors.E007"]),
        ({"KAIZALA_CONNECT_TIMEOUT": 20.0, "KAIZALA_READ_TIMEOUT": 10.0}, ["connectors.E007"]),
        ({"KAIZALA_API_LOG_DAYS": 0}, ["connectors.E008"]),
        ({"KAIZALA_WORKER_THREADS": 0}, ["connectors.E008"]),
        ({"KAIZALA_ALLOWED_HOSTS": ["*"]}, ["connectors.E009"]),
        ({"KAIZALA_ALLOWED_HOSTS": ["*.com"]}, ["connectors.E009"]),
        ({"KAIZALA_ALLOWED_HOSTS": ["http://sandbox:8000", "*.kaiza.la"]}, []),
        ({"CELERY_WORKER_ENABLE_REMOTE_CONTROL": False}, ["connectors.E011"]),
    ],
)
def test_each_wrong_setting_has_its_message_with_a_hint(
    good: Settings, changes: dict[str, Any], ids: list[str]
) -> None:
    for name, value in changes.items():
        setattr(good, name, value)
    messages = check_settings()
    assert [message.id for message in messages] == ids
    assert all(message.hint for message in messages)


@pytest.mark.parametrize("is_there", [True, False])
def test_a_console_that_cannot_keep_its_identity_says_so(
    good: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_there: bool
) -> None:
    good.VAR_DIR, good.KAIZALA_INSTANCE = tmp_path / "var", ""
    if is_there:
        good.VAR_DIR.mkdir()
        (good.VAR_DIR / "instance").write_text("x")
    monkeypatch.setattr("os.access", lambda *_: False)  # for root everything is allowed
    (message,) = check_settings()
    assert (message.id, "KAIZALA_INSTANCE" in str(message.hint)) == ("connectors.E013", True)
    good.KAIZALA_INSTANCE = "the one and only"
    assert check_settings() == []


def test_sqlite_beside_a_distant_redis_is_warned_about(good: Settings) -> None:
    good.REDIS_URL = "redis://redis.example.org:6379/0"
    sqlite = good.DATABASES["default"]["ENGINE"].endswith("sqlite3")
    assert [message.id for message in check_settings()] == (["connectors.W004"] if sqlite else [])
