"""Pages of the media library: the list, uploading, the picker, one file, and handing files out."""

import json
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView, View

from kaizala_admin.ui.confirm import Confirmation, ask_first, confirmed
from kaizala_admin.ui.paginator import CappedPaginator
from kaizala_admin.ui.views import ConsoleMixin

from . import services, sniffing, store
from .looking import card
from .models import MediaFile, MediaUpload

PAGE = 24
ACCEPT = {
    kind: ",".join(f".{ending}" for one in sniffing.EVERY if one.kind == kind for ending in one.endings)
    for kind in MediaFile.Kind.values
}


def url(name: str, *args: object) -> str:
    return reverse(f"admin:messaging_mediafile_{name}", args=args)


def found(kind: str, query: str) -> QuerySet[MediaFile]:
    """Newest first, of one kind ("" for all), with a part of the name."""
    rows = MediaFile.objects.order_by("-id")
    if kind in MediaFile.Kind.values:
        rows = rows.filter(kind=kind)
    return rows.filter(name__icontains=query) if query else rows


class Library(ConsoleMixin, TemplateView):
    """What has been uploaded, and the place to drop more."""

    permission_required = "messaging.view_mediafile"
    template_name = "messaging/media/library.html"
    title = gettext_lazy("Media library")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kind, query = self.request.GET.get("kind", ""), self.request.GET.get("q", "").strip()[:100]
        pages: Paginator[MediaFile] = CappedPaginator(found(kind, query), PAGE)
        shown = {
            "page": pages.get_page(self.request.GET.get("p")),
            "kind": kind,
            "q": query,
            "tabs": self._tabs(),
            "may_add": self.request.user.has_perm("messaging.add_mediafile"),
            "most_mb": services.most_bytes() // 1048576,
            "accept": ",".join(ACCEPT.values()),
        }
        return super().get_context_data(**{**shown, **kwargs})

    def _tabs(self) -> list[dict[str, Any]]:
        here = url("changelist")
        titles = {"": _("All"), "image": _("Pictures"), "audio": _("Sounds"), "video": _("Films")}
        titles["document"] = _("Documents")
        return [
            {"key": key, "title": title, "url": f"{here}?kind={key}" if key else here}
            for key, title in titles.items()
        ]


class Upload(ConsoleMixin, View):
    """Takes one file from the script (JSON), or several from the plain form."""

    permission_required = "messaging.add_mediafile"
    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        files = request.FILES.getlist("file")
        if request.headers.get("Accept") == "application/json":
            return self._answer(files[:1])
        for file in files:
            try:
                self._add(file)
            except services.BadFile as error:
                messages.error(request, f"{file.name}: {error}")
        if not files:
            messages.error(request, _("Choose a file first."))
        return HttpResponseRedirect(url("changelist"))

    def _answer(self, files: list[Any]) -> HttpResponse:
        if not files:
            return JsonResponse({"error": _("Choose a file first.")}, status=422)
        try:
            return JsonResponse({"file": card(self._add(files[0]))})
        except services.BadFile as error:
            return JsonResponse({"error": str(error)}, status=422)

    def _add(self, file: Any) -> MediaFile:
        by: Any = self.request.user
        return services.add(name=file.name or "", file=file.file, by=by)


class Pick(ConsoleMixin, View):
    """The picker's list: the newest files of the kinds that a field takes."""

    permission_required = "messaging.view_mediafile"

    def get(self, request: HttpRequest) -> HttpResponse:
        takes = [kind for kind in request.GET.get("takes", "").split(",") if kind in MediaFile.Kind.values]
        if not takes:
            raise Http404(_("Say what kinds of files are wanted."))
        query = request.GET.get("q", "").strip()[:100]
        rows = list(found("", query).filter(kind__in=takes)[: PAGE + 1])
        shown = {
            "files": [(file, json.dumps(card(file), ensure_ascii=False)) for file in rows[:PAGE]],
            "more": len(rows) > PAGE,
            "q": query,
        }
        return TemplateResponse(request, "messaging/media/picker_part.html", shown)


class _OneFile(ConsoleMixin):
    kwargs: dict[str, Any]
    permission_required: Any = "messaging.view_mediafile"

    @cached_property
    def file(self) -> MediaFile:
        row = MediaFile.objects.select_related("uploaded_by").filter(pk=self.kwargs["pk"]).first()
        if row is None:
            raise Http404(_("There is no such file."))
        return row


class Detail(_OneFile, TemplateView):
    """One file: what it is, and where Kaizala has it."""

    template_name = "messaging/media/file.html"

    def get_title(self) -> str:
        return self.file.name

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        uploads = MediaUpload.objects.filter(files=str(self.file.pk)).select_related("connector")
        shown = {
            "file": self.file,
            "uploads": uploads.order_by("-id")[:20],
            "may_remove": self.request.user.has_perm("messaging.delete_mediafile"),
            "days": settings.KAIZALA_LIBRARY_DAYS,
        }
        return super().get_context_data(**{**shown, **kwargs})


class Remove(_OneFile, View):
    """Asks first; refuses while a broadcast needs the file."""

    permission_required = "messaging.delete_mediafile"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._ask(request)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not confirmed(request):
            return self._ask(request)
        if services.remove(self.file):
            messages.success(request, _("“%(name)s” is removed.") % {"name": self.file.name})
            return HttpResponseRedirect(url("changelist"))
        messages.error(request, _("A broadcast that is not finished needs this file, so it stays."))
        return HttpResponseRedirect(url("change", self.file.pk))

    def _ask(self, request: HttpRequest) -> HttpResponse:
        question = _("Remove “%(name)s” from the library? What has been sent stays on the phones.")
        return ask_first(
            request,
            Confirmation(
                title=_("Remove a file"),
                question=question % {"name": self.file.name},
                button=_("Remove"),
                cancel_url=url("change", self.file.pk),
            ),
        )


class Serve(_OneFile, View):
    """The file itself: pictures to look at, everything else to save. Never run as a page."""

    def get(self, request: HttpRequest, pk: int) -> FileResponse:
        inline = self.file.kind == MediaFile.Kind.IMAGE
        return served(self.file.stored, self.file.content_type, self.file.name, inline)


class Thumbnail(_OneFile, View):
    """A small picture of a picture."""

    def get(self, request: HttpRequest, pk: int) -> FileResponse:
        return served(self.file.thumbnail, "image/jpeg", f"{self.file.pk}.jpg", True)


def served(stored: str, content_type: str, name: str, inline: bool) -> FileResponse:
    """Raises Http404 when the disk has lost it."""
    try:
        opened = store.path(stored).open("rb")
    except FileNotFoundError:
        raise Http404(_("This file is not on the disk any more.")) from None
    answer = FileResponse(opened, as_attachment=not inline, filename=name, content_type=content_type)
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["Cache-Control"] = "private, max-age=86400"
    return answer
