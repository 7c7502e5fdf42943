"""Events: what Kaizala told us, and what became of it."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from kaizala_admin.ui.admin import ReadOnlyAdmin
from kaizala_admin.ui.columns import column
from kaizala_admin.ui.confirm import ask_first, chosen_rows, confirmed
from kaizala_admin.ui.templatetags.ui import ago
from kaizala_admin.webhooks import views, words
from kaizala_admin.webhooks.models import Event
from kaizala_admin.webhooks.router import EVENT_TYPES


class TypeFilter(SimpleListFilter):
    title = _("event")
    parameter_name = "event_type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return [*((name, name) for name in EVENT_TYPES), ("other", _("Others"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        if self.value() == "other":
            return queryset.exclude(event_type__in=["", *EVENT_TYPES])
        return queryset.filter(event_type=self.value()) if self.value() else queryset


class SubscriptionFilter(SimpleListFilter):
    """The chosen one; chosen from a subscription's page."""

    title = _("subscription")
    parameter_name = "subscription"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        chosen = request.GET.get("subscription", "")
        return [(chosen, _now("The chosen one"))] if chosen.isdecimal() else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        value = self.value() or ""
        return queryset.filter(subscription=int(value)) if value.isdecimal() and len(value) < 19 else queryset


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ("what", "about", "shown_state", "received", "error")
    list_filter = ("state", TypeFilter, SubscriptionFilter)
    list_select_related = ("subscription",)
    ordering = ("-id",)
    sortable_by = ()
    actions = ("replay_events",)
    list_before_template = "webhooks/events_before.html"
    empty_title = _("No events here")
    empty_text = _(
        "Each time that something happens in a group that the console subscribed to, a line comes here."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        rows: QuerySet[Event] = super().get_queryset(request)
        return rows.defer("body")

    @column(_("event"))
    def what(self, event: Event) -> str:
        return str(words.type_words(event.event_type) or event)

    @column(_("about"))
    def about(self, event: Event) -> str:
        address = event.subscription.get_absolute_url()
        return format_html('<a class="kza-link" href="{}"><bdi>{}</bdi></a>', address, event.subscription)

    @column(_("state"), label=words.EVENT_TONES)
    def shown_state(self, event: Event) -> tuple[str, str]:
        return event.state, event.get_state_display()

    @column(_("received"))
    def received(self, event: Event) -> str:
        return ago(event.received_at)

    def has_replay_permission(self, request: HttpRequest) -> bool:
        """Checked by Django for the action."""
        return request.user.has_perm("webhooks.replay_event")

    @admin.action(description=_("Work on the chosen events again"), permissions=["replay"])
    def replay_events(self, request: HttpRequest, queryset: QuerySet[Event]) -> HttpResponse | None:
        if not confirmed(request):
            question = views.replay_question(queryset, request.get_full_path(), chosen_rows(request))
            return ask_first(request, question)
        messages.success(request, views.replay(queryset))
        return None

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        failed = Event.objects.filter(state=Event.State.FAILED).order_by()[:1_000].count()
        more = {"failed": failed, "may_replay": self.has_replay_permission(request)}
        page: HttpResponse = super().changelist_view(request, {**more, **(extra_context or {})})
        return page

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return views.EventPage.as_view()(request, object_id=object_id)

    def get_urls(self) -> list[URLPattern]:
        own = [
            path("replay-failed/", views.ReplayFailed.as_view(), name="webhooks_event_replay_failed"),
            path("<int:pk>/replay/", views.ReplayOne.as_view(), name="webhooks_event_replay"),
        ]
        return [*own, *super().get_urls()]
