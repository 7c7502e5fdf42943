"""What the pages of groups and of people show of surveys, polls and jobs."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from groups import sections, tabs
from groups.models import Group
from groups.person import Somebody
from surveys.models import ActionInstance, Assignee, Response

SHOWN = 50


def of_group(group: Group, request: HttpRequest) -> dict[str, Any]:
    """The latest that went to this group. One query."""
    rows = ActionInstance.objects.filter(group=group).select_related("action").order_by("-sent_at", "-pk")
    return {"action_instances": list(rows[:SHOWN])}


def of_person(somebody: Somebody, request: HttpRequest) -> dict[str, Any]:
    """What this number answered, and the jobs it has. Two queries, each by an index."""
    if not somebody.number:
        return {"responses": [], "assigned": []}
    answered = Response.objects.filter(responder_number=somebody.number).select_related("action")
    jobs = Assignee.objects.filter(mobile_number=somebody.number).select_related("instance__action")
    found = list(answered.order_by("-id")[: SHOWN + 1])
    query = urlencode({"q": somebody.number})
    return {
        "responses": found[:SHOWN],
        "more": len(found) > SHOWN,
        "list_url": f"{reverse('admin:surveys_response_changelist')}?{query}",
        "assigned": list(jobs.order_by("is_done", "-id")[:SHOWN]),
    }


def register() -> None:
    """At start-up."""
    group_tab = ("answers", _("Surveys and jobs"), "surveys.view_action", "surveys/tabs/of_group.html")
    tabs.register(tabs.Tab(*group_tab, of_group, 45))
    section = ("answers", _("Answered"), "surveys.view_response", "surveys/sections/person.html")
    sections.register(sections.Section(*section, of_person, 40))
