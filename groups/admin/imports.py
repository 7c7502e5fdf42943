"""The history of imports: who, when, which file, what came of it."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern
from django.utils.translation import gettext_lazy as _

from groups.access import may
from groups.imports.models import ImportRow, ImportRun
from groups.views import importing
from groups.views.importing.base import TONES, url
from kaizala_admin.ui.admin import ReadOnlyAdmin
from kaizala_admin.ui.columns import column
from kaizala_admin.ui.templatetags.ui import ago

from .filters import KindFilter, StateFilter

SHOWN = (ImportRow.State.DONE, ImportRow.State.REFUSED, ImportRow.State.CANCELLED, ImportRow.State.WRONG)


@admin.register(ImportRun)
class ImportRunAdmin(ReadOnlyAdmin):
    """A row opens the import's own page."""

    list_display = (
        "file_and_kind",
        "target",
        "state_name",
        "rows_read",
        "result",
        "uploaded_by",
        "uploaded",
        "ended",
    )
    list_filter = (KindFilter, StateFilter)
    list_select_related = ("group", "tenant", "created_by")
    search_fields = ("file_name", "group__name")
    search_help_text = _("A part of the file's or the group's name")
    ordering = ("-id",)
    sortable_by = ()
    show_facets = admin.ShowFacets.NEVER
    empty_title = _("No imports yet")
    empty_text = _(
        "Upload a sheet of phone numbers: it is checked first, and nothing happens until you accept."
    )
    list_before_template = "groups/imports/list_before.html"

    @column(_("file"), header=True)
    def file_and_kind(self, row: ImportRun) -> list[Any]:
        return [row.file_name, row.get_kind_display()]

    @column(_("where"))
    def target(self, row: ImportRun) -> str:
        return str(row.group or row.tenant)

    @column(_("state"), label=TONES)
    def state_name(self, row: ImportRun) -> tuple[str, str]:
        return row.state, row.get_state_display()

    @column(_("result"))
    def result(self, row: ImportRun) -> str:
        words = dict(ImportRow.State.choices)
        told = [
            f"{count:,} {str(words[state]).lower()}" for state, count in row.totals.items() if state in SHOWN
        ]
        return ", ".join(told) or "–"

    @column(_("uploaded by"))
    def uploaded_by(self, row: ImportRun) -> str:
        return str(row.created_by or "–")

    @column(_("uploaded"))
    def uploaded(self, row: ImportRun) -> str:
        return ago(row.created_at)

    @column(_("ended"))
    def ended(self, row: ImportRun) -> str:
        return ago(row.finished_at, never="–")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        more = {"may_manage": may(request, "groups.manage_group"), **(extra_context or {})}
        page: HttpResponse = super().changelist_view(request, more)
        return page

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(url("show", object_id))

    def get_urls(self) -> list[URLPattern]:
        return [*importing.urls(), *super().get_urls()]
