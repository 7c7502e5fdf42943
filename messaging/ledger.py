"""The ledger: who was reached by what, at five million lines as fast as at five."""

from collections.abc import Iterable
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from groups import search
from groups.models import Group
from groups.person import person_url
from kaizala_admin.exports.lists import ExportMixin
from kaizala_admin.outbox.words import reason_words
from kaizala_admin.ui.admin import ReadOnlyAdmin
from kaizala_admin.ui.columns import column

from . import exporting, kinds
from .models import Broadcast, Delivery, Dispatch

LATEST = 20
TONES = {"queued": "info", "sent": "success", "failed": "danger", "unknown": "warning"}


def asked_broadcast(request: HttpRequest) -> int | None:
    """The broadcast that the list is narrowed to."""
    value = request.GET.get("broadcast", "")
    return int(value) if value.isdecimal() and len(value) < 19 else None


class BroadcastFilter(SimpleListFilter):
    """The chosen one, or the latest."""

    title = _("broadcast")
    parameter_name = "broadcast"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        rows = Broadcast.objects.exclude(state=Broadcast.State.DRAFT)
        if chosen := asked_broadcast(request):
            rows = Broadcast.objects.filter(pk=chosen)
        found = [
            (str(pk), Truncator(title).chars(40)) for pk, title in rows.values_list("pk", "title")[:LATEST]
        ]
        return found or [("0", gettext("None yet"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = asked_broadcast(request)
        return queryset if chosen is None else queryset.filter(broadcast=chosen)


class StateFilter(SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return Delivery.State.choices

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(state=self.value()) if self.value() in Delivery.State.values else queryset


class ReasonFilter(SimpleListFilter):
    """Reasons of one broadcast's failures; they are few."""

    title = _("reason")
    parameter_name = "reason"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        if not (chosen := asked_broadcast(request)):
            return []
        wrong = Delivery.objects.filter(broadcast=chosen, state__in=["failed", "unknown"]).exclude(reason="")
        reasons = wrong.order_by("reason").values_list("reason", flat=True).distinct()
        return [(one, Truncator(reason_words(one)).chars(60)) for one in reasons[:LATEST]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        return queryset.filter(reason=self.value(), state__in=["failed", "unknown"])


class GroupFilter(SimpleListFilter):
    """The groups of one broadcast."""

    title = _("group")
    parameter_name = "group"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        if not (chosen := asked_broadcast(request)):
            return []
        used = Dispatch.objects.filter(broadcast=chosen).order_by().values("group")
        groups = Group.objects.filter(pk__in=used).values_list("pk", "name")
        return [(str(pk), name) for pk, name in groups[:100]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value() or ""
        return queryset.filter(group=int(value)) if value.isdecimal() and len(value) < 19 else queryset


class DeliveryAdmin(ExportMixin, ReadOnlyAdmin):
    """One line a person, or a group."""

    export_kind = exporting.KEY
    list_display = ("person", "to_group", "shown_state", "shown_reason", "of_broadcast", "said")
    list_display_links = None
    list_filter = (BroadcastFilter, StateFilter, ReasonFilter, GroupFilter)
    list_select_related = ("broadcast", "group", "dispatch")
    search_fields = ("mobile_number",)  # shows the box; `get_search_results` does the search
    search_help_text = _("A number in any spelling; within one broadcast also a part of a name")
    sortable_by = ()
    ordering = ("-id",)
    empty_title = _("The ledger is empty")
    empty_text = _("Each person whom a broadcast goes to has a line here, with what became of it.")
    empty_icon = "fact_check"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Delivery], search_term: str
    ) -> tuple[QuerySet[Delivery], bool]:
        """Names are looked for inside one broadcast only: nothing indexes them."""
        if not search_term.strip():
            return queryset, False
        wanted: Q = search.people(search_term)
        if asked_broadcast(request) is None and "mobile_number" not in str(wanted):
            return queryset.none(), False
        return queryset.filter(wanted), False

    @column(_("to"), header=True)
    def person(self, row: Delivery) -> list[Any]:
        if row.mobile_number:
            url = person_url(row.mobile_number)
            name = format_html('<a class="kza-link" href="{}">{}</a>', url, row.name or gettext("No name"))
            return [name, row.mobile_number]
        return [row.name, gettext("%(n)s people") % {"n": f"{row.people:,}"}]

    @column(_("group"))
    def to_group(self, row: Delivery) -> str:
        address = reverse("admin:groups_group_change", args=[row.group_id])
        return format_html('<a class="kza-link" href="{}">{}</a>', address, row.group.name)

    @column(_("state"), label=TONES)
    def shown_state(self, row: Delivery) -> tuple[str, str]:
        return row.state, row.get_state_display()

    @column(_("reason"))
    def shown_reason(self, row: Delivery) -> str:
        return reason_words(row.reason) or "–"

    @column(_("broadcast"))
    def of_broadcast(self, row: Delivery) -> str:
        return format_html(
            '<a class="kza-link" href="{}">{}</a>', row.broadcast.get_absolute_url(), row.broadcast.title
        )

    @column(_("own text"))
    def said(self, row: Delivery) -> str:
        """What this person alone got; the link shows it on a phone."""
        kind = kinds.every().get(row.broadcast.kind)
        if row.dispatch.content is None or kind is None:
            return "–"
        words = kind.summary({**row.broadcast.content, **row.dispatch.content})
        address = reverse("admin:messaging_broadcast_progress", args=[row.broadcast_id])
        return format_html(
            '<a class="kza-link" dir="auto" href="{}?line={}">{}</a>', address, str(row.pk), words
        )

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("messaging.view_delivery")
