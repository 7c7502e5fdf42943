"""Addresses for tools: how they end, and what they answer."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from surveys.exporting.streams import FORMATS
from surveys.models import Feed
from surveys.services import feeding

from .action import ActionMixin


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
