"""A sync's progress: a page that updates itself, and that can be left and come back to."""

from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from groups import services
from groups.access import may
from groups.models import SyncRun
from groups.progress import in_words, progress
from kaizala_admin.ui.views import ConsoleMixin, ConsoleView

MOST_RUNS = 1_000  # that one address may name


def progress_url(runs: Sequence[SyncRun]) -> str:
    """The page that shows these runs, and what they start, as one."""
    keys = ",".join(str(run.pk) for run in runs)
    return f"{reverse('admin:groups_syncrun_progress')}?runs={keys}"


def runs_of(words: str) -> list[SyncRun]:
    """The runs named "1,2,3". Raises Http404 when there is none, or when it is no such list."""
    keys = words.split(",")[:MOST_RUNS]
    if not all(key.isdecimal() and len(key) < 19 for key in keys):
        raise Http404(_("There is no such sync."))
    runs = list(SyncRun.objects.filter(pk__in=keys).select_related("group", "grant__connector"))
    if not runs:
        raise Http404(_("There is no such sync."))
    return runs


class SyncProgress(ConsoleView):
    """The whole page, or only its moving part when htmx asks."""

    permission_required = "groups.view_syncrun"
    title = gettext_lazy("Sync")

    def get_template_names(self) -> list[str]:
        part = self.request.headers.get("HX-Request") == "true"
        return ["groups/progress_part.html" if part else "groups/progress.html"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        runs = runs_of(self.request.GET.get("runs", ""))
        now = progress(runs)
        more = {
            "runs": runs,
            "progress": now,
            "time_to_go": in_words(now.seconds_left),
            "keys": ",".join(str(run.pk) for run in runs),
            "may_sync": may(self.request, "groups.sync_group"),
        }
        return super().get_context_data(title=self._title(runs), **more, **kwargs)

    def _title(self, runs: Sequence[SyncRun]) -> str:
        if len(runs) == 1:
            return runs[0].title()
        return _("Sync of %(count)d groups and grants") % {"count": len(runs)}


class CancelSyncs(ConsoleMixin, View):
    """Stops the runs and what they started."""

    permission_required = "groups.sync_group"
    http_method_names = ("post",)

    def post(self, request: HttpRequest) -> HttpResponse:
        runs = runs_of(request.POST.get("runs", ""))
        services.cancel(runs, request.user)  # type: ignore[arg-type]
        return HttpResponseRedirect(progress_url(runs))


class AcceptGone(ConsoleMixin, View):
    """A person says that so many are really gone."""

    permission_required = "groups.sync_group"
    http_method_names = ("post",)

    def post(self, request: HttpRequest, run_id: int) -> HttpResponse:
        from django.contrib import messages

        run = runs_of(str(run_id))[0]
        if not services.accept_gone(run, request.user):  # type: ignore[arg-type]
            messages.warning(request, _("This sync does not wait for an answer any more. Start a new one."))
        back = request.POST.get("runs", str(run_id))
        return HttpResponseRedirect(progress_url(runs_of(back)))
