"""Schedules and their firings, approvals, saved messages, and what we keep of each person who works here."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kaizala_admin.connectors.models import Tenant

from . import rules

USER = settings.AUTH_USER_MODEL


class Schedule(models.Model):
    """When a broadcast is sent. The tick looks at `next_at`; None means that nothing comes by itself."""

    class Repeat(models.TextChoices):
        ONCE = rules.ONCE, _("Once")
        DAILY = rules.DAILY, _("Every day")
        WEEKLY = rules.WEEKLY, _("On certain weekdays")
        MONTHLY = rules.MONTHLY, _("Every month")

    class State(models.TextChoices):
        PROPOSED = "proposed", _("Not agreed to yet")
        ACTIVE = "active", _("Active")
        PAUSED = "paused", _("Paused")
        STOPPED = "stopped", _("Stopped")
        DONE = "done", _("Done")

    class Missed(models.TextChoices):
        LATE = "late", _("Send it late, within some hours")
        SKIP = "skip", _("Leave it out")
        ASK = "ask", _("Ask")

    broadcast = models.OneToOneField(
        "messaging.Broadcast", models.CASCADE, related_name="schedule", verbose_name=_("broadcast")
    )
    repeat = models.CharField(_("how often"), max_length=10, choices=Repeat, default=Repeat.ONCE)
    days = models.CharField(_("weekdays"), max_length=7, default=rules.WORKDAYS)
    zone = models.CharField(_("time zone"), max_length=64)
    starts_on = models.DateField(_("day"))
    at = models.TimeField(_("time"))
    until = models.DateField(_("last day"), null=True, blank=True)
    missed = models.CharField(_("when the time was missed"), max_length=5, choices=Missed, default=Missed.ASK)
    late_hours = models.PositiveSmallIntegerField(_("hours late at most"), default=2)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.ACTIVE)
    next_at = models.DateTimeField(_("next"), null=True, blank=True)
    made_by = models.ForeignKey(USER, models.SET_NULL, null=True, related_name="+", verbose_name=_("by"))
    made_at = models.DateTimeField(_("scheduled"), default=timezone.now)

    class Meta:
        verbose_name = _("schedule")
        verbose_name_plural = _("schedules")
        ordering = ["next_at", "id"]
        indexes = [
            models.Index(
                fields=["next_at", "id"],
                condition=models.Q(state="active", next_at__isnull=False),
                name="schedule_due",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_repeat_display()} {self.at:%H:%M} {self.zone}"

    @property
    def rule(self) -> rules.Rule:
        return rules.Rule(self.repeat, self.zone, self.starts_on, self.at, self.days, self.until)

    @property
    def recurring(self) -> bool:
        return self.repeat != self.Repeat.ONCE

    @property
    def next_local(self) -> datetime | None:
        """The next time on the clocks of its own zone."""
        return self.next_at.astimezone(ZoneInfo(self.zone)) if self.next_at else None

    def terms(self) -> list[Any]:
        """What an approver agrees to, beside the content and the audience."""
        return self.rule.terms()


class Firing(models.Model):
    """One time of a schedule, and what became of it."""

    class Outcome(models.TextChoices):
        STARTING = "starting", _("Starting")
        SENT = "sent", _("Sent")
        LATE = "late", _("Sent late")
        SKIPPED = "skipped", _("Left out")
        ASKING = "asking", _("Missed: to be decided")
        BLOCKED = "blocked", _("Could not be sent")
        WAITING = "waiting", _("Waits for approval")

    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="firings", db_index=False)
    due_at = models.DateTimeField(_("due"))
    outcome = models.CharField(_("what became of it"), max_length=10, choices=Outcome)
    broadcast = models.OneToOneField(
        "messaging.Broadcast", models.SET_NULL, null=True, related_name="firing", verbose_name=_("broadcast")
    )
    late = models.BooleanField(default=False)
    tried_at = models.DateTimeField(null=True, blank=True)  # by whom starts it; another may after a while
    note = models.CharField(_("why"), max_length=500, blank=True)
    at = models.DateTimeField(_("noted"), default=timezone.now)
    decided_by = models.ForeignKey(USER, models.SET_NULL, null=True, related_name="+", verbose_name=_("by"))

    class Meta:
        verbose_name = _("firing")
        verbose_name_plural = _("firings")
        ordering = ["-due_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["schedule", "due_at"], name="firing_once")]
        indexes = [
            models.Index(fields=["outcome", "due_at"], name="firing_outcome"),
            models.Index(fields=["due_at"], name="firing_due"),
        ]

    def __str__(self) -> str:
        return f"{self.due_at:%Y-%m-%d %H:%M} {self.get_outcome_display()}"


class Approval(models.Model):
    """A second person's word on one broadcast exactly as it was: `fingerprint` covers content and audience.

    `terms` are the times of the schedule that it is for (rules.Rule.terms); [] when it was to go at once.
    """

    class Decision(models.TextChoices):
        PENDING = "pending", _("Waiting")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    broadcast = models.ForeignKey(
        "messaging.Broadcast", models.CASCADE, related_name="approvals", verbose_name=_("broadcast")
    )
    fingerprint = models.CharField(max_length=64)
    terms = models.JSONField(default=list, blank=True)
    people = models.PositiveIntegerField(_("people"))
    asked_by = models.ForeignKey(USER, models.SET_NULL, null=True, related_name="+", verbose_name=_("by"))
    asked_at = models.DateTimeField(_("asked"), default=timezone.now)
    decision = models.CharField(_("decision"), max_length=10, choices=Decision, default=Decision.PENDING)
    decided_by = models.ForeignKey(
        USER, models.SET_NULL, null=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=1000, blank=True)

    class Meta:
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["broadcast"], condition=models.Q(decision="pending"), name="one_pending_approval"
            )
        ]
        indexes = [models.Index(fields=["decision", "-id"], name="approval_decision")]

    def __str__(self) -> str:
        return f"{self.get_decision_display()} #{self.pk}"


class SavedMessage(models.Model):
    """A content to be used again, with its placeholders."""

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="+", verbose_name=_("tenant"))
    name = models.CharField(_("name"), max_length=200)
    kind = models.CharField(_("kind"), max_length=20)
    content = models.JSONField(_("content"), default=dict)
    saved_by = models.ForeignKey(USER, models.SET_NULL, null=True, related_name="+", verbose_name=_("by"))
    saved_at = models.DateTimeField(_("saved"), default=timezone.now)

    class Meta:
        verbose_name = _("saved message")
        verbose_name_plural = _("saved messages")
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="saved_message_name")]

    def __str__(self) -> str:
        return self.name


class Profile(models.Model):
    """What we keep of a person who works here: their clock, and the phone that tests go to."""

    user = models.OneToOneField(USER, models.CASCADE, related_name="console_profile")
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    mobile_number = models.CharField(_("my mobile number"), max_length=20, blank=True)

    class Meta:
        verbose_name = _("profile")
        verbose_name_plural = _("profiles")

    def __str__(self) -> str:
        return str(self.user)


class TestPhones(models.Model):
    """A saved set of numbers that test sends may go to."""

    __test__ = False  # pytest takes the name for its own

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="+", verbose_name=_("tenant"))
    name = models.CharField(_("name"), max_length=100)
    numbers = models.JSONField(_("numbers"), default=list)

    class Meta:
        verbose_name = _("set of test phones")
        verbose_name_plural = _("sets of test phones")
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="test_phones_name")]

    def __str__(self) -> str:
        return self.name
