"""The history of syncs."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from groups.models import SyncRun
from groups.views import runs as views
from kaizala_admin.outbox.admin import OutboxRowAdmin
from kaizala_admin.outbox.models import State
from kaizala_admin.ui.columns import column
from kaizala_admin.ui.templatetags.ui import ago

from .filters import KindFilter, StateFilter

TONES = {State.SENT: "success", State.FAILED: "danger", State.SENDING: "info", State.QUEUED: "info"}


@admin.register(SyncRun)
class SyncRunAdmin(OutboxRowAdmin):
    """Every run with its counts, newest first; a row opens its progress page."""

    list_display = ("what", "state_name", "pages", "seen", "created", "changed", "gone", "started", "why")
    list_filter = (KindFilter, StateFilter)
    list_select_related = ("group", "grant", "connector")
    search_fields = ("group__name",)
    search_help_text = _("A part of the group's name")
    ordering = ("-id",)
    sortable_by = ()
    actions = ("retry_rows", "cancel_rows")
    empty_title = _("No sync yet")
    empty_text = _("Each sync leaves a line here, with its counts and what went wrong.")

    @column(_("what"), header=True)
    def what(self, row: SyncRun) -> list[Any]:
        return [row.group.name if row.group else row.grant.name, row.get_kind_display()]

    @column(_("state"), label=TONES)
    def state_name(self, row: SyncRun) -> tuple[str, Any]:
        return row.state, STATE_WORDS[State(row.state)]

    @column(_("started"))
    def started(self, row: SyncRun) -> str:
        return ago(row.started_at)

    @column(_("why"))
    def why(self, row: SyncRun) -> str:
        return row.explanation or "–"

    def get_queryset(self, request: HttpRequest) -> QuerySet[SyncRun]:
        rows: QuerySet[SyncRun] = super().get_queryset(request)
        return rows.defer("cursor")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(views.progress_url(views.runs_of(object_id)))

    def get_urls(self) -> list[URLPattern]:
        own = [
            path("progress/", views.SyncProgress.as_view(), name="groups_syncrun_progress"),
            path("cancel/", views.CancelSyncs.as_view(), name="groups_syncrun_cancel"),
            path("<int:run_id>/accept/", views.AcceptGone.as_view(), name="groups_syncrun_accept"),
        ]
        return [*own, *super().get_urls()]


STATE_WORDS = {
    State.QUEUED: _("Waiting"),
    State.SENDING: _("Under way"),
    State.SENT: _("Done"),
    State.FAILED: _("Failed"),
    State.CANCELLED: _("Stopped"),
    State.UNKNOWN: _("Unknown"),
}
