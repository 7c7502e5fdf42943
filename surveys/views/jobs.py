"""The board of jobs, by group, by person; and one job's people."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from groups.models import Group
from kaizala_admin.ui.views import ConsoleView
from surveys import board
from surveys.models import Action, ActionInstance, Assignee

from .responses_tab import number

MOST_PEOPLE = 500


class JobBoard(ConsoleView):
    """`?by=group` and `?by=person` show who has what; `?group=` and `?person=` narrow the board."""

    permission_required = "surveys.view_action"
    template_name = "surveys/jobs.html"
    title = _("Jobs")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        get = self.request.GET
        by, group, person = get.get("by", ""), number(get.get("group", "")), get.get("person", "")[:20]
        page: dict[str, Any] = {"by": by if by in ("group", "person") else "board", "person": person}
        if by == "group":
            page["rows"] = board.by_group()
        elif by == "person":
            page |= {"q": get.get("q", "").strip()[:100]}
            page["rows"] = board.by_person(page["q"])
        else:
            page["columns"] = board.board(group, person)
            page["group"] = Group.objects.filter(pk=group).first() if group else None
            page["any"] = any(column.count for column in page["columns"])
        return super().get_context_data(**page, **kwargs)


def people(action: Action, request: HttpRequest) -> dict[str, Any]:
    """Whom the job was given to, those who have not done it first."""
    rows = Assignee.objects.filter(instance__action=action).select_related("instance__group")
    found = list(rows.order_by("is_done", "name", "pk")[: MOST_PEOPLE + 1])
    instances = ActionInstance.objects.filter(action=action).select_related("group")
    return {
        "assignees": found[:MOST_PEOPLE],
        "assignees_cut": len(found) > MOST_PEOPLE,
        "most": MOST_PEOPLE,
        "instances": list(instances.order_by("pk")[:MOST_PEOPLE]),
    }
