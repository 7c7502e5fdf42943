"""One survey, poll, job or meeting: its page, with tabs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kaizala_admin.ui.views import ConsoleMixin, ConsoleView
from surveys import queries
from surveys.models import Action, ActionInstance

from . import groups_tab, jobs, missing_tab, responses_tab, results_tab


@dataclass(frozen=True)
class Tab:
    """`context(action, request)` gives the template its variables."""

    key: str
    title: Any
    template: str
    context: Callable[[Action, HttpRequest], dict[str, Any]]
    of_jobs: bool = True  # whether a job has it, too
    of_others: bool = True  # whether all the others have it

    @property
    def url(self) -> str:
        return f"?tab={self.key}"


TABS = [
    Tab("results", gettext_lazy("Results"), "surveys/tabs/results.html", results_tab.context, False),
    Tab("people", gettext_lazy("People"), "surveys/tabs/people.html", jobs.people, True, False),
    Tab("responses", gettext_lazy("Responses"), "surveys/tabs/responses.html", responses_tab.context),
    Tab("missing", gettext_lazy("Not answered yet"), "surveys/tabs/missing.html", missing_tab.context),
    Tab("groups", gettext_lazy("Groups"), "surveys/tabs/groups.html", groups_tab.context),
    Tab("cross", gettext_lazy("Cross-tab"), "surveys/tabs/cross.html", results_tab.cross, False),
    Tab("compare", gettext_lazy("Compare groups"), "surveys/tabs/compare.html", results_tab.compare, False),
]
PARTS = {"results": "surveys/tabs/results_part.html"}  # what htmx asks for again and again


class ActionMixin(ConsoleMixin):
    """`pk` in the address. Raises Http404 when there is no such action."""

    kwargs: dict[str, Any]

    @cached_property
    def action(self) -> Action:
        rows = Action.objects.select_related("tenant", "broadcast")
        key = str(self.kwargs["pk"])
        found = rows.filter(pk=key).first() if key.isdecimal() and len(key) < 19 else None
        if found is None:
            raise Http404(_("There is no such survey, poll or job."))
        return found

    def get_title(self) -> str:
        return self.action.title


class ActionPage(ActionMixin, ConsoleView):
    """`?tab=` chooses what is shown."""

    permission_required = "surveys.view_action"

    def get_template_names(self) -> list[str]:
        return [PARTS[self.tab.key] if self._is_part() else "surveys/action.html"]

    def _is_part(self) -> bool:
        return self.request.headers.get("HX-Request") == "true" and self.tab.key in PARTS

    def render_to_response(self, context: dict[str, Any], **more: Any) -> HttpResponse:
        """Where no number has changed nothing is drawn anew: 204 leaves the page as it is."""
        if self._is_part() and self.request.GET.get("seen") == context.get("version"):
            return HttpResponse(status=204)
        return super().render_to_response(context, **more)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        tab = self.tab
        user: Any = self.request.user
        page = {
            "action": self.action,
            "numbers": queries.numbers(ActionInstance.objects.filter(action=self.action)),
            "tab": tab,
            "tab_links": self.tabs,
            "may_sync": user.has_perm("surveys.sync_answers"),
            "may_answer": user.has_perm("surveys.answer_action"),
            "may_remind": user.has_perm("surveys.remind_people"),
        }
        return super().get_context_data(**{**page, **tab.context(self.action, self.request), **kwargs})

    @cached_property
    def tabs(self) -> list[Tab]:
        is_job = self.action.kind == Action.Kind.JOB
        return [tab for tab in TABS if (tab.of_jobs if is_job else tab.of_others)]

    @cached_property
    def tab(self) -> Tab:
        wanted = self.request.GET.get("tab", self.tabs[0].key)
        found = next((tab for tab in self.tabs if tab.key == wanted), None)
        if found is None:
            raise Http404(_("There is no such tab."))
        return found
