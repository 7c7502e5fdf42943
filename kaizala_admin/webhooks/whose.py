"""Whether a webhook that Kaizala holds is one of ours."""

import hmac
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import Resolver404, resolve

from kaizala_admin.kaizala import Webhook

from .models import Subscription, digest_of


def leads_to(mine: Subscription, webhook: Webhook) -> bool:
    """By its ID, or by an address that only we know: also when our host or port was another then."""
    if mine.remote_id and webhook.webhook_id == mine.remote_id:
        return True
    found = ours(webhook)
    if found is None or found[0] != mine.pk:
        return False
    digest = digest_of(found[1])
    return any(hmac.compare_digest(digest, known) for known in (mine.path_digest, mine.old_path_digest))


def ours(webhook: Webhook) -> tuple[int, str] | None:
    """The number and the secret in the webhook's address, when it leads to this console; else None."""
    home = urlsplit(settings.KAIZALA_PUBLIC_URL.rstrip("/"))
    try:
        there = urlsplit(webhook.callback_url)
    except ValueError:
        return None
    if (home.hostname, home.path) != (there.hostname, there.path[: len(home.path)]):
        return None
    try:
        found = resolve(there.path[len(home.path) :])
    except Resolver404:
        return None
    return (found.kwargs["hook"], found.kwargs["token"]) if found.url_name == "webhook" else None


def host_of(webhook: Webhook) -> str:
    """Scheme, host and port of its address: the rest may hold a secret."""
    try:
        there = urlsplit(webhook.callback_url)
        port = f":{there.port}" if there.port else ""
    except ValueError:
        return ""
    return f"{there.scheme}://{there.hostname}{port}"[:200] if there.hostname else ""
