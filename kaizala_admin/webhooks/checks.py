"""System checks of the receiver's settings, each with what to do about it."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@register(Tags.security)
def check_settings(**_: Any) -> list[CheckMessage]:
    """What can be judged without a database."""
    return [*_public_url(), *_numbers()]


def _public_url() -> Iterator[CheckMessage]:
    url = settings.KAIZALA_PUBLIC_URL
    if not url:
        yield Warning(
            "KAIZALA_PUBLIC_URL is not set: events cannot come in, so answers come with syncs only.",
            hint="Set it to the address that Kaizala finds us at, like https://console.example.org.",
            id="webhooks.W001",
        )
        return
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.query or parts.fragment:
        yield Error(
            f"KAIZALA_PUBLIC_URL is no web address: {url!r}.",
            hint="It looks like https://console.example.org, without a query.",
            id="webhooks.E001",
        )
        return
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        yield Error(
            "KAIZALA_PUBLIC_URL begins with http://, but Kaizala calls back over https only.",
            hint="Serve the console over https. Plain http is for a sandbox on this machine.",
            id="webhooks.E002",
        )
    allowed = [host.strip("[]").lower() for host in settings.ALLOWED_HOSTS]
    if not any(_covers(host, parts.hostname) for host in allowed):
        yield Error(
            f"ALLOWED_HOSTS does not let {parts.hostname} in, where KAIZALA_PUBLIC_URL sends Kaizala.",
            hint=f"Add {parts.hostname} to ALLOWED_HOSTS.",
            id="webhooks.E003",
        )


def _covers(allowed: str, host: str) -> bool:
    return allowed in ("*", host.lower()) or (allowed.startswith(".") and f".{host}".endswith(allowed))


def _numbers() -> Iterator[CheckMessage]:
    for name, least in (
        ("KAIZALA_EVENT_MAX_BYTES", 16_384),
        ("KAIZALA_EVENT_RATE", 1),
        ("KAIZALA_EVENT_DAYS", 3),
        ("KAIZALA_EVENT_BODY_DAYS", 1),
    ):
        if getattr(settings, name) < least:
            yield Error(
                f"{name} must be {least} or more.",
                hint=f"Leave {name} out for its default.",
                id="webhooks.E004",
            )
