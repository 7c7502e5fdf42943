"""The history of changes: what was asked of Kaizala, by whom, and what came of it."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from groups.changes.models import GroupChange
from groups.changes.words import people
from groups.views.changing import watching
from groups.views.changing.base import progress_url
from kaizala_admin.outbox.admin import OutboxRowAdmin
from kaizala_admin.ui.columns import column
from kaizala_admin.ui.templatetags.ui import ago

from .filters import KindFilter, StateFilter


@admin.register(GroupChange)
class GroupChangeAdmin(OutboxRowAdmin):
    """Newest first; a row opens its page with the result for each number."""

    list_display = ("shown_title", "shown_state", "came_of_it", "asked_by", "asked", "shown_why")
    list_filter = (KindFilter, StateFilter)
    list_select_related = ("group", "other", "created_by", "grant", "connector")
    search_fields = ("group__name",)
    search_help_text = _("A part of the group's name")
    ordering = ("-id",)
    sortable_by = ()
    show_facets = admin.ShowFacets.NEVER
    empty_title = _("No changes yet")
    empty_text = _("Creating, linking and filling groups leaves a line here, with its result.")
    exclude = ("results", "payload")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = watching.named(object_id)
        return HttpResponseRedirect(progress_url(rows))

    def get_urls(self) -> list[URLPattern]:
        own = [
            path("progress/", watching.Progress.as_view(), name="groups_groupchange_progress"),
            path("<int:pk>/undo/", watching.Undo.as_view(), name="groups_groupchange_undo"),
        ]
        return [*own, *super().get_urls()]

    @column(_("done"))
    def came_of_it(self, row: GroupChange) -> str:
        if not row.people:
            return "–"
        if row.refused:
            return _("%(done)s done, %(refused)s refused") % {
                "done": f"{row.done:,}",
                "refused": f"{row.refused:,}",
            }
        return people(row.done) if row.done else "–"

    @column(_("asked by"))
    def asked_by(self, row: GroupChange) -> str:
        return str(row.created_by or "–")

    @column(_("asked"))
    def asked(self, row: GroupChange) -> str:
        return ago(row.created_at)
