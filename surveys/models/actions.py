"""Surveys, polls, jobs, meetings and custom actions, with one instance a group (contract 9 and 10)."""

from datetime import datetime

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from groups.models import Group
from kaizala_admin.connectors.models import Tenant
from messaging.models import Broadcast, Dispatch

LONGEST_TITLE = 500


class Action(models.Model):
    """What was asked, once, however many groups it went to."""

    class Kind(models.TextChoices):
        SURVEY = "Survey", _("Survey")
        POLL = "Poll", _("Poll")
        JOB = "Job", _("Job")
        MEETING = "LetsMeet", _("Meeting")
        CUSTOM = "Action", _("Custom action")

    tenant = models.ForeignKey(Tenant, models.PROTECT, related_name="actions", verbose_name=_("tenant"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    package_id = models.CharField(_("package ID"), max_length=200, blank=True)
    title = models.CharField(_("title"), max_length=LONGEST_TITLE)
    sender = models.CharField(_("sender"), max_length=20, blank=True)  # a number; "" when it was not told
    sent_at = models.DateTimeField(_("sent"))  # of the first instance
    broadcast = models.ForeignKey(
        Broadcast, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("broadcast")
    )
    is_anonymous = models.BooleanField(_("anonymous"), default=False)
    is_sender_only = models.BooleanField(_("only the sender sees the answers"), default=False)
    accepts_many = models.BooleanField(_("takes several answers of one person"), default=False)

    class Meta:
        verbose_name = _("survey, poll or job")
        verbose_name_plural = _("surveys, polls and jobs")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["tenant", "kind", "sender", "sent_at"], name="action_alike"),
            models.Index(fields=["kind", "-id"], name="action_kind"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["broadcast"],
                condition=models.Q(broadcast__isnull=False),
                name="one_action_a_broadcast",
            )
        ]
        permissions = [
            ("sync_answers", _("Can fetch answers from Kaizala")),
            ("answer_action", _("Can answer surveys and jobs in the name of a grant")),
            ("remind_people", _("Can remind people who have not answered")),
            ("set_digest", _("Can set up digests by mail")),
            ("make_feed", _("Can make and revoke addresses for tools")),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("admin:surveys_action_change", args=[self.pk])


class ActionInstance(models.Model):
    """The action in one group. `kaizala_id` is its `actionId`, `reference_id` the message that carried it."""

    action = models.ForeignKey(Action, models.CASCADE, related_name="instances", verbose_name=_("action"))
    group = models.ForeignKey(
        Group, models.CASCADE, related_name="+", verbose_name=_("group"), db_index=False
    )
    kaizala_id = models.CharField(_("action ID"), max_length=100)
    reference_id = models.CharField(_("reference ID"), max_length=100, blank=True)
    dispatch = models.ForeignKey(Dispatch, models.SET_NULL, null=True, blank=True, related_name="+")
    sent_at = models.DateTimeField(_("sent"))
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    reached = models.PositiveIntegerField(_("people reached"), default=0)
    response_count = models.PositiveIntegerField(_("responses"), default=0)  # rows of ours
    told_count = models.PositiveIntegerField(_("responses, says Kaizala"), null=True, blank=True)
    assignee_count = models.PositiveIntegerField(_("assigned to"), default=0)
    done_count = models.PositiveIntegerField(_("done"), default=0)  # assignees who completed the job
    is_completed = models.BooleanField(_("completed"), default=False)
    first_seen_at = models.DateTimeField(_("first seen"))
    fetched_at = models.DateTimeField(_("answers fetched"), null=True, blank=True)
    wants_fetch = models.BooleanField(default=True)  # the next tick asks Kaizala for its answers
    gone_at = models.DateTimeField(_("gone since"), null=True, blank=True)

    class Meta:
        verbose_name = _("instance in a group")
        verbose_name_plural = _("instances in groups")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["group", "kaizala_id"], name="action_once_in_group")]
        indexes = [
            models.Index(fields=["action", "id"], name="instance_action"),
            models.Index(fields=["kaizala_id"], name="instance_kaizala_id"),
            models.Index(fields=["group"], condition=models.Q(wants_fetch=True), name="instance_wanted"),
            models.Index(fields=["due_at", "is_completed"], name="instance_due"),
            models.Index(fields=["sent_at"], name="instance_sent"),
        ]

    def __str__(self) -> str:
        return self.kaizala_id

    def is_open(self, now: datetime) -> bool:
        """Whether answers may still come."""
        return self.gone_at is None and not self.is_completed and (self.due_at is None or self.due_at > now)


class Question(models.Model):
    """One question. `index` is its place, hidden ones counted; `options` are titles in their order."""

    action = models.ForeignKey(Action, models.CASCADE, related_name="questions", verbose_name=_("action"))
    index = models.PositiveSmallIntegerField(_("place"))
    title = models.TextField(_("question"))
    type = models.CharField(_("type"), max_length=30)
    options = models.JSONField(_("options"), default=list)
    is_hidden = models.BooleanField(_("hidden"), default=False)

    class Meta:
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        ordering = ["action", "index"]
        constraints = [models.UniqueConstraint(fields=["action", "index"], name="question_place_once")]

    def __str__(self) -> str:
        return self.title

    @property
    def key(self) -> str:
        """Where its answer stands in `Response.answers`. A bare number would mean a list's place."""
        return f"q{self.index}"


class Assignee(models.Model):
    """A person to whom a job was given."""

    instance = models.ForeignKey(
        ActionInstance, models.CASCADE, related_name="assignees", verbose_name=_("job"), db_index=False
    )
    mobile_number = models.CharField(_("mobile number"), max_length=20)
    name = models.CharField(_("name"), max_length=300, blank=True)
    is_done = models.BooleanField(_("done"), default=False)
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)

    class Meta:
        verbose_name = _("assignee")
        verbose_name_plural = _("assignees")
        ordering = ["instance", "id"]
        constraints = [
            models.UniqueConstraint(fields=["instance", "mobile_number"], name="assignee_once_a_job")
        ]
        indexes = [models.Index(fields=["mobile_number", "is_done"], name="assignee_person")]

    def __str__(self) -> str:
        return self.name or self.mobile_number
