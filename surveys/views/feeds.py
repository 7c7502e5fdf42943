"""Exports of one action: the way to a file, and addresses for tools; and what those addresses answer."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from kaizala_admin.exports import new_url
from kaizala_admin.ui.views import ConsoleView
from surveys import exporting, values
from surveys.exporting.streams import FORMATS
from surveys.models import Feed
from surveys.results import filters, page
from surveys.services import feeding

from .action import ActionMixin


class ExportPage(ActionMixin, ConsoleView):
    """How the file shall look, for a file in the background, a map, or an address for tools."""

    permission_required = ("surveys.view_action", "surveys.view_response")
    template_name = "surveys/export.html"
    http_method_names = ("get", "post")

    def get_title(self) -> str:
        return _("Export: %(title)s") % {"title": self.action.title}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user: Any = self.request.user
        questions = page.questions_of(self.action)
        chosen = filters.read(self.request.GET, questions)
        more = {
            "action": self.action,
            "chosen": chosen,
            "filter_query": chosen.query(),
            "has_places": any(one.type == values.LOCATION for one in questions),
            "feeds": Feed.objects.filter(action=self.action, revoked_at=None).select_related("created_by"),
            "may_feed": user.has_perm("surveys.make_feed"),
            "may_export": user.has_perm("exports.view_export"),
        }
        return super().get_context_data(**more, **kwargs)

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        parameters = self._parameters()
        if request.POST.get("as") == "geojson":
            return stream("geojson", parameters, f"responses-{pk}")
        if request.POST.get("as") == "feed":
            return self._make_feed(parameters)
        return HttpResponseRedirect(new_url(exporting.KEY, parameters, self.get_title()))

    def _parameters(self) -> dict[str, Any]:
        post = self.request.POST
        chosen = filters.read(self.request.GET, page.questions_of(self.action))
        return {
            "action": self.action.pk,
            "codes": post.get("labels") == "codes",
            "by_choice": post.get("columns") == "choices",
            "filter": chosen.query(),
        }

    def _make_feed(self, parameters: dict[str, Any]) -> HttpResponse:
        user: Any = self.request.user
        if not user.has_perm("surveys.make_feed"):
            messages.error(self.request, _("You may not make addresses for tools."))
            return HttpResponseRedirect(self.request.get_full_path())
        name = self.request.POST.get("name", "").strip() or _("Spreadsheet")
        _feed, token = feeding.make(action=self.action, name=name, parameters=parameters, by=user)
        address = self.request.build_absolute_uri(reverse("surveys-feed", args=[token, "csv"]))
        return self.render_to_response(self.get_context_data(address=address, formats=list(FORMATS)))


class RevokeFeed(ActionMixin, View):
    permission_required = "surveys.make_feed"
    http_method_names = ("post",)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        key = request.POST.get("feed", "")
        feed = get_object_or_404(Feed, action=self.action, pk=key if key.isdecimal() and len(key) < 19 else 0)
        user: Any = request.user
        if feeding.revoke(feed=feed, by=user):
            messages.success(request, _("The address is revoked: nobody can read it any more."))
        return HttpResponseRedirect(reverse("admin:surveys_action_export", args=[pk]))


class FeedView(View):
    """The address itself. No session: the token alone opens it, and it only reads."""

    http_method_names = ("get", "head")
    title = gettext_lazy("Responses")

    def get(self, request: HttpRequest, token: str, file_format: str) -> HttpResponseBase:
        feed = feeding.read(token=token)
        if feed is None or file_format not in FORMATS:
            raise Http404
        return stream(file_format, feed.parameters, f"responses-{feed.action_id}")


def stream(file_format: str, parameters: dict[str, Any], name: str) -> StreamingHttpResponse:
    """Written as it is read, never held as a whole."""
    write, content_type = FORMATS[file_format]
    answer = StreamingHttpResponse(write(parameters), content_type=content_type)
    answer["Content-Disposition"] = f'attachment; filename="{name}.{file_format}"'
    answer["Cache-Control"] = "no-store"
    answer["X-Robots-Tag"] = "noindex"
    return answer
