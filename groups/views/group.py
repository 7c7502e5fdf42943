"""A group's own page with its tabs, and all groups as a tree."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from groups import tabs, tree
from groups.access import may
from groups.models import Group, SyncRun
from groups.services import ACTIVE
from groups.views.changing.watching import pending_context
from kaizala_admin.ui.views import ConsoleView


@dataclass(frozen=True)
class TabLink:
    """What the tab bar shows."""

    key: str
    title: Any
    url: str


class GroupPage(ConsoleView):
    """One group. `?tab=` chooses what is shown; each tab asks for its own permission."""

    permission_required = "groups.view_group"
    template_name = "groups/group.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        group = self._group()
        tab = self._tab()
        page = {
            "group": group,
            "tab": tab,
            "tab_links": [
                TabLink(one.key, one.title, f"?tab={one.key}") for one in tabs.tabs_for(self.request)
            ],
            "active_run": SyncRun.objects.filter(group=group, state__in=ACTIVE).first(),
            "may_sync": may(self.request, "groups.sync_group"),
            "may_manage": may(self.request, "groups.manage_group"),
        }
        if may(self.request, "groups.view_groupchange"):
            page |= pending_context(group)
        return super().get_context_data(**{**page, **tab.context(group, self.request)}, title=group.name)

    def _group(self) -> Group:
        key = str(self.kwargs["object_id"])
        found = Group.objects.select_related("tenant").filter(pk=key).first() if key.isdecimal() else None
        if found is None:
            raise Http404(_("There is no such group."))
        return found

    def _tab(self) -> tabs.Tab:
        """The wanted tab, the first one when none is named."""
        wanted = self.request.GET.get("tab", "")
        if wanted and wanted not in [tab.key for tab in tabs.TABS]:
            raise Http404(_("There is no such tab."))
        allowed = [tab for tab in tabs.tabs_for(self.request) if wanted in ("", tab.key)]
        if not allowed:
            raise PermissionDenied
        return allowed[0]


class GroupTree(ConsoleView):
    """Every present group of every tenant, as the graph has them."""

    permission_required = "groups.view_group"
    template_name = "groups/tree.html"
    title = gettext_lazy("Groups as a tree")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        lines, cut = tree.lines()
        return super().get_context_data(
            lines=lines, cut=cut, shown=tree.MOST, list_url=reverse("admin:groups_group_changelist")
        )
