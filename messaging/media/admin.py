"""The library's place in the admin, and the list of uploads to Kaizala."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from kaizala_admin.outbox.admin import OutboxRowAdmin
from kaizala_admin.ui.admin import ReadOnlyAdmin

from . import views
from .models import MediaFile, MediaUpload


@admin.register(MediaFile)
class MediaFileAdmin(ReadOnlyAdmin):
    """Every page is our own."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("messaging.add_mediafile")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("messaging.delete_mediafile")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return views.Library.as_view()(request)

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The list is where files are added."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(views.url("changelist"))

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> Any:
        if self.get_object(request, object_id) is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return views.Detail.as_view()(request, pk=int(object_id))

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        if self.get_object(request, object_id) is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return views.Remove.as_view()(request, pk=int(object_id))

    def get_urls(self) -> list[URLPattern]:
        pages: list[tuple[str, Any, str]] = [
            ("upload/", views.Upload, "upload"),
            ("pick/", views.Pick, "pick"),
            ("<int:pk>/file/", views.Serve, "file"),
            ("<int:pk>/thumbnail/", views.Thumbnail, "thumbnail"),
        ]
        own = [path(at, view.as_view(), name=f"messaging_mediafile_{name}") for at, view, name in pages]
        return [*own, *super().get_urls()]


@admin.register(MediaUpload)
class MediaUploadAdmin(OutboxRowAdmin):
    """Each call that brings files to Kaizala. What Kaizala returned opens the files, so it is not shown."""

    list_select_related = ("connector", "grant")
    exclude = ("resource",)
    raw_id_fields = ("grant", "connector")
    empty_title = _("No upload yet")
    empty_text = _("Files go to Kaizala when the first broadcast needs them.")
