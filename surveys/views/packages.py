"""Custom actions by their package: what was sent of each, and in which groups it is."""

from typing import Any

from django.db.models import Count, Max, QuerySet, Sum
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from kaizala_admin.ui.views import ConsoleView
from surveys.models import Action, ActionInstance

from .responses_tab import number

MOST, PAGE = 300, 50


class PackagesPage(ConsoleView):
    """`?package=` (and `tenant=`) shows the instances of one; without it, every package in numbers."""

    permission_required = "surveys.view_action"
    template_name = "surveys/packages.html"

    def get_title(self) -> str:
        package = self.request.GET.get("package", "")
        return _("Package %(name)s") % {"name": package} if package else _("Packages of custom actions")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        get = self.request.GET
        rows = ActionInstance.objects.filter(action__kind=Action.Kind.CUSTOM).exclude(action__package_id="")
        if package := get.get("package", "")[:200]:
            page = _one(rows, package, number(get.get("tenant", "")), number(get.get("after", "")))
        else:
            page = _every(rows)
        return super().get_context_data(**page, **kwargs)


def _every(rows: QuerySet[ActionInstance]) -> dict[str, Any]:
    each = rows.order_by().values("action__tenant", "action__tenant__name", "action__package_id")
    counted = each.annotate(
        title=Max("action__title"),
        actions=Count("action", distinct=True),
        groups=Count("group", distinct=True),
        people=Sum("reached"),
        answers=Sum("response_count"),
        last=Max("sent_at"),
    )
    found = list(counted.order_by("-last", "action__package_id")[: MOST + 1])
    packages = [{**one, "url": _url(one["action__package_id"], one["action__tenant"])} for one in found]
    return {"packages": packages[:MOST], "cut": len(packages) > MOST, "most": MOST}


def _url(package: str, tenant: int) -> str:
    told: dict[str, Any] = {"package": package, "tenant": tenant}
    return f"?{urlencode(told)}"


def _one(
    rows: QuerySet[ActionInstance], package: str, tenant: int | None, after: int | None
) -> dict[str, Any]:
    mine = rows.filter(action__package_id=package)
    kept: dict[str, Any] = {"package": package}
    if tenant:
        mine = mine.filter(action__tenant=tenant)
        kept["tenant"] = tenant
    numbers = mine.order_by().aggregate(instances=Count("pk"), answers=Sum("response_count"))
    page = mine.filter(pk__lt=after) if after else mine
    found = list(page.select_related("action", "group").order_by("-pk")[: PAGE + 1])
    more = f"?{urlencode({**kept, 'after': found[PAGE - 1].pk})}" if len(found) > PAGE else ""
    return {"package": package, "instances": found[:PAGE], "numbers": numbers, "more_url": more}
