"""What is remembered of our own posts, and the calls that look for them."""

from datetime import timedelta
from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from groups.models import Group
from kaizala_admin.kaizala import KaizalaClient
from kaizala_admin.outbox.models import OutboxRow


class Echo(models.Model):
    """Kaizala told that our own user posted this: a piece of evidence, kept for a week.

    `print` stands for the content. `key` is the action's ID where there is one, else the event's: the same
    post told again has the same key.
    """

    class Source(models.TextChoices):
        EVENT = "event", _("an event")
        LIST = "list", _("the list of actions")

    KEPT = timedelta(days=7)

    group = models.ForeignKey(Group, models.CASCADE, related_name="+", db_index=False)
    print = models.CharField(max_length=32)
    key = models.CharField(max_length=120)
    action_id = models.CharField(max_length=100, blank=True)
    reference_id = models.CharField(max_length=100, blank=True)
    source = models.CharField(max_length=5, choices=Source)
    seen_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)  # Kaizala's own time, where it tells one

    class Meta:
        verbose_name = _("echo")
        verbose_name_plural = _("echoes")
        constraints = [models.UniqueConstraint(fields=["group", "key"], name="echo_once_in_group")]
        indexes = [
            models.Index(fields=["group", "print", "seen_at"], name="echo_print"),
            models.Index(fields=["seen_at"], name="echo_seen"),
        ]

    def __str__(self) -> str:
        return f"{self.group_id}: {self.key}"


class ActionLook(OutboxRow):
    """Asks for the group's actions of one type, to find what may have arrived (operation 24)."""

    repeatable: ClassVar[bool] = True
    operation: ClassVar[str] = "fetch_actions"

    group = models.ForeignKey(Group, models.CASCADE, related_name="+", verbose_name=_("group"))
    action_type = models.CharField(_("type"), max_length=20)
    since = models.DateTimeField(_("since"))
    turn = models.PositiveSmallIntegerField(_("turn"))  # 1: after a minute, 2: after ten

    class Meta(OutboxRow.Meta):
        verbose_name = _("look for what arrived")
        verbose_name_plural = _("looks for what arrived")

    def perform(self, client: KaizalaClient) -> Any:
        return client.fetch_actions(self.group.group_id, self.action_type, from_date=self.since, count=100)

    def record(self, result: Any) -> bool:
        from . import looks

        looks.record(self, result)
        return True

    def title(self) -> str:
        return gettext("Look in %(group)s for what may have arrived") % {"group": self.group}

    def __str__(self) -> str:
        return f"{self.action_type} #{self.pk}"
