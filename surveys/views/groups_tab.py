"""An action's instances, one a group."""

from typing import Any

from django.http import HttpRequest

from surveys.models import Action, ActionInstance

MOST = 500  # instances shown; the most answered first


def context(action: Action, request: HttpRequest) -> dict[str, Any]:
    """Two queries at most, however many there are."""
    rows = ActionInstance.objects.filter(action=action).select_related("group")
    found = list(rows.order_by("-response_count", "pk")[: MOST + 1])
    return {"instances": found[:MOST], "instances_cut": len(found) > MOST, "most": MOST}
