"""Rules: subscriptions that are made by themselves."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from kaizala_admin.ui.admin import BaseAdmin
from kaizala_admin.ui.columns import column
from kaizala_admin.webhooks import services, words
from kaizala_admin.webhooks.forms import RuleForm
from kaizala_admin.webhooks.models import Rule
from kaizala_admin.webhooks.views import list_url


@admin.register(Rule)
class RuleAdmin(BaseAdmin):
    form = RuleForm
    list_display = ("what", "connector", "events", "subscriptions_count", "is_active")
    list_filter = ("connector", "is_active")
    list_select_related = ("connector",)
    empty_title = _("No rule yet")
    empty_text = _(
        "A rule subscribes by itself, for example to every group of a connector, also to later ones."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rule]:
        rows: QuerySet[Rule] = super().get_queryset(request)
        return rows.annotate(total=Count("subscriptions", ~Q(subscriptions__state="ended")))

    @column(_("subscribes to"))
    def what(self, rule: Rule) -> str:
        return str(rule)

    @column(_("events"))
    def events(self, rule: Rule) -> str:
        return words.listed(rule.event_types)

    @column(_("subscriptions"))
    def subscriptions_count(self, rule: Any) -> str:
        return format_html('<a class="kza-link" href="{}">{}</a>', list_url(rule=rule.pk), rule.total)

    def save_model(self, request: HttpRequest, obj: Rule, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        services.apply_rules(obj.connector)
        messages.info(request, _now("Subscriptions of this rule are made within a minute, and kept."))

    def delete_model(self, request: HttpRequest, obj: Rule) -> None:
        super().delete_model(request, obj)
        messages.info(request, _now("Its subscriptions stay; end them in their list if you like."))
