"""The home page: Unfold asks `environment` for the badge and `home` for the page's variables."""

from typing import Any

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _


def environment(request: HttpRequest) -> tuple[SafeString, str] | None:
    """The SANDBOX badge, a link to the phones, while an active connector points at the sandbox."""
    from kaizala_admin.connectors.models import Connector

    root = settings.KAIZALA_SANDBOX_URL.rstrip("/")
    if not root or not request.user.is_authenticated:
        return None
    there = Q(api_root=root) | Q(api_root__startswith=f"{root}/")
    if not Connector.objects.filter(there, is_active=True).exists():
        return None
    title = _("Nothing leaves this machine. See what the phones show.")
    return format_html(
        '<a href="{}/phones" title="{}" target="_blank" rel="noopener">{}</a>', root, title, _("Sandbox")
    ), "warning"


def home(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What the home page shows to this person: panels that they may not see are not even counted."""
    from . import panels
    from .attention import attention

    context.update(
        title=_("Home"),
        attention=attention(request),
        asking=panels.missed_times(request),
        numbers=panels.numbers(request),
        connectors=panels.connectors(request),
        syncs=panels.syncs(request),
        broadcasts=panels.broadcasts(request),
        steps=panels.first_steps(request),
        compose_url=reverse("admin:messaging_broadcast_add"),
    )
    return context
