"""What one person answered, its history, its review, and the totals that charts are drawn from."""

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from .actions import Action, ActionInstance


class Source(models.TextChoices):
    SYNC = "sync", _("Sync")
    EVENT = "event", _("Webhook")


class Response(models.Model):
    """The newest answer of one person, or of one submission where several are taken.

    `key` tells responses of an instance apart: "r:<responseId>", "p:<number>" of a job, or "d:<digest>".
    `answers` holds {"q0": value, ...} in the shapes of `surveys.values`. An anonymous one names nobody.
    """

    action = models.ForeignKey(
        Action, models.CASCADE, related_name="responses", db_index=False, verbose_name=_("action")
    )
    instance = models.ForeignKey(
        ActionInstance, models.CASCADE, related_name="responses", db_index=False, verbose_name=_("instance")
    )
    key = models.CharField(max_length=120)
    response_id = models.CharField(_("response ID"), max_length=100, blank=True)
    responder_number = models.CharField(_("mobile number"), max_length=20, blank=True)
    responder_id = models.CharField(_("user ID"), max_length=80, blank=True)
    responder_name = models.CharField(_("name"), max_length=300, blank=True)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)  # None: it was not told
    answers = models.JSONField(_("answers"), default=dict)
    is_completed = models.BooleanField(_("completed"), null=True, blank=True)  # of a job only
    is_update = models.BooleanField(_("an update"), default=False)
    digest = models.CharField(max_length=32)  # of the answers; tells without reading them whether they differ
    edit_count = models.PositiveIntegerField(_("earlier answers"), default=0)
    source = models.CharField(_("heard by"), max_length=5, choices=Source)
    first_seen_at = models.DateTimeField(_("first seen"))

    class Meta:
        verbose_name = _("response")
        verbose_name_plural = _("responses")
        ordering = ["-id"]
        permissions = [("review_response", _("Can review responses"))]
        constraints = [models.UniqueConstraint(fields=["instance", "key"], name="response_once")]
        indexes = [
            models.Index(fields=["action", "-id"], name="response_action"),
            models.Index(fields=["instance", "-id"], name="response_instance"),
            models.Index(fields=["instance", "responder_number"], name="response_responder"),
            models.Index(fields=["responder_number", "-id"], name="response_person"),
            models.Index(fields=["action", "answered_at"], name="response_time"),
        ]

    def __str__(self) -> str:
        return self.responder_name or self.responder_number or str(_("Somebody"))

    def get_absolute_url(self) -> str:
        return reverse("admin:surveys_response_change", args=[self.pk])


class ResponseEdit(models.Model):
    """An answer that a newer one replaced, or that arrived after the newer one."""

    response = models.ForeignKey(Response, models.CASCADE, related_name="edits")
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    answers = models.JSONField(_("answers"), default=dict)
    is_completed = models.BooleanField(_("completed"), null=True, blank=True)
    digest = models.CharField(max_length=32)  # of the answers and their second
    seen_at = models.DateTimeField(_("seen"))
    source = models.CharField(_("heard by"), max_length=5, choices=Source)

    class Meta:
        verbose_name = _("earlier answer")
        verbose_name_plural = _("earlier answers")
        ordering = ["-answered_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["response", "digest"], name="edit_once")]

    def __str__(self) -> str:
        return f"{self.response_id}: {self.digest}"


class Review(models.Model):
    """What staff say of a response. No mirror: it is ours, and syncs leave it alone."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        CHECKED = "checked", _("Checked")
        PROBLEM = "problem", _("Problem")

    response = models.OneToOneField(Response, models.CASCADE, related_name="review")
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    note = models.TextField(_("note"), blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("by")
    )
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        indexes = [models.Index(fields=["state"], name="review_state")]

    def __str__(self) -> str:
        return f"{self.response_id}: {self.state}"


class Tally(models.Model):
    """How many responses of an instance count for `key` of the question at `place` (`surveys.counting`).

    Kept up to date with each response, so that a page costs the same with ten answers and a million.
    """

    instance = models.ForeignKey(ActionInstance, models.CASCADE, related_name="tallies", db_index=False)
    place = models.SmallIntegerField()  # the question's index; -1 for when people answered
    key = models.CharField(max_length=200)
    number = models.FloatField(null=True)  # of a numeric answer
    count = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["instance", "place", "key"], name="tally_once")]

    def __str__(self) -> str:
        return f"{self.instance_id}/{self.place} {self.key}: {self.count}"
