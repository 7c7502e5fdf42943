"""Who has not answered yet, group by group."""

from typing import Any

from django.http import HttpRequest
from django.utils.http import urlencode

from surveys import missing
from surveys.models import Action, ActionInstance

from .responses_tab import number

PAGE = 50


def context(action: Action, request: HttpRequest) -> dict[str, Any]:
    """The people of the chosen group; without a choice, of the group where most are missing."""
    rows = ActionInstance.objects.filter(action=action).select_related("action", "group", "dispatch")
    instances = list(rows.order_by("group__name")[:200])
    wanted = number(request.GET.get("group", ""))
    chosen = next((one for one in instances if one.pk == wanted), None)
    if chosen is None and instances:
        chosen = max(instances, key=lambda one: one.reached - one.response_count)
    q = request.GET.get("q", "").strip()[:200]
    found: dict[str, Any] = {"choices": instances, "chosen": chosen, "q": q}
    if chosen is None:
        return found
    people, after = missing.page(chosen, q=q, after=request.GET.get("after", ""), size=PAGE)
    kept: dict[str, Any] = {"tab": "missing", "group": chosen.pk, **({"q": q} if q else {})}
    return {
        **found,
        "people": people,
        "missing_count": missing.count(chosen),
        "first_url": f"?{urlencode(kept)}" if request.GET.get("after") else "",
        "next_url": f"?{urlencode({**kept, 'after': after})}" if after else "",
        "may_write": bool(missing.can_be_named(instances)),
    }
