"""The rows that fetch actions and answers from Kaizala (operations 23 and 24), and when they start."""

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from groups.models import Group
from kaizala_admin.connectors.models import Connector
from kaizala_admin.outbox.models import OutboxRow


class AnswerSync(OutboxRow):
    """Fetches a group's actions, type by type, then the answers of those that changed. A call is a page.

    `stage` is an action type to list, or "details"; `todo` holds [instance, action ID] of answers to fetch.
    """

    repeatable: ClassVar[bool] = True
    operation: ClassVar[str] = "fetch_actions"

    group = models.ForeignKey(
        Group, models.CASCADE, related_name="+", verbose_name=_("group"), db_index=False
    )
    parent = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="children")
    stage = models.CharField(_("stage"), max_length=20, blank=True)
    cursor = models.CharField(max_length=40, blank=True)  # the time from which the next page is asked for
    page_size = models.PositiveIntegerField(default=100)
    todo = models.JSONField(default=list)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    pages = models.PositiveIntegerField(_("pages"), default=0)
    expected_pages = models.PositiveIntegerField(_("pages expected"), default=1)
    seen = models.PositiveIntegerField(_("actions seen"), default=0)
    created = models.PositiveIntegerField(_("new responses"), default=0)
    changed = models.PositiveIntegerField(_("changed responses"), default=0)
    stop_asked = models.BooleanField(default=False)

    class Meta(OutboxRow.Meta):
        verbose_name = _("fetch of answers")
        verbose_name_plural = _("fetches of answers")
        ordering = ["-id"]
        indexes = [
            *OutboxRow.Meta.indexes,
            models.Index(fields=["group", "-id"], name="answersync_group_latest"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["group"],
                condition=models.Q(state__in=["queued", "sending"]),
                name="one_answer_sync_a_group",
            )
        ]

    def perform(self, client: Any) -> Any:
        from surveys import sync

        return sync.fetch(self, client)

    def record(self, result: Any) -> bool:
        from surveys import sync

        return sync.record(self, result)

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} #{self.pk}"

    def title(self) -> str:
        return gettext("Answers from the group %(group)s") % {"group": self.group.name}


class AnswerSchedule(models.Model):
    """How often a connector looks for new actions, and for answers to those that are open."""

    connector = models.OneToOneField(
        Connector, models.CASCADE, related_name="answer_schedule", verbose_name=_("connector")
    )
    look_every = models.PositiveIntegerField(
        _("look for new ones every (minutes)"), default=360, help_text=_("0 turns it off.")
    )
    refresh_every = models.PositiveIntegerField(
        _("fetch answers to open ones every (minutes)"), default=30, help_text=_("0 turns it off.")
    )
    days_back = models.PositiveIntegerField(_("how far back the first look goes (days)"), default=90)
    next_look_at = models.DateTimeField(_("next look"), null=True, blank=True)
    next_refresh_at = models.DateTimeField(_("next refresh"), null=True, blank=True)

    class Meta:
        verbose_name = _("schedule for answers")
        verbose_name_plural = _("schedules for answers")
        ordering = ["connector"]

    def __str__(self) -> str:
        return str(self.connector)
