"""The outbox for people: the page of numbers, the attempts, and the base for every list of rows."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from kaizala_admin.exports.lists import ExportMixin
from kaizala_admin.ui.admin import ReadOnlyAdmin
from kaizala_admin.ui.confirm import ask_first, chosen_rows, confirmed

from . import views
from .exporting import ATTEMPTS, register_class
from .models import Attempt, OutboxRow, State
from .registry import label
from .verbs import AGAIN, ARRIVED, CANCEL, RETRY, SETTLE, Verb, confirmation
from .words import TONES, reason_words, why_waiting

MOST_ATTEMPTS = 100


class OutboxRowAdmin(ExportMixin, ReadOnlyAdmin):
    """The base for the admin of a row class: list, four actions, and each attempt on the row's page."""

    list_display: Sequence[str] = (
        "shown_title",
        "shown_state",
        "shown_why",
        "connector",
        "attempts",
        "created_at",
    )
    list_filter: Sequence[Any] = ("state", "lane", "connector", "reason")
    list_select_related: Sequence[str] = ("connector", "grant")
    ordering: Sequence[str] = ("-pk",)
    actions: Sequence[str] = ("retry_rows", "cancel_rows", "rows_arrived", "send_rows_again")
    change_form_after_template = "outbox/attempts.html"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.export_kind = register_class(self.model)

    @display(description=_("What"))  # type: ignore[untyped-decorator]
    def shown_title(self, row: OutboxRow) -> str:
        return row.title()

    @display(description=_("State"), ordering="state", label={state.value: TONES[state] for state in State})  # type: ignore[untyped-decorator]
    def shown_state(self, row: OutboxRow) -> tuple[str, str]:
        return str(row.state), str(State(row.state).label)

    @display(description=_("Why"))  # type: ignore[untyped-decorator]
    def shown_why(self, row: OutboxRow) -> str:
        return why_waiting(row)

    def has_settle_permission(self, request: HttpRequest) -> bool:
        """Checked by Django for each action."""
        return request.user.has_perm(SETTLE)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        history = Attempt.objects.filter(row_class=label(self.model), row_id=_number(object_id))
        shown = [(attempt, reason_words(attempt.reason)) for attempt in history[:MOST_ATTEMPTS]]
        context = {"attempts": shown, **(extra_context or {})}
        response: HttpResponse = super().change_view(request, object_id, form_url, context)
        return response

    @admin.action(description=_("Try failed rows again"), permissions=["settle"])
    def retry_rows(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        return self._ask_then(RETRY, request, rows)

    @admin.action(description=_("Cancel rows in line"), permissions=["settle"])
    def cancel_rows(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        return self._ask_then(CANCEL, request, rows)

    @admin.action(description=_("Unknown rows: they did arrive"), permissions=["settle"])
    def rows_arrived(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        return self._ask_then(ARRIVED, request, rows)

    @admin.action(description=_("Unknown rows: send them again"), permissions=["settle"])
    def send_rows_again(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        return self._ask_then(AGAIN, request, rows)

    def _ask_then(self, verb: Verb, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        if not confirmed(request):
            here = request.get_full_path()
            return ask_first(request, confirmation(verb, rows, here, fields=chosen_rows(request)))
        views.carry_out(request, verb, rows)
        return None


@admin.register(Attempt)
class AttemptAdmin(ExportMixin, ReadOnlyAdmin):
    """Every try of every row. The Outbox page hangs here: admin:outbox."""

    export_kind = ATTEMPTS
    list_display = ("row_class", "row_id", "number", "started_at", "ended_at", "outcome", "shown_reason")
    list_filter = ("row_class", "outcome")
    search_fields = ("=row_id",)
    ordering = ("-pk",)

    @display(description=_("Reason"))  # type: ignore[untyped-decorator]
    def shown_reason(self, attempt: Attempt) -> str:
        return reason_words(attempt.reason)

    def get_urls(self) -> list[Any]:
        return [*views.urls(), *super().get_urls()]


def _number(object_id: str) -> int:
    return int(object_id) if object_id.isdecimal() else 0
