"""The progress of fetching answers: a page that updates itself, and can be left and come back to."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from kaizala_admin.connectors.models import Connector
from kaizala_admin.outbox.models import Lane
from kaizala_admin.ui.views import ConsoleMixin, ConsoleView
from surveys.models import AnswerSync
from surveys.progress import progress
from surveys.services import syncing

MOST = 1_000


def progress_url(rows: Sequence[AnswerSync]) -> str:
    """The page that shows these rows, and what was started with them, as one."""
    roots = dict.fromkeys(row.parent_id or row.pk for row in rows)
    return f"{reverse('admin:surveys_answersync_progress')}?runs={','.join(map(str, roots))}"


def rows_of(words: str) -> list[AnswerSync]:
    keys = words.split(",")[:MOST]
    if not all(key.isdecimal() and len(key) < 19 for key in keys):
        raise Http404(_("There is no such fetch of answers."))
    rows = list(AnswerSync.objects.filter(pk__in=keys).select_related("group"))
    if not rows:
        raise Http404(_("There is no such fetch of answers."))
    return rows


class FetchProgress(ConsoleView):
    """The whole page, or only its moving part when htmx asks."""

    permission_required = "surveys.view_answersync"
    title = gettext_lazy("Fetching answers")

    def get_template_names(self) -> list[str]:
        part = self.request.headers.get("HX-Request") == "true"
        return ["surveys/fetching_part.html" if part else "surveys/fetching.html"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = rows_of(self.request.GET.get("runs", ""))
        user: Any = self.request.user
        more = {
            "progress": progress(rows),
            "keys": ",".join(str(row.pk) for row in rows),
            "may_sync": user.has_perm("surveys.sync_answers"),
        }
        return super().get_context_data(**more, **kwargs)


class LookEverywhere(ConsoleMixin, View):
    """Looks for new surveys, polls and jobs with every active connector."""

    permission_required = "surveys.sync_answers"
    http_method_names = ("post",)

    def post(self, request: HttpRequest) -> HttpResponse:
        rows: list[AnswerSync] = []
        for connector in Connector.objects.filter(is_active=True).order_by("pk"):
            try:
                rows += syncing.look_everywhere(connector=connector, lane=Lane.PERSON)
            except syncing.CannotFetch as error:
                messages.warning(request, str(error))
        back = reverse("admin:surveys_action_changelist")
        return HttpResponseRedirect(progress_url(rows) if rows else back)


class StopFetching(ConsoleMixin, View):
    """Stops the rows and what was started with them."""

    permission_required = "surveys.sync_answers"
    http_method_names = ("post",)

    def post(self, request: HttpRequest) -> HttpResponse:
        rows = rows_of(request.POST.get("runs", ""))
        user: Any = request.user
        syncing.stop(rows=rows, by=user)
        return HttpResponseRedirect(progress_url(rows))
