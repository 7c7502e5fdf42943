"""What went over the wire, redacted. A long list that stays cheap: fixed filters, no counts, no big texts."""

import re
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from kaizala_admin.connectors import call_log
from kaizala_admin.connectors.models import ApiCall, Connector
from kaizala_admin.ui.admin import ReadOnlyAdmin
from kaizala_admin.ui.columns import column

ERRORS = ["NotSent", "Throttled", "ExpiredToken", "HostNotAllowed", "Refused", "UnknownOutcome"]
OPERATIONS = [
    "generate_pin",
    "get_refresh_token",
    "generate_access_token",
    "fetch_groups",
    "fetch_group",
    "fetch_subgroups",
    "fetch_members",
    "fetch_subscribers",
    "send_message",
    "send_message_to_subscribers",
    "send_action",
    "send_action_to_subscribers",
    "upload_media",
    "create_group",
    "create_subgroup",
    "add_subgroups",
    "remove_subgroup",
    "add_members",
    "remove_member",
    "set_member_role",
    "add_subscribers",
    "remove_subscribers",
    "fetch_actions",
    "fetch_action",
    "post_action_response",
    "post_survey_response",
    "fetch_webhooks",
    "subscribe_webhook",
    "update_webhook",
    "unsubscribe_webhook",
    "send_reminder",
]


class ErrorFilter(admin.SimpleListFilter):
    title = _("error")
    parameter_name = "error"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("none", _("No error")), ("any", _("Any error")), *((name, name) for name in ERRORS)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ApiCall]) -> QuerySet[ApiCall]:
        match self.value():
            case "any":
                return queryset.exclude(error="")
            case "none":
                return queryset.filter(error="")
            case name if name in ERRORS:
                return queryset.filter(error=name)
        return queryset


class StatusFilter(admin.SimpleListFilter):
    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        named = [("429", "429"), ("2", "2xx"), ("3", "3xx"), ("4", "4xx"), ("5", "5xx")]
        return [*named, ("none", _("No answer"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ApiCall]) -> QuerySet[ApiCall]:
        value = self.value()
        if value == "none":
            return queryset.filter(status=None)
        if value == "429":
            return queryset.filter(status=429)
        if value in ("2", "3", "4", "5"):
            return queryset.filter(status__gte=int(value) * 100, status__lt=int(value) * 100 + 100)
        return queryset


class OperationFilter(admin.SimpleListFilter):
    title = _("operation")
    parameter_name = "operation"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(name, name) for name in OPERATIONS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ApiCall]) -> QuerySet[ApiCall]:
        return queryset.filter(operation=self.value()) if self.value() else queryset


class ConnectorFilter(admin.SimpleListFilter):
    title = _("connector")
    parameter_name = "connector"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(str(pk), name) for pk, name in Connector.objects.values_list("pk", "name")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ApiCall]) -> QuerySet[ApiCall]:
        value = self.value() or ""
        return queryset.filter(connector=int(value)) if value.isdecimal() else queryset


@admin.register(ApiCall)
class ApiCallAdmin(ReadOnlyAdmin):
    fields = [
        "at",
        "connector",
        "grant",
        "operation",
        "method",
        "path",
        "status",
        "ms",
        "error",
        "request",
        "answer",
    ]
    list_display = ["when", "connector", "operation", "call", "status", "ms", "error_word"]
    list_filter = [ErrorFilter, StatusFilter, ConnectorFilter, OperationFilter]
    list_select_related = ["connector"]
    empty_title = _("No calls")
    empty_text = _("Calls to Kaizala are kept for some days; none fits here.")

    @column(_("at"), ordering="at")
    def when(self, call: ApiCall) -> SafeString:
        """To the second, which the usual format leaves out."""
        exact = f"{timezone.localtime(call.at):%Y-%m-%d %H:%M:%S}"
        return format_html('<span class="whitespace-nowrap">{}</span>', exact)

    @column(_("call"))
    def call(self, call: ApiCall) -> SafeString:
        """Method and path; a line may break after each part of the path, which is long."""
        parts = re.split(r"(?<=[/?&])", call.path)
        return format_html("{} {}", call.method, format_html_join(mark_safe("<wbr>"), "{}", zip(parts)))

    @column(_("error"), ordering="error", label="danger")
    def error_word(self, call: ApiCall) -> str:
        return call.error

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiCall]:
        rows: QuerySet[ApiCall] = super().get_queryset(request)
        listed = request.resolver_match and request.resolver_match.url_name == "connectors_apicall_changelist"
        return rows.defer("request", "answer") if listed else rows

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        call_log.flush()
        return super().changelist_view(request, extra_context)
