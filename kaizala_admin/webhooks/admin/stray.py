"""What Kaizala holds and is not ours, above it what is ours and Kaizala does not serve."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from kaizala_admin.outbox.admin import OutboxRowAdmin
from kaizala_admin.ui.admin import ReadOnlyAdmin
from kaizala_admin.ui.columns import column
from kaizala_admin.ui.confirm import ask_first, chosen_rows, confirmed
from kaizala_admin.ui.templatetags.ui import ago
from kaizala_admin.webhooks import words
from kaizala_admin.webhooks.models import Stray, StrayCall, Subscription
from kaizala_admin.webhooks.strays import views
from kaizala_admin.webhooks.strays import words as stray_words


@admin.register(Stray)
class StrayAdmin(ReadOnlyAdmin):
    list_display = ("about", "calls", "shown_state", "events", "seen", "connector", "state_reason")
    list_filter = ("is_active", "is_here", "object_type", "connector", "state")
    list_select_related = ("connector",)
    search_fields = ("label", "leads_to", "=object_id", "=remote_id")
    search_help_text = _("A part of the name or of the address, or a whole ID")
    ordering = ("-id",)
    sortable_by = ()
    actions = ("adopt_rows", "end_rows")
    list_before_template = "webhooks/strays_before.html"
    empty_title = _("Nothing here that is not ours")
    empty_text = _(
        "As far as Kaizala was asked: each comparison notes what it holds for the same group and is not ours."
    )

    @column(_("about"), header=True)
    def about(self, row: Stray) -> list[Any]:
        return [str(row), dict(Subscription.Object.choices).get(row.object_type, row.object_type)]

    @column(_("calls"))
    def calls(self, row: Stray) -> str:
        return str(_("This console") if row.is_here else row.leads_to or _("unknown"))

    @column(_("state"), label={"active": "warning", "off": "", "ending": "info"})
    def shown_state(self, row: Stray) -> tuple[str, str]:
        if row.state == Stray.State.ENDING:
            return "ending", str(row.get_state_display())
        return ("active", str(_("Active"))) if row.is_active else ("off", str(_("Switched off")))

    @column(_("events"))
    def events(self, row: Stray) -> str:
        return words.listed(row.event_types)

    @column(_("last seen"))
    def seen(self, row: Stray) -> str:
        return ago(row.seen_at)

    def has_manage_permission(self, request: HttpRequest) -> bool:
        """Checked by Django for each action."""
        return request.user.has_perm("webhooks.manage_subscription")

    @admin.action(description=_("Take the chosen webhooks over"), permissions=["manage"])
    def adopt_rows(self, request: HttpRequest, rows: QuerySet[Stray]) -> HttpResponse | None:
        return self._ask_then(stray_words.ADOPT, request, rows)

    @admin.action(description=_("Unsubscribe the chosen webhooks at Kaizala"), permissions=["manage"])
    def end_rows(self, request: HttpRequest, rows: QuerySet[Stray]) -> HttpResponse | None:
        return self._ask_then(stray_words.END, request, rows)

    def _ask_then(self, verb: str, request: HttpRequest, rows: QuerySet[Stray]) -> HttpResponse | None:
        if not confirmed(request):
            here = request.get_full_path()
            return ask_first(request, stray_words.question(verb, rows, here, fields=chosen_rows(request)))
        messages.success(request, stray_words.carry_out(verb, rows, request.user))  # type: ignore[arg-type]
        return None

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        more = views.above(self.has_manage_permission(request))
        page: HttpResponse = super().changelist_view(request, {**more, **(extra_context or {})})
        return page

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return views.StrayPage.as_view()(request, object_id=object_id)

    def get_urls(self) -> list[URLPattern]:
        own = [
            path("look/", views.Look.as_view(), name="webhooks_stray_look"),
            path("repair/", views.RepairAll.as_view(), name="webhooks_stray_repair"),
            path("all/<str:verb>/", views.DoAll.as_view(), name="webhooks_stray_all"),
            path("<int:pk>/do/<str:verb>/", views.DoOne.as_view(), name="webhooks_stray_do"),
        ]
        return [*own, *super().get_urls()]


@admin.register(StrayCall)
class StrayCallAdmin(OutboxRowAdmin):
    list_filter = ("state", "verb", "connector", "reason")
