"""System checks: every setting that can be wrong is named, with what to do about it."""

import ipaddress
import os
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

LOOPBACK_NAMES = {"localhost", "testserver"}  # Django's test runner adds the second
NEW_KEY = 'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'


@register(Tags.security)
def check_settings(**_: Any) -> list[CheckMessage]:
    """What can be judged without a database."""
    checks = (
        _secret_key,
        _field_keys,
        _redis,
        _database,
        _insecure,
        _time_outs,
        _numbers,
        _policy,
        _hosts,
        _celery,
        _identity,
    )
    return [message for check in checks for message in check()]


@register(Tags.database)
def check_stored_secrets(*, databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Whether the keys open what is stored. Runs with `check --database default` and after `migrate`."""
    if "default" not in (databases or []):
        return []
    from django.db import DatabaseError

    from .keys import tally

    try:
        unreadable = tally().unreadable
    except (DatabaseError, ValueError, IndexError):  # no tables yet, or no good keys: said elsewhere
        return []
    if not unreadable:
        return []
    return [
        Error(
            f"{unreadable} stored secrets cannot be read with the keys in KAIZALA_FIELD_KEYS.",
            hint="Put the key that wrote them back into KAIZALA_FIELD_KEYS, at its end.",
            id="connectors.E010",
        )
    ]


def _secret_key() -> Iterator[CheckMessage]:
    key = settings.SECRET_KEY
    if len(key) < 50 or len(set(key)) < 5 or key.startswith("django-insecure-"):
        yield Warning(
            "SECRET_KEY is weak: it must be 50 random characters or more.",
            hint='Make one: python -c "import secrets; print(secrets.token_urlsafe(64))"',
            id="connectors.W001",
        )


def _field_keys() -> Iterator[CheckMessage]:
    keys = settings.KAIZALA_FIELD_KEYS
    if not keys:
        yield Error("KAIZALA_FIELD_KEYS is empty.", hint=f"Make a key: {NEW_KEY}", id="connectors.E001")
    for number, key in enumerate(keys, 1):
        if not _is_key(key):
            text = f"Key {number} in KAIZALA_FIELD_KEYS is no key (url-safe base64 of 32 bytes)."
            yield Error(text, hint=f"Make a key: {NEW_KEY}", id="connectors.E002")
    if len(set(keys)) < len(keys):
        yield Warning(
            "KAIZALA_FIELD_KEYS holds a key twice.", hint="Remove one of them.", id="connectors.W002"
        )
    if settings.SECRET_KEY in keys:
        yield Error(
            "KAIZALA_FIELD_KEYS and SECRET_KEY are the same: changing one would destroy the other's work.",
            hint=f"Make a key of its own: {NEW_KEY}",
            id="connectors.E003",
        )


def _is_key(key: str) -> bool:
    try:
        Fernet(key)
    except ValueError:
        return False
    return True


def _redis() -> Iterator[CheckMessage]:
    url = settings.REDIS_URL
    if not url and not settings.DEBUG:
        yield Warning(
            "REDIS_URL is not set: web, worker and beat cannot talk to each other.",
            hint="Set it, for example redis://:password@127.0.0.1:6379/0; bin/run does so by itself.",
            id="connectors.W003",
        )
    if url and urlsplit(url).scheme not in {"redis", "rediss", "unix", "redis+socket"}:
        yield Error(
            "REDIS_URL is no address of a Redis server.",
            hint="It begins with redis://, rediss:// or redis+socket://.",
            id="connectors.E004",
        )


def _database() -> Iterator[CheckMessage]:
    host = urlsplit(settings.REDIS_URL).hostname if settings.REDIS_URL else None
    sqlite = settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")
    if sqlite and host and not _is_loopback(host):
        yield Warning(
            "The database is an SQLite file, but Redis is on another machine.",
            hint="More than one machine needs PostgreSQL: set DATABASE_URL=postgres://user:password@host/name.",
            id="connectors.W004",
        )


def _insecure() -> Iterator[CheckMessage]:
    others = [host for host in settings.ALLOWED_HOSTS if not _is_loopback(host)]
    if settings.INSECURE_LOCAL and others:
        yield Error(
            f"KAIZALA_INSECURE_LOCAL is on, but ALLOWED_HOSTS lets others in: {', '.join(others)}.",
            hint="Turn KAIZALA_INSECURE_LOCAL off and serve over https, or allow 127.0.0.1 and localhost.",
            id="connectors.E005",
        )
    if "*" in settings.ALLOWED_HOSTS and not settings.INSECURE_LOCAL:
        yield Warning(
            "ALLOWED_HOSTS holds *: anybody can choose the name that links are made with.",
            hint="Name the hosts that people use, for example console.example.org.",
            id="connectors.W005",
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() in LOOPBACK_NAMES


def _time_outs() -> Iterator[CheckMessage]:
    connect, read = settings.KAIZALA_CONNECT_TIMEOUT, settings.KAIZALA_READ_TIMEOUT
    steps = [
        ("KAIZALA_CONNECT_TIMEOUT + KAIZALA_READ_TIMEOUT", connect + read),
        ("CELERY_TASK_SOFT_TIME_LIMIT", settings.CELERY_TASK_SOFT_TIME_LIMIT),
        ("CELERY_TASK_TIME_LIMIT", settings.CELERY_TASK_TIME_LIMIT),
        ("CELERY_VISIBILITY_TIMEOUT", settings.CELERY_VISIBILITY_TIMEOUT),
    ]
    for (inner, short), (outer, long) in pairwise(steps):
        if short >= long:
            yield Error(
                f"{inner} ({short:g} s) must be shorter than {outer} ({long:g} s).",
                hint="Otherwise work is cut off, or done twice, while a call is still under way.",
                id="connectors.E006",
            )
    if connect <= 0 or read < connect:
        yield Error(
            "KAIZALA_CONNECT_TIMEOUT must be above 0 and not longer than KAIZALA_READ_TIMEOUT.",
            hint="5 and 30 seconds serve well.",
            id="connectors.E007",
        )


def _numbers() -> Iterator[CheckMessage]:
    for name in ("KAIZALA_API_LOG_DAYS", "KAIZALA_WORKER_THREADS"):
        if getattr(settings, name) < 1:
            yield Error(
                f"{name} must be 1 or more.", hint=f"Leave {name} out for its default.", id="connectors.E008"
            )


def _policy() -> Iterator[CheckMessage]:
    if settings.KAIZALA_UNKNOWN_POLICY not in ("ask", "resend_if_absent", "never"):
        yield Error(
            f"KAIZALA_UNKNOWN_POLICY is {settings.KAIZALA_UNKNOWN_POLICY!r}, which means nothing.",
            hint="Use ask, resend_if_absent or never.",
            id="connectors.E012",
        )


def _hosts() -> Iterator[CheckMessage]:
    for host in settings.KAIZALA_ALLOWED_HOSTS:
        name = host.rpartition("://")[2]
        wide = name.startswith("*") and (not name.startswith("*.") or name.count(".") < 2)
        if wide or not name or "*" in name[1:] or "/" in name:
            yield Error(
                f"KAIZALA_ALLOWED_HOSTS: {host!r} is too wide or cannot be read; tokens are sent there.",
                hint="Name hosts like api.example.org or *.kaiza.la.",
                id="connectors.E009",
            )


def _celery() -> Iterator[CheckMessage]:
    if not settings.CELERY_WORKER_ENABLE_REMOTE_CONTROL:
        yield Error(
            "CELERY_WORKER_ENABLE_REMOTE_CONTROL is off: a worker would go deaf when Redis restarts.",
            hint="Leave it on.",
            id="connectors.E011",
        )


def _identity() -> Iterator[CheckMessage]:
    """Which console this is stands in a file, unless KAIZALA_INSTANCE says it."""
    path = Path(settings.VAR_DIR) / "instance"
    if settings.KAIZALA_INSTANCE or os.access(path, os.R_OK):
        return
    there = next(folder for folder in path.parents if folder.exists())
    if path.exists() or not os.access(there, os.W_OK | os.X_OK):
        yield Error(
            f"{path} cannot be {'read' if path.exists() else 'written'}: "
            "the console does not know which one it is, and sends nothing.",
            hint="Let this account write to KAIZALA_VAR_DIR, or set KAIZALA_INSTANCE to a name of your own.",
            id="connectors.E013",
        )
