"""The subscribers list's action "Write to these": a new draft to those who are ticked."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from groups.models import Group, Subscriber

from . import lines, services
from .audience import PEOPLE, Choice
from .views.base import url

MAY = "messaging.add_broadcast"


def add_action() -> None:
    """Groups stand below and cannot know of us, so we hang the action on their list at start-up."""
    people: Any = admin.site.get_model_admin(Subscriber)
    people.actions = [*(people.actions or ()), write_to_these]
    people.has_write_to_permission = lambda request: request.user.has_perm(MAY)


@admin.action(description=gettext_lazy("Write to these"), permissions=["write_to"])
def write_to_these(model_admin: Any, request: HttpRequest, rows: QuerySet[Subscriber]) -> HttpResponse | None:
    """To the compose page, with a draft that holds their numbers. All have to follow one group."""
    if not request.user.has_perm(MAY):
        raise PermissionDenied
    present = rows.filter(gone_at__isnull=True).exclude(mobile_number="")
    numbers = list(present.order_by("id").values_list("mobile_number", flat=True)[: lines.MAX_ROWS + 1])
    groups = list(present.order_by().values_list("group", flat=True).distinct()[:2])
    if problem := _problem(numbers, groups):
        messages.error(request, problem)
        return None
    group = Group.objects.select_related("tenant").get(pk=groups[0])
    draft = services.save_draft(
        tenant=group.tenant,
        choice=Choice(PEOPLE, (group.pk,)),
        content={"message": ""},
        by=request.user,  # type: ignore[arg-type]
        title=_("To chosen people of %(group)s") % {"group": group.name},
        numbers=lines.from_numbers(numbers, group.tenant.default_region),
    )
    return HttpResponseRedirect(url("compose", draft.pk))


def _problem(numbers: Sequence[str], groups: Sequence[Any]) -> str:
    if not numbers:
        return _("None of these has a number and still follows the group.")
    if len(numbers) > lines.MAX_ROWS:
        return str(lines.TooManyRows())
    if len(groups) > 1:
        return _("These people follow different groups. Filter the list by one group, then choose again.")
    return ""
