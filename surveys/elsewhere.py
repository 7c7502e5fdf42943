"""What the pages of groups, of people and of broadcasts show of surveys, polls and jobs."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from groups import sections, tabs
from groups.models import Group
from groups.person import Somebody
from messaging import outcomes
from messaging.models import Broadcast
from surveys import queries
from surveys.models import Action, ActionInstance, Assignee, Response

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


def of_broadcast(broadcast: Broadcast) -> dict[str, Any] | None:
    """How many answered it; None for what asks nothing, or is not in the mirror yet. At most two queries."""
    action = Action.objects.filter(broadcast=broadcast).first()
    if action is None:
        return None
    return {"action": action, "numbers": queries.numbers(action.instances.all())}


def register() -> None:
    """At start-up."""
    group_tab = ("answers", _("Surveys and jobs"), "surveys.view_action", "surveys/tabs/of_group.html")
    tabs.register(tabs.Tab(*group_tab, of_group, 45))
    section = ("answers", _("Answered"), "surveys.view_response", "surveys/sections/person.html")
    sections.register(sections.Section(*section, of_person, 40))
    card = ("surveys.view_action", "surveys/sections/broadcast.html")
    outcomes.register(outcomes.Outcome(*card, of_broadcast))
