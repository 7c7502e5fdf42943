"""Subscriptions: what we listen to, and whether Kaizala still tells us."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from kaizala_admin.ui.admin import ReadOnlyAdmin
from kaizala_admin.ui.columns import column
from kaizala_admin.ui.confirm import ask_first, chosen_rows, confirmed
from kaizala_admin.ui.templatetags.ui import ago
from kaizala_admin.webhooks import overview, verbs, views, words
from kaizala_admin.webhooks.models import Subscription


@admin.register(Subscription)
class SubscriptionAdmin(ReadOnlyAdmin):
    list_display = ("about", "shown_state", "events", "last_event", "by_rule", "connector", "state_reason")
    list_filter = ("state", "object_type", "connector", "rule")
    list_select_related = ("connector", "rule")
    search_fields = ("label", "=object_id")
    search_help_text = _("A part of the name, or the whole ID")
    ordering = ("-id",)
    sortable_by = ()
    actions = ("compare_rows", "switch_rows_on", "end_rows")
    list_before_template = "webhooks/subscriptions_before.html"
    empty_title = _("No subscription yet")
    empty_text = _(
        "Subscribe, and the console hears within seconds who joined or left and what people answered."
    )

    @column(_("about"), header=True)
    def about(self, row: Subscription) -> list[Any]:
        return [str(row), row.get_object_type_display()]

    @column(_("state"), label=words.STATE_TONES)
    def shown_state(self, row: Subscription) -> tuple[str, str]:
        return row.state, row.get_state_display()

    @column(_("events"))
    def events(self, row: Subscription) -> str:
        return words.listed(row.event_types)

    @column(_("last event"))
    def last_event(self, row: Subscription) -> str:
        return ago(row.last_event_at)

    @column(_("made by"))
    def by_rule(self, row: Subscription) -> str:
        return str(row.rule or _("hand"))

    def has_manage_permission(self, request: HttpRequest) -> bool:
        """Checked by Django for each action."""
        return request.user.has_perm("webhooks.manage_subscription")

    @admin.action(description=_("Compare with what Kaizala holds"), permissions=["manage"])
    def compare_rows(self, request: HttpRequest, queryset: QuerySet[Subscription]) -> None:
        messages.success(request, verbs.carry_out("compare", queryset, request.user))  # type: ignore[arg-type]

    @admin.action(description=_("Switch on again"), permissions=["manage"])
    def switch_rows_on(self, request: HttpRequest, queryset: QuerySet[Subscription]) -> None:
        messages.success(request, verbs.carry_out("switch_on", queryset, request.user))  # type: ignore[arg-type]

    @admin.action(description=_("End the chosen subscriptions"), permissions=["manage"])
    def end_rows(self, request: HttpRequest, queryset: QuerySet[Subscription]) -> HttpResponse | None:
        if not confirmed(request):
            here = request.get_full_path()
            return ask_first(request, verbs.question("end", queryset, here, fields=chosen_rows(request)))
        messages.success(request, verbs.carry_out("end", queryset, request.user))  # type: ignore[arg-type]
        return None

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        more: dict[str, Any] = {"tiles": overview.tiles(), "home": overview.home()}
        more["may_manage"] = self.has_manage_permission(request)
        page: HttpResponse = super().changelist_view(request, {**more, **(extra_context or {})})
        return page

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return views.SubscriptionPage.as_view()(request, object_id=object_id)

    def get_urls(self) -> list[URLPattern]:
        own = [
            path("subscribe/", views.Subscribe.as_view(), name="webhooks_subscription_subscribe"),
            path("<int:pk>/events/", views.ChangeEvents.as_view(), name="webhooks_subscription_events"),
            path("<int:pk>/do/<str:verb>/", views.Do.as_view(), name="webhooks_subscription_do"),
        ]
        return [*own, *super().get_urls()]
