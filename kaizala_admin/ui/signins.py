"""Who tried to sign in, and who changed what: the libraries' logs, in the console's look."""

from auditlog.admin import LogEntryAdmin as StockLogEntryAdmin
from auditlog.models import LogEntry
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from .base import ReadOnlyAdmin

for model in (AccessAttempt, AccessFailureLog, AccessLog, LogEntry):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


@admin.register(AccessAttempt)
class AccessAttemptAdmin(ReadOnlyAdmin):
    """Failed sign-ins that count towards a lock-out. Removing a row lets that person try again at once."""

    list_display = ("attempt_time", "username", "ip_address", "failures_since_start")
    search_fields = ("username", "ip_address")
    fields = ("attempt_time", "username", "ip_address", "user_agent", "failures_since_start")
    ordering = ("-attempt_time",)
    empty_title = _("Nobody is locked out")
    empty_text = _("After five wrong passwords an account waits for a quarter of an hour.")

    def has_delete_permission(self, request: HttpRequest, obj: AccessAttempt | None = None) -> bool:
        return bool(request.user.has_perm("axes.delete_accessattempt"))


@admin.register(AccessLog)
class AccessLogAdmin(ReadOnlyAdmin):
    """Who was signed in, from when to when."""

    list_display = ("attempt_time", "logout_time", "username", "ip_address")
    search_fields = ("username", "ip_address")
    fields = ("attempt_time", "logout_time", "username", "ip_address", "user_agent")
    ordering = ("-attempt_time",)


@admin.register(LogEntry)
class LogEntryAdmin(StockLogEntryAdmin, ReadOnlyAdmin):  # type: ignore[misc]
    """Who changed what."""

    list_display = ("created", "resource_url", "action", "msg_short", "user_url")
    list_filter = ("action",)
    search_fields = ("object_repr", "actor__username")
    date_hierarchy = None
    empty_text = _("Every change that a person makes in the console is noted here.")

    def has_delete_permission(self, request: HttpRequest, obj: LogEntry | None = None) -> bool:
        return False
