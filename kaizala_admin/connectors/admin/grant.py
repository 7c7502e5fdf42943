"""Grants: what is reached, until when. The tokens themselves are on no page."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from kaizala_admin.connectors import services, views
from kaizala_admin.connectors.models import Grant
from kaizala_admin.ui.columns import button, column

from .saving import ChangedOnlyAdmin

STATE_TONES = {Grant.State.WORKING: "success", Grant.State.REVOKED: "danger"}
SEEN = ["connector", "mobile_number", "state", "state_reason", "refresh_expires_at", "access_expires_at"]


class ExpiryFilter(admin.SimpleListFilter):
    """Refresh tokens that end soon and were not renewed by Kaizala."""

    title = _("expires")
    parameter_name = "expires"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("7", _("Within 7 days")), ("30", _("Within 30 days"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Grant]) -> QuerySet[Grant]:
        if self.value() not in ("7", "30"):
            return queryset
        soon = timezone.now() + timedelta(days=int(self.value() or 0))
        return queryset.filter(refresh_expires_at__lte=soon)


@admin.register(Grant)
class GrantAdmin(ChangedOnlyAdmin):
    fields = ["name", "kind", *SEEN, "refreshed_at", "endpoint_url", "scope"]
    readonly_fields = [*SEEN, "refreshed_at", "endpoint_url", "scope"]
    list_display = ["name", "connector", "kind", "mobile_number", "state_word", "expiry", "refreshed_at"]
    list_filter = ["state", ExpiryFilter, "kind", "connector"]
    list_select_related = ["connector"]
    search_fields = ["name", "mobile_number"]
    change_form_outer_before_template = "connectors/grant_panel.html"
    actions_list = ["get_by_pin", "paste_one"]
    empty_title = _("No grant yet")
    empty_text = _("Get a token by PIN, or paste one from Kaizala's portal.")

    def get_urls(self) -> list[URLPattern]:
        own = [
            path("by-pin/", views.PinWizard.as_view(), name="connectors_grant_by_pin"),
            path("paste/", views.PasteWizard.as_view(), name="connectors_grant_paste"),
        ]
        return [*own, *super().get_urls()]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A grant is made by one of the two wizards, which try it first."""
        return False

    def has_tokens_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perms(views.MAY_GET_TOKENS))

    @button(description=_("Get a token by PIN"), url_path="get-by-pin", permissions=["tokens"])
    def get_by_pin(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:connectors_grant_by_pin"))

    @button(description=_("Paste a token"), url_path="paste-one", permissions=["tokens"])
    def paste_one(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:connectors_grant_paste"))

    @column(
        _("state"), ordering="state", label={str(Grant.State(s).label): t for s, t in STATE_TONES.items()}
    )
    def state_word(self, grant: Grant) -> str:
        return grant.get_state_display()

    @column(_("expires"), ordering="refresh_expires_at")
    def expiry(self, grant: Grant) -> str:
        return expiry_text(grant)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        more = {
            "may_test": request.user.has_perm(views.MAY_TEST),
            "may_get_tokens": self.has_tokens_permission(request),
            **_warning(object_id),
            **(extra_context or {}),
        }
        answer: HttpResponse = super().change_view(request, object_id, form_url, more)
        return answer


def days_left(grant: Grant) -> int | None:
    """Whole days until the refresh token ends; negative when it has."""
    return None if grant.refresh_expires_at is None else (grant.refresh_expires_at - timezone.now()).days


def expiry_text(grant: Grant) -> str:
    days = days_left(grant)
    if days is None:
        return _now("Not known")
    if days < 0:
        return _now("Has expired")
    return _now("in %(days)d days") % {"days": days}


def _warning(object_id: str) -> dict[str, Any]:
    """For the page of a grant that ends within a month: when, and whether it is urgent."""
    grant = Grant.objects.filter(pk=object_id).first() if object_id.isdecimal() else None
    days = days_left(grant) if grant else None
    if grant is None or days is None or days > services.WARN_DAYS:
        return {}
    return {"ends": expiry_text(grant), "ends_soon": days <= services.URGENT_DAYS}
