"""The ledger as an export: of one broadcast, or as the list is filtered."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _

from groups.exporting import Names
from kaizala_admin import exports
from kaizala_admin.exports import number, phone, text, time
from kaizala_admin.exports.kinds import Parameters, Row
from kaizala_admin.exports.lists import list_rows
from kaizala_admin.exports.paging import Page, pages
from kaizala_admin.outbox.words import reason_words

from .models import Broadcast, Delivery, Dispatch

KEY = "messaging.ledger"
FIELDS = ("broadcast_id", "group_id", "dispatch_id", "name", "mobile_number", "people", "state", "reason")
LEDGER = (
    text("broadcast", _("broadcast")),
    text("group", _("group")),
    text("name", _("name")),
    phone("mobile_number", _("mobile number")),
    number("people", _("people")),
    text("state", _("state")),
    text("reason", _("reason")),
    time("settled_at", _("answered")),
)


class Titles(dict[int, str]):
    """Titles of broadcasts by primary key, each asked for once."""

    def __missing__(self, key: int) -> str:
        self[key] = Broadcast.objects.values_list("title", flat=True).get(pk=key)
        return self[key]


class Reasons(dict[str, str]):
    """Words of a reason, each translated once."""

    def __missing__(self, key: str) -> str:
        self[key] = reason_words(key) if key else ""
        return self[key]


def rows(parameters: Parameters) -> Iterator[Row]:
    titles, names, reasons = Titles(), Names(), Reasons()
    states: dict[str, str] = {str(value): str(label) for value, label in Delivery.State.choices}
    for page in pages(list_rows(Delivery, parameters), *FIELDS):
        answered = _answered(page)
        for _pk, broadcast, group, dispatch, name, mobile, people, state, reason in page:
            yield (
                titles[broadcast], names[group], name, mobile, people, states[state], reasons[reason],
                answered.get(dispatch),
            )  # fmt: skip


def _answered(page: Page) -> dict[int, Any]:
    """When the page's calls were answered. One query for the calls of a page."""
    calls = {row[3] for row in page}
    return dict(Dispatch.objects.filter(pk__in=calls).values_list("pk", "settled_at"))


def count(parameters: Parameters) -> int:
    return list_rows(Delivery, parameters).count()


def ledger_export_url(broadcast: Broadcast) -> str:
    """The page that exports the whole ledger of this broadcast."""
    title = _("Ledger of %(title)s") % {"title": broadcast.title}
    return exports.new_url(KEY, {"list": f"broadcast={broadcast.pk}"}, title)


def register_all() -> None:
    """Once, at start-up."""
    exports.register(KEY, _("Ledger"), "messaging.view_delivery", LEDGER, rows, count)
