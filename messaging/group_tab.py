"""The tab "Broadcasts" of a group's page."""

from typing import Any

from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from groups.models import Group
from groups.tabs import Tab, register

from .models import Broadcast, Dispatch
from .views.base import TONES

SHOWN = 50


def context(group: Group, request: HttpRequest) -> dict[str, Any]:
    """The latest broadcasts that went to this group. One query."""
    here = Dispatch.objects.filter(group=group, broadcast=OuterRef("pk"))
    rows = Broadcast.objects.filter(Exists(here)).select_related("launched_by").order_by("-id")[:SHOWN]
    return {
        "broadcasts": [(row, TONES[row.state]) for row in rows],
        "may_write": request.user.has_perm("messaging.add_broadcast"),
    }


def register_tab() -> None:
    register(
        Tab(
            "broadcasts", _("Broadcasts"), "messaging.view_broadcast", "messaging/group_tab.html", context, 40
        )
    )
