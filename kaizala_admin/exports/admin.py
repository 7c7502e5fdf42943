"""The history of exports: each person sees those of what that person may export."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.defaultfilters import filesizeformat
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from kaizala_admin.connectors.models import Tenant
from kaizala_admin.ui.admin import ReadOnlyAdmin
from kaizala_admin.ui.templatetags.ui import ago

from . import kinds, views
from .archive import registering
from .links import new_url
from .models import Export


@admin.register(Export)
class ExportAdmin(ReadOnlyAdmin):
    """A row opens its progress page, where the file is."""

    list_display = ("shown_title", "shown_state", "shown_rows", "shown_size", "by", "when", "kept")
    list_filter = ("state",)
    list_select_related = ("created_by",)
    search_fields = ("title",)
    search_help_text = _("A part of the name")
    ordering = ("-id",)
    sortable_by = ()
    actions = None
    list_before_template = "exports/list_before.html"
    empty_title = _("No export yet")
    empty_text = _(
        "Lists have a button “Export”. What you ask for there is made in the background and kept here."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Export]:
        rows: QuerySet[Export] = super().get_queryset(request)
        return rows.filter(kind__in=kinds.allowed_keys(request.user))

    @display(description=_("what"), header=True)  # type: ignore[untyped-decorator]
    def shown_title(self, row: Export) -> list[Any]:
        return [row.title, row.format.upper()]

    @display(description=_("state"), label=views.TONES)  # type: ignore[untyped-decorator]
    def shown_state(self, row: Export) -> tuple[str, str]:
        return row.state, row.get_state_display()

    @display(description=_("rows"))  # type: ignore[untyped-decorator]
    def shown_rows(self, row: Export) -> str:
        return f"{row.rows_done:,}"

    @display(description=_("size"))  # type: ignore[untyped-decorator]
    def shown_size(self, row: Export) -> str:
        return filesizeformat(row.size) if row.size else "–"

    @display(description=_("by"))  # type: ignore[untyped-decorator]
    def by(self, row: Export) -> str:
        return str(row.created_by or "–")

    @display(description=_("asked for"))  # type: ignore[untyped-decorator]
    def when(self, row: Export) -> str:
        return ago(row.created_at)

    @display(description=_("kept until"))  # type: ignore[untyped-decorator]
    def kept(self, row: Export) -> str:
        return ago(row.expires_at, never="–")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = self.get_object(request, object_id)
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[no-any-return]
        return HttpResponseRedirect(row.get_absolute_url())

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        page: HttpResponse = super().history_view(request, object_id, extra_context)
        return page

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        more = {"archives": _archives(request)}
        page: HttpResponse = super().changelist_view(request, {**more, **(extra_context or {})})
        return page

    def get_urls(self) -> list[URLPattern]:
        own = [
            path("new/", views.NewExport.as_view(), name="exports_export_new"),
            path("<int:pk>/progress/", views.Progress.as_view(), name="exports_export_progress"),
            path("<int:pk>/download/", views.Download.as_view(), name="exports_export_download"),
            path("<int:pk>/cancel/", views.Cancel.as_view(), name="exports_export_cancel"),
            path("<int:pk>/again/", views.Again.as_view(), name="exports_export_again"),
        ]
        return [*own, *super().get_urls()]


def _archives(request: HttpRequest) -> list[tuple[str, str]]:
    """Each tenant with the page that archives it, for those who may."""
    if not request.user.has_perm(registering.PERMISSION):
        return []
    title = gettext("Archive of %(tenant)s")
    return [
        (tenant.name, new_url(registering.KEY, {"tenant": tenant.pk}, title % {"tenant": tenant.name}))
        for tenant in Tenant.objects.order_by("name")[:50]
    ]
