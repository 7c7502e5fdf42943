"""Whether a connector works, and if not, why, in words."""

from typing import Any

from django.utils.translation import gettext as _

from .models import Connector

TONES = {"": "warning", Connector.Health.WORKING: "success", Connector.Health.NEEDS_ATTENTION: "danger"}


def standing(connector: Any) -> tuple[str, str]:
    """A key of `TONES` and its word. `grants_count` comes with the row: without grants nothing is reached."""
    if not connector.grants_count:
        return "", _("No grant yet")
    return connector.health, connector.get_health_display()


def mark_attention(connector: Connector, reason: str) -> None:
    """The connector needs a person. Cheap to call again with the same reason."""
    _mark(connector, Connector.Health.NEEDS_ATTENTION, reason[:500])


def mark_working(connector: Connector) -> None:
    """A call went well."""
    _mark(connector, Connector.Health.WORKING, "")


def _mark(connector: Connector, health: Connector.Health, reason: str) -> None:
    same = Connector.objects.filter(pk=connector.pk)
    same.exclude(health=health, health_reason=reason).update(health=health, health_reason=reason)
    connector.health, connector.health_reason = health, reason
