"""The base of the console's own pages: a permission checked on the server, and Unfold's frame around it."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.http import HttpRequest
from django.utils.functional import Promise
from django.views.generic.base import ContextMixin, TemplateView


class ConsoleMixin(PermissionRequiredMixin, ContextMixin):
    """Set `permission_required` and `title`. Strangers are sent to sign in, others without the right get 403.

    Templates extend "ui/page.html". `get_title()` may be overridden where the title names the row.
    """

    request: HttpRequest
    title: str | Promise = ""
    permission_required: str | tuple[str, ...] = ()

    def get_title(self) -> str | Promise:
        return self.title

    def has_permission(self) -> bool:
        return bool(admin.site.has_permission(self.request)) and super().has_permission()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        self.request.current_app = admin.site.name
        frame = admin.site.each_context(self.request)
        return super().get_context_data(**{**frame, "title": self.get_title(), **kwargs})


class ConsoleView(ConsoleMixin, TemplateView):
    """A page that only shows something."""
