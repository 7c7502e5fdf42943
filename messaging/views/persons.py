"""What one person of the audience gets: the phone on the check and progress pages."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.views.generic import TemplateView

from messaging import audience, kinds
from messaging.audience import personal
from messaging.models import Broadcast, Delivery
from messaging.personal import content as contents
from messaging.personal.sent import content_of
from messaging.personal.values import Person as Somebody

from .base import BroadcastMixin


class Place:
    """Number `at` of `total` people, with the numbers before and after it; 0 where there is none."""

    at: int
    total: int

    @property
    def before(self) -> int:
        return self.at - 1

    @property
    def after(self) -> int:
        return self.at + 1 if self.at < self.total else 0


@dataclass(frozen=True)
class Shown(Place):
    """The content as this person gets it; `who` is "" where there is nobody."""

    content: dict[str, Any]
    at: int = 0
    total: int = 0
    who: str = ""


def shown(broadcast: Broadcast, request: HttpRequest) -> Shown:
    """By `person` (a number from 1) or `line` (a ledger line's key) in the address.

    Nobody is named where the text is the same for all.
    """
    kind = kinds.every().get(broadcast.kind)
    if kind is None or not contents.is_personal(kind, broadcast.content):
        return Shown(contents.plain(kind, broadcast.content) if kind else broadcast.content)
    at = number(request.GET.get("person", "")) or 1
    if not broadcast.is_open:
        return _of_ledger(broadcast, at, number(request.GET.get("line", "")))
    with audience.taken(broadcast) as snapshot:
        at = min(at, max(snapshot.people, 1))
        person = personal.one(snapshot, at)
    if person is None:
        return Shown(contents.shown(kind, broadcast.content, {}))
    filled = contents.shown(kind, broadcast.content, person.values())
    return Shown(filled, at, snapshot.people, f"{person.name} {person.number}".strip())


def _of_ledger(broadcast: Broadcast, at: int, line_pk: int) -> Shown:
    lines = Delivery.objects.filter(broadcast=broadcast).select_related("dispatch__broadcast").order_by("pk")
    if line_pk:
        line = lines.filter(pk=line_pk).first()
        at = lines.filter(pk__lte=line_pk).count() if line else 0
    else:
        line = next(iter(lines[at - 1 : at]), None)
    if line is None:
        return Shown(broadcast.content)
    who = f"{line.name} {line.mobile_number}".strip()
    return Shown(content_of(line.dispatch), at, broadcast.people, who)


def number(given: str) -> int:
    """A whole number out of an address; 0 for anything else."""
    return int(given) if given.isdecimal() and len(given) < 10 else 0


def named(broadcast: Broadcast, request: HttpRequest) -> Somebody | None:
    """The person of the audience whom the address names, with the values; None for the same text for all."""
    kind = kinds.every().get(broadcast.kind)
    if kind is None or not contents.is_personal(kind, broadcast.content):
        return None
    with audience.taken(broadcast) as snapshot:
        asked = request.POST.get("person") or request.GET.get("person", "")
        return personal.one(snapshot, number(asked) or 1)


class Person(BroadcastMixin, TemplateView):
    """The phone alone, for the buttons beside it (htmx)."""

    permission_required = "messaging.view_broadcast"
    template_name = "messaging/personal/phone.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = shown(self.broadcast, self.request)
        return super().get_context_data(**{"person": found, "content": found.content, "sender": "", **kwargs})
