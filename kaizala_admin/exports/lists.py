"""A list of the admin as an export: what the list shows now, or the rows that are ticked.

    class MemberAdmin(ExportMixin, ReadOnlyAdmin):
        export_kind = "groups.members"

and in the app's registration, with the same admin's filters and search:

    register("groups.members", ..., rows=lambda p: in_pages(list_rows(Member, p), "name", ...),
             count=lambda p: list_rows(Member, p).count())
"""

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.auth.models import User
from django.core.exceptions import SuspiciousOperation
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from . import kinds
from .kinds import BadParameters
from .links import new_url

MAY = "exports.view_export"
OWN_WORDS = ("p", "o", "e", "all")  # the list's page and order: an export holds every row


class ExportMixin:
    """The button "Export" above the list and the action "Export the chosen" in it."""

    export_kind = ""
    change_list_template = "exports/change_list.html"

    def has_export_permission(self, request: HttpRequest) -> bool:
        """Checked by Django for the action, by us for the button, and by the page that they lead to."""
        permission = kinds.by_key(self.export_kind).permission
        return request.user.has_perm(MAY) and request.user.has_perm(permission)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        url = self.export_url(request) if self.has_export_permission(request) else ""
        page: HttpResponse = super().changelist_view(request, {"export_url": url, **(extra_context or {})})  # type: ignore[misc]
        return page

    def export_url(self, request: HttpRequest) -> str:
        """Of the page that exports all that the list shows with its present filters."""
        asked = request.GET.copy()
        for word in OWN_WORDS:
            asked.pop(word, None)
        title = str(kinds.by_key(self.export_kind).title)
        if asked:
            title = _("%(what)s, as filtered") % {"what": title}
        return new_url(self.export_kind, {"list": asked.urlencode()}, title)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        found: dict[str, Any] = super().get_actions(request)  # type: ignore[misc]
        if self.has_export_permission(request) and "_popup" not in request.GET:
            found["export_chosen"] = (export_chosen, "export_chosen", export_chosen.short_description)  # type: ignore[attr-defined]
        return found


@admin.action(description=gettext_lazy("Export the chosen"))
def export_chosen(model_admin: Any, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse:
    """To the page that offers the formats. "All" means what the list shows with its filters."""
    if not model_admin.has_export_permission(request):
        from django.core.exceptions import PermissionDenied

        raise PermissionDenied
    if request.POST.get("select_across") == "1":
        return HttpResponseRedirect(model_admin.export_url(request))
    keys = [int(key) for key in rows.order_by("pk").values_list("pk", flat=True)[:1_000]]
    title = _("%(what)s: %(count)d chosen") % {
        "what": kinds.by_key(model_admin.export_kind).title,
        "count": len(keys),
    }
    return HttpResponseRedirect(new_url(model_admin.export_kind, {"ids": keys}, title))


def list_rows(model: type[Model], parameters: Mapping[str, Any]) -> QuerySet[Any]:
    """The rows that the parameters name: {"ids": [...]}, {"list": "the list's query"} or {} for all.

    Raises BadParameters for a query that the list does not understand.
    """
    model_admin = admin.site.get_model_admin(model)
    request = HttpRequest()
    request.method = "GET"
    request.user = User(is_superuser=True, is_staff=True)  # nobody: the right was checked before
    if "ids" in parameters:
        return model_admin.get_queryset(request).filter(pk__in=_keys(parameters["ids"])).order_by()
    request.GET = QueryDict(str(parameters.get("list", "")))
    try:
        found: QuerySet[Any] = model_admin.get_changelist_instance(request).queryset
    except (IncorrectLookupParameters, SuspiciousOperation, ValueError) as error:
        raise BadParameters(_("The list does not know these filters any more.")) from error
    return found.order_by().select_related(None)


def _keys(given: Any) -> list[int]:
    if not isinstance(given, list) or not all(isinstance(key, int) for key in given):
        raise BadParameters(_("The list does not know these rows."))
    return given
