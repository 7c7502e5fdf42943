"""What the pages that change a group share."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from groups.changes.checking import CannotChange
from groups.changes.models import GroupChange
from groups.models import Group
from kaizala_admin.ui.views import ConsoleMixin

MANAGE = "groups.manage_group"


def group_url(group_id: int, tab: str = "") -> str:
    """The group's own page, at one of its tabs."""
    page = reverse("admin:groups_group_change", args=[group_id])
    return f"{page}?tab={tab}" if tab else page


def progress_url(changes: Sequence[GroupChange]) -> str:
    """The page that shows these changes and what came of them."""
    keys = ",".join(str(change.pk) for change in changes)
    return f"{reverse('admin:groups_groupchange_progress')}?changes={keys}"


class ChangesGroup(ConsoleMixin):
    """`group_id` in the address. Raises Http404 when there is no such group."""

    permission_required = MANAGE
    request: HttpRequest
    kwargs: dict[str, Any]
    tab = "members"

    @cached_property
    def group(self) -> Group:
        found = Group.objects.select_related("tenant").filter(pk=self.kwargs["group_id"]).first()
        if found is None:
            raise Http404(_("There is no such group."))
        return found

    def back(self) -> str:
        return group_url(self.group.pk, self.tab)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**{"group": self.group, "back_url": self.back(), **kwargs})

    def queue(self, ask: Callable[[], Sequence[GroupChange]]) -> HttpResponse:
        """To the page of what is now in line; back with a message when it cannot be."""
        try:
            changes = ask()
        except CannotChange as error:
            messages.error(self.request, str(error))
            return HttpResponseRedirect(self.back())
        return HttpResponseRedirect(progress_url(changes))
