"""The ledger as an export: of one broadcast, or as the list is filtered."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from groups.exporting import Names
from kaizala_admin import exports
from kaizala_admin.exports import number, phone, text, time
from kaizala_admin.exports.columns import Column, Columns
from kaizala_admin.exports.kinds import Parameters
from kaizala_admin.exports.lists import list_rows
from kaizala_admin.exports.paging import pages as read_pages
from kaizala_admin.exports.paging import turned
from kaizala_admin.outbox.words import reason_words

from . import kinds
from .models import Broadcast, Delivery, Dispatch
from .personal.content import is_personal, texts

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
SAID = text("own_text", _("own text"))


class Sent(dict[int, Broadcast]):
    """Broadcasts by primary key, each asked for once."""

    def __missing__(self, key: int) -> Broadcast:
        self[key] = Broadcast.objects.only("title", "kind", "content").get(pk=key)
        return self[key]


class Reasons(dict[str, str]):
    """Words of a reason, each translated once."""

    def __missing__(self, key: str) -> str:
        self[key] = reason_words(key) if key else ""
        return self[key]


def columns(parameters: Parameters) -> Sequence[Column]:
    return (*LEDGER, SAID) if _is_personal(parameters) else LEDGER


def pages(parameters: Parameters, asked: Sequence[Column]) -> Iterator[Columns]:
    """Column by column: a million lines are too many for a step of Python each."""
    sent, names, reasons, personal = Sent(), Names(), Reasons(), SAID in asked
    states: dict[str, str] = {str(value): str(label) for value, label in Delivery.State.choices}
    for page in read_pages(list_rows(Delivery, parameters), *FIELDS):
        _pk, broadcast, group, dispatch, name, mobile, people, state, reason = turned(page)
        calls = _calls(set(dispatch), personal)
        titles = {key: sent[key].title for key in set(broadcast)}
        found: Columns = (
            [titles[key] for key in broadcast],
            [names[key] for key in group],
            name,
            mobile,
            people,
            [states[key] for key in state],
            [reasons[key] for key in reason],
            [calls[key][0] for key in dispatch],
        )
        if personal:
            lines = zip(broadcast, dispatch, strict=True)
            found = (*found, [_said(sent[key], calls[call][1]) for key, call in lines])
        yield found


def _calls(keys: set[int], personal: bool) -> dict[int, list[Any]]:
    """When the page's calls were answered, and what is their person's own. One query."""
    fields = ("settled_at", "content") if personal else ("settled_at",)
    rows = Dispatch.objects.filter(pk__in=keys).order_by()
    return {pk: rest for pk, *rest in rows.values_list("pk", *fields)}


def _said(broadcast: Broadcast, own: dict[str, Any] | None) -> str:
    """The texts that this person alone got, whole."""
    kind = kinds.every().get(broadcast.kind)
    if not own or kind is None:
        return ""
    return "\n".join(one.text for one in texts(kind, {**broadcast.content, **own}) if one.field in own)


def _is_personal(parameters: Parameters) -> bool:
    """Whether a line of these can have a text of its own."""
    rows = Broadcast.objects.filter(launched_at__isnull=False).order_by()
    if "ids" in parameters:
        rows = rows.filter(pk__in=list_rows(Delivery, parameters).values("broadcast"))
    elif (one := QueryDict(str(parameters.get("list", ""))).get("broadcast", "")).isdecimal() and len(
        one
    ) < 19:
        rows = rows.filter(pk=int(one))
    asked = rows.values_list("kind", "content").iterator()
    return any(is_personal(kinds.every().get(kind), content) for kind, content in asked)


def count(parameters: Parameters) -> int:
    return list_rows(Delivery, parameters).count()


def ledger_export_url(broadcast: Broadcast) -> str:
    """The page that exports the whole ledger of this broadcast."""
    title = _("Ledger of %(title)s") % {"title": broadcast.title}
    return exports.new_url(KEY, {"list": f"broadcast={broadcast.pk}"}, title)


def register_all() -> None:
    """Once, at start-up."""
    exports.register(KEY, _("Ledger"), "messaging.view_delivery", columns, count=count, pages=pages)
