"""The pages of an export: the choice of its format, its progress, its file."""

import json
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from kaizala_admin.ui.views import ConsoleMixin, ConsoleView

from . import files, kinds, services, trail
from .models import Export, Format

MAY = "exports.view_export"
TYPES = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.JSONL: "application/jsonl; charset=utf-8",
    Format.ZIP: "application/zip",
    Format.GEOJSON: "application/geo+json",
}
TONES = {"queued": "info", "running": "info", "done": "success", "failed": "danger"}


class NewExport(ConsoleView):
    """What will be exported, how many rows, and in which format. `exports.new_url` leads here."""

    permission_required = MAY
    template_name = "exports/new.html"
    title = gettext_lazy("Export")
    http_method_names = ("get", "post")

    def post(self, request: HttpRequest) -> HttpResponse:
        zone = request.POST.get("time_zone", "") or timezone.get_current_timezone_name()
        if zone not in available_timezones():
            messages.error(request, _("There is no time zone called %(name)s.") % {"name": zone[:64]})
            return HttpResponseRedirect(request.get_full_path())
        try:
            export = services.start(
                kind=self.kind.key,
                parameters=self.parameters,
                file_format=request.POST.get("format", ""),
                by=request.user,  # type: ignore[arg-type]
                title=request.GET.get("title", ""),
                time_zone=zone,
            )
        except ValueError:
            messages.error(request, _("Choose a format."))
            return HttpResponseRedirect(request.get_full_path())
        return HttpResponseRedirect(export.get_absolute_url())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        try:
            expected = self.kind.count(self.parameters)
        except kinds.BadParameters as error:
            raise Http404(str(error)) from error
        shown = {
            "what": self.request.GET.get("title") or self.kind.title,
            "expected": expected,
            "formats": [Format(one) for one in self.kind.formats],
            "zone": timezone.get_current_timezone_name(),
            "zones": sorted(available_timezones()),
            "list_url": reverse("admin:exports_export_changelist"),
        }
        return super().get_context_data(**{**shown, **kwargs})

    @cached_property
    def kind(self) -> kinds.Kind:
        try:
            found = kinds.by_key(self.request.GET.get("kind", ""))
        except LookupError as error:
            raise Http404(_("There is no such export.")) from error
        if not self.request.user.has_perm(found.permission):
            raise PermissionDenied
        return found

    @cached_property
    def parameters(self) -> dict[str, Any]:
        try:
            found = json.loads(self.request.GET.get("parameters", "{}"))
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise Http404(_("There is no such export."))
        return found


class OfExport(ConsoleMixin):
    """`pk` in the address. Needs the permission of what the export holds, too."""

    permission_required = MAY
    kwargs: dict[str, Any]

    @cached_property
    def export(self) -> Export:
        found = Export.objects.select_related("created_by").filter(pk=self.kwargs["pk"]).first()
        if found is None or found.kind not in [kind.key for kind in kinds.every()]:
            raise Http404(_("There is no such export."))
        if found.kind not in kinds.allowed_keys(self.request.user):
            raise PermissionDenied
        return found

    def get_title(self) -> str:
        return self.export.title


class Progress(OfExport, ConsoleView):
    """The whole page, or only its moving part when htmx asks."""

    def get_template_names(self) -> list[str]:
        part = self.request.headers.get("HX-Request") == "true"
        return ["exports/progress_part.html" if part else "exports/progress.html"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        export = self.export
        shown = {
            "export": export,
            "tone": TONES.get(export.state, ""),
            "there": export.state == Export.State.DONE and files.path_of(export.file).exists(),
            "format_name": str(Format(export.format).label).split(":")[0],
            "zone": ZoneInfo(export.time_zone).key,
        }
        return super().get_context_data(**{**shown, **kwargs})


class Download(OfExport, View):
    """The file. Who took it is noted."""

    http_method_names = ("get",)

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        export = self.export
        if export.state != Export.State.DONE:
            return HttpResponseRedirect(export.get_absolute_url())
        try:
            file = files.path_of(export.file).open("rb")
        except FileNotFoundError as error:
            raise Http404(_("The file is not here any more. Ask for it again.")) from error
        trail.downloaded(export, request.user)
        answer = FileResponse(file, as_attachment=True, filename=_file_name(export))
        answer["Content-Type"] = TYPES[Format(export.format)]
        answer["Cache-Control"] = "private, no-store"
        answer["X-Content-Type-Options"] = "nosniff"
        return answer


class Cancel(OfExport, View):
    """Stops it; the file begun is thrown away."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not services.cancel(self.export):
            messages.warning(request, _("It was over already; nothing was cancelled."))
        return HttpResponseRedirect(self.export.get_absolute_url())


class Again(OfExport, View):
    """The same once more, with the rows as they are now."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        export = services.again(self.export, request.user)  # type: ignore[arg-type]
        return HttpResponseRedirect(export.get_absolute_url())


def _file_name(export: Export) -> str:
    what = export.kind.replace(".", "-").replace("_", "-")
    return f"{what}-{export.created_at:%Y-%m-%d}-{export.pk}.{export.format}"
