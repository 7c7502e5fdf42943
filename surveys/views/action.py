"""One survey, poll, job or meeting: its page, with tabs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kaizala_admin.ui.views import ConsoleMixin, ConsoleView
from surveys import queries
from surveys.models import Action, ActionInstance

from . import groups_tab, missing_tab, responses_tab


@dataclass(frozen=True)
class Tab:
    """`context(action, request)` gives the template its variables."""

    key: str
    title: Any
    template: str
    context: Callable[[Action, HttpRequest], dict[str, Any]]

    @property
    def url(self) -> str:
        return f"?tab={self.key}"


TABS = [
    Tab("responses", gettext_lazy("Responses"), "surveys/tabs/responses.html", responses_tab.context),
    Tab("missing", gettext_lazy("Not answered yet"), "surveys/tabs/missing.html", missing_tab.context),
    Tab("groups", gettext_lazy("Groups"), "surveys/tabs/groups.html", groups_tab.context),
]


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
    template_name = "surveys/action.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        tab = self._tab()
        user: Any = self.request.user
        page = {
            "action": self.action,
            "numbers": queries.numbers(ActionInstance.objects.filter(action=self.action)),
            "tab": tab,
            "tab_links": TABS,
            "may_sync": user.has_perm("surveys.sync_answers"),
            "may_answer": user.has_perm("surveys.answer_action"),
            "may_remind": user.has_perm("surveys.remind_people"),
        }
        return super().get_context_data(**{**page, **tab.context(self.action, self.request), **kwargs})

    def _tab(self) -> Tab:
        wanted = self.request.GET.get("tab", TABS[0].key)
        found = next((tab for tab in TABS if tab.key == wanted), None)
        if found is None:
            raise Http404(_("There is no such tab."))
        return found
