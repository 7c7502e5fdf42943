"""Connectors: health, budget, the way to a test, and a secret that only goes in."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from kaizala_admin.connectors import call_log, health, limiter, services, views
from kaizala_admin.connectors.clock import later
from kaizala_admin.connectors.forms import ConnectorForm
from kaizala_admin.connectors.models import ApiCall, Connector, Grant
from kaizala_admin.ui.columns import column

from .saving import ChangedOnlyAdmin

FIELDSETS: Sequence[tuple[Any, dict[str, Any]]] = [
    (None, {"fields": ["tenant", "name", "is_active"]}),
    (
        _("Registration with Kaizala"),
        {"fields": ["api_root", "application_id", "new_secret", "allowed_hosts"]},
    ),
    (_("Pace"), {"fields": ["calls_per_minute", "batch_size", "sync_every"]}),
]


@admin.register(Connector)
class ConnectorAdmin(ChangedOnlyAdmin):
    form = ConnectorForm
    fieldsets = FIELDSETS
    list_display = ["name", "tenant", "health_word", "health_reason", "used", "grants_count", "is_active"]
    list_filter = ["health", "is_active", "tenant"]
    list_select_related = ["tenant"]
    search_fields = ["name", "application_id"]
    change_form_outer_before_template = "connectors/connector_panel.html"
    empty_title = _("No connector yet")
    empty_text = _(
        "Add the connector that you made in Kaizala's portal: its API root, application ID and secret."
    )

    def get_urls(self) -> list[URLPattern]:
        own = path("<int:pk>/test/", views.TestPage.as_view(), name="connectors_connector_test")
        return [own, *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Connector]:
        rows: QuerySet[Connector] = super().get_queryset(request)
        return rows.annotate(used=_calls_of_last_minute(), grants_count=_grants())

    @column(_("health"), ordering="health", label=health.TONES)
    def health_word(self, connector: Connector) -> tuple[str, str]:
        return health.standing(connector)

    @column(_("calls in the last minute"), ordering="used")
    def used(self, connector: Any) -> str:
        numbers = {"used": connector.used, "allowed": connector.calls_per_minute}
        return _now("%(used)d of %(allowed)d") % numbers

    @column(_("grants"), ordering="grants_count")
    def grants_count(self, connector: Any) -> int:
        return int(connector.grants_count)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        more = {**_panel(request, object_id), **(extra_context or {})}
        answer: HttpResponse = super().change_view(request, object_id, form_url, more)
        return answer

    def save_model(self, request: HttpRequest, obj: Connector, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if form.forgets_access:
            services.forget_access(obj)
            services.mark_working(obj)  # what was wrong may be right now; the next call shows it

    def response_add(
        self, request: HttpRequest, obj: Connector, post_url_continue: Any = None
    ) -> HttpResponse:
        """The next thing a new connector needs is a grant."""
        if "_continue" in request.POST or "_addanother" in request.POST or "_popup" in request.POST:
            answer: HttpResponse = super().response_add(request, obj, post_url_continue)
            return answer
        text = _now("%(name)s is stored. It needs a grant now: get a token by PIN, or paste one.")
        messages.success(request, text % {"name": obj.name})
        return HttpResponseRedirect(reverse("admin:connectors_connector_change", args=[obj.pk]))


def _panel(request: HttpRequest, object_id: str) -> dict[str, Any]:
    """What the page shows above the form: budgets, grants, what may be done."""
    if not object_id.isdecimal():
        return {}
    call_log.flush()
    pk = int(object_id)
    may_look = request.user.has_perm("connectors.view_apicall")
    return {
        "usage": limiter.usage([pk]).get(pk),
        "grants": list(Grant.objects.filter(connector=pk).order_by("name")[:20]),
        "may_test": request.user.has_perm(views.MAY_TEST),
        "may_get_tokens": request.user.has_perms(views.MAY_GET_TOKENS),
        "calls_url": f"{reverse('admin:connectors_apicall_changelist')}?connector={pk}" if may_look else "",
        "grants_url": f"{reverse('admin:connectors_grant_changelist')}?connector__id__exact={pk}",
    }


def _calls_of_last_minute() -> Coalesce:
    calls = ApiCall.objects.filter(connector=OuterRef("pk"), at__gt=later(timedelta(seconds=-60)))
    return _counted(calls, "connector")


def _grants() -> Coalesce:
    return _counted(Grant.objects.filter(connector=OuterRef("pk")), "connector")


def _counted(rows: QuerySet[Any], by: str) -> Coalesce:
    counted = rows.order_by().values(by).annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
