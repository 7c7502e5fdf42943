"""The rows that call Kaizala: fetches, answers from here, reminders; and each connector's schedule."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from kaizala_admin.outbox.admin import OutboxRowAdmin
from kaizala_admin.ui.admin import BaseAdmin
from kaizala_admin.ui.columns import column
from kaizala_admin.ui.templatetags.ui import ago
from surveys.models import Answering, AnswerSchedule, AnswerSync, Reminder
from surveys.views import runs


@admin.register(AnswerSync)
class AnswerSyncAdmin(OutboxRowAdmin):
    """Every fetch with its counts, newest first."""

    list_display = (
        "to_group",
        "shown_state",
        "pages",
        "seen",
        "created",
        "changed",
        "created_at",
        "shown_why",
    )
    list_filter = ("state",)
    list_select_related = ("connector", "grant", "group")
    raw_id_fields = ("group", "parent", "grant", "connector")
    sortable_by = ()
    actions = ("retry_rows", "cancel_rows")
    empty_title = _("No answers were fetched yet")
    empty_text = _("Each fetch of answers leaves a line here, with its counts and what went wrong.")

    @column(_("group"))
    def to_group(self, row: AnswerSync) -> str:
        return row.group.name

    def get_urls(self) -> list[URLPattern]:
        own = [
            path("progress/", runs.FetchProgress.as_view(), name="surveys_answersync_progress"),
            path("stop/", runs.StopFetching.as_view(), name="surveys_answersync_stop"),
        ]
        return [*own, *super().get_urls()]


@admin.register(Answering)
class AnsweringAdmin(OutboxRowAdmin):
    """Answers that were given from the console."""

    list_display = ("what", "shown_state", "shown_why", "by", "created_at")
    list_select_related = ("connector", "grant", "by")
    raw_id_fields = ("instance", "earlier", "grant", "connector", "by")
    exclude = ("token",)
    sortable_by = ()
    empty_title = _("No answer was given from here yet")


@admin.register(Reminder)
class ReminderAdmin(OutboxRowAdmin):
    """Reminders, one a call."""

    list_display = ("what", "people", "shown_state", "shown_why", "by", "created_at")
    list_select_related = ("connector", "grant", "by")
    raw_id_fields = ("instance", "grant", "connector", "by")
    sortable_by = ()
    empty_title = _("Nobody was reminded yet")


@admin.register(AnswerSchedule)
class AnswerScheduleAdmin(BaseAdmin):
    """How often answers are fetched. The rows come by themselves, one a connector."""

    list_display = ("connector", "look_every", "refresh_every", "next_look", "next_refresh")
    list_select_related = ("connector__tenant",)
    fields = ("connector", "look_every", "refresh_every", "days_back")
    readonly_fields = ("connector",)
    sortable_by = ()
    empty_title = _("No schedule yet")
    empty_text = _("Each connector gets one within a minute of its start.")

    @column(_("next look"))
    def next_look(self, row: AnswerSchedule) -> str:
        return ago(row.next_look_at, "–")

    @column(_("next refresh"))
    def next_refresh(self, row: AnswerSchedule) -> str:
        return ago(row.next_refresh_at, "–")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
