"""What the pages of one broadcast share."""

from typing import Any

from django.http import Http404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from kaizala_admin.ui.views import ConsoleMixin
from messaging import kinds
from messaging.models import Broadcast

MOST_TESTS = 5
TONES = {
    "draft": "",
    "awaiting": "warning",
    "scheduled": "primary",
    "running": "info",
    "paused": "warning",
    "finished": "success",
    "cancelled": "",
}


def url(name: str, *args: object) -> str:
    """The address of one of our pages: url("check", 7)."""
    return reverse(f"admin:messaging_broadcast_{name}", args=args)


def _tests(broadcast: Broadcast) -> Any:
    return Broadcast.objects.filter(test_of=broadcast).select_related("launched_by")[:MOST_TESTS]


class BroadcastMixin(ConsoleMixin):
    """`pk` in the address. Raises Http404 when there is no such broadcast."""

    kwargs: dict[str, Any]

    @cached_property
    def broadcast(self) -> Broadcast:
        rows = Broadcast.objects.select_related("tenant", "created_by", "launched_by")
        found = rows.filter(pk=self.kwargs["pk"]).first()
        if found is None:
            raise Http404(_("There is no such broadcast."))
        return found

    def get_title(self) -> str:
        return self.broadcast.title

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        shown = {
            "broadcast": self.broadcast,
            "tone": TONES[self.broadcast.state],
            "kind": kinds.every().get(self.broadcast.kind),
            "content": self.broadcast.content,
            "tests": [] if self.broadcast.is_test else list(_tests(self.broadcast)),
        }
        return super().get_context_data(**{**shown, **kwargs})
