"""The list of broadcasts by who has to look at them."""

from collections.abc import Iterable
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from .services import approving, gate


class WaitingFilter(SimpleListFilter):
    """Offered to approvers: what others wrote, and what waits for a second person."""

    title = _("approval")
    parameter_name = "waits"
    nothing = (
        _("Nothing waits for you"),
        _("What somebody else wrote and may not send alone stands here until you approve or reject it."),
    )

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return [("me", _("Waits for me"))] if request.user.has_perm(gate.SEND_TO_MANY) else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() != "me":
            return queryset
        return queryset.filter(pk__in=approving.waiting_for(request.user).order_by().values("pk"))
