"""What we say: a broadcast, the calls that it needs, and the ledger of who was reached."""

from collections.abc import Sequence
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from groups.models import Group
from groups.reading.numbers import Problem
from kaizala_admin.connectors.models import Tenant
from kaizala_admin.kaizala import KaizalaClient, Sent
from kaizala_admin.outbox.models import OutboxRow, State

from .evidence.models import ActionLook as ActionLook
from .evidence.models import Echo as Echo
from .lists import DoNotContact, SavedAudience
from .media.models import MediaFile, MediaUpload
from .timing import models as timing  # noqa: F401  # Django finds its models here

__all__ = [
    "AudienceLine",
    "Broadcast",
    "Delivery",
    "Dispatch",
    "DoNotContact",
    "MediaFile",
    "MediaUpload",
    "Priority",
    "SavedAudience",
]


class Priority(models.IntegerChoices):
    """Which broadcast's calls go first when several wait for the same connector."""

    URGENT = 10, _("Urgent: before all others")
    NORMAL = 20, _("Normal")
    LOW = 30, _("Low: when nothing else waits")


class Broadcast(models.Model):
    """One content, one audience, one time. `content` is the kind's own; `audience` is an audience.Expression.

    `stamp` holds the newest keys of the mirror at launch, so that who joined since can be told.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        AWAITING = "awaiting", _("Awaiting approval")
        SCHEDULED = "scheduled", _("Scheduled")
        RUNNING = "running", _("Sending")
        PAUSED = "paused", _("Paused")
        FINISHED = "finished", _("Finished")
        CANCELLED = "cancelled", _("Cancelled")

    OPEN = (State.DRAFT, State.AWAITING, State.SCHEDULED)  # a change makes it a draft again

    tenant = models.ForeignKey(Tenant, models.PROTECT, related_name="broadcasts", verbose_name=_("tenant"))
    title = models.CharField(_("name"), max_length=200)
    kind = models.CharField(_("kind"), max_length=20, default="text")
    content = models.JSONField(_("content"), default=dict)
    audience = models.JSONField(_("audience"), default=dict)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("written by")
    )
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("changed by")
    )
    launched_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("sent by")
    )
    created_at = models.DateTimeField(_("written"), default=timezone.now)
    launched_at = models.DateTimeField(_("sent"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    people = models.PositiveIntegerField(_("people"), default=0)  # of all its dispatches, at launch
    dispatch_count = models.PositiveIntegerField(_("calls"), default=0)
    ignore_quiet = models.BooleanField(_("also in quiet hours"), default=False)
    quiet_reason = models.CharField(_("why in quiet hours"), max_length=300, blank=True)
    is_test = models.BooleanField(_("test"), default=False)
    test_of = models.ForeignKey(
        "self", models.SET_NULL, null=True, related_name="tests", verbose_name=_("test of")
    )
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority, default=Priority.NORMAL)
    pause_reason = models.CharField(_("why paused"), max_length=300, blank=True)  # "" when a person did it
    watched_since = models.DateTimeField(null=True, blank=True)  # failures before do not pause it again
    stamp = models.JSONField(default=dict, blank=True)
    columns = models.JSONField(_("columns of its sheet"), default=list, blank=True)  # the headings, in order
    follow_up_of = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("follow-up of")
    )
    uses = models.ManyToManyField(
        SavedAudience, blank=True, related_name="broadcasts", verbose_name=_("saved audiences")
    )

    class Meta:
        verbose_name = _("broadcast")
        verbose_name_plural = _("broadcasts")
        ordering = ["-id"]
        permissions = [
            ("send_broadcast", _("Can send, pause, resume and cancel broadcasts")),
            ("send_to_many", _("Can send to more people than the tenant calls many")),
            ("ignore_quiet", _("Can let a broadcast be sent in quiet hours")),
        ]
        indexes = [
            models.Index(fields=["kind", "-id"], name="broadcast_kind"),
            models.Index(fields=["state", "-id"], name="broadcast_state"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("admin:messaging_broadcast_change", args=[self.pk])

    @property
    def is_open(self) -> bool:
        """Not on its way yet."""
        return self.state in self.OPEN


class Dispatch(OutboxRow):
    """One call that a broadcast needs: one group, one batch of subscribers, or all subscribers of a group."""

    class Mode(models.TextChoices):
        GROUP = "group", _("Group")
        BATCH = "batch", _("Batch of subscribers")
        ALL = "all", _("All subscribers at once")

    operation: ClassVar[str] = "send_message"
    first_by: ClassVar[str] = "priority"
    numbers: list[str] | None = None  # of a batch, once `prepare_many` has read them
    uploads: Sequence[int] = ()  # whose resources its call named

    broadcast = models.ForeignKey(Broadcast, models.CASCADE, related_name="dispatches", db_index=False)
    group = models.ForeignKey(
        Group, models.PROTECT, related_name="+", verbose_name=_("group"), db_index=False
    )
    mode = models.CharField(_("to"), max_length=5, choices=Mode)
    people = models.PositiveIntegerField(_("people"), default=0)
    people_failed = models.PositiveIntegerField(_("people refused"), default=0)
    reference_id = models.CharField(_("reference ID"), max_length=100, blank=True)
    action_id = models.CharField(_("action ID"), max_length=100, blank=True)  # "" for a text or a file
    proof = models.JSONField(null=True, blank=True)  # what settled it, when its answer was lost
    content = models.JSONField(_("personal content"), null=True, blank=True)  # beside the common one
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority, default=Priority.NORMAL)
    broke_at = models.DateTimeField(null=True, blank=True)  # when it last failed, or came to be in doubt

    class Meta(OutboxRow.Meta):
        verbose_name = _("dispatch")
        verbose_name_plural = _("dispatches")
        indexes = [
            *(index for index in OutboxRow.Meta.indexes if index.name != "%(class)s_due"),  # ours is below
            models.Index(fields=["broadcast", "state", "reason"], name="dispatch_broadcast"),
            models.Index(fields=["group", "broadcast"], name="dispatch_group"),
            models.Index(fields=["action_id"], condition=~models.Q(action_id=""), name="dispatch_action"),
            models.Index(
                fields=["connector", "lane", "priority", "not_before", "id"],
                condition=models.Q(state="queued", held=False),
                name="dispatch_due",
            ),
            models.Index(
                fields=["broadcast", "broke_at"],
                condition=models.Q(broke_at__isnull=False),
                name="dispatch_broken",
            ),
        ]

    def perform(self, client: KaizalaClient) -> Sent:
        from . import sending

        return sending.send(self, client)

    @classmethod
    def prepare_many(cls, rows: Sequence[Self]) -> None:
        from . import sending

        sending.prepare(rows)

    def record(self, result: Any) -> bool:
        return self.record_many([(self, result)])[0]

    @classmethod
    def record_many(cls, answers: Sequence[tuple[Self, Any]]) -> list[bool]:
        from . import recording

        recording.record(answers)
        return [True] * len(answers)

    def state_changed(self, state: State) -> None:
        self.many_changed([self], state)

    @classmethod
    def many_changed(cls, rows: Sequence[Self], state: State) -> None:
        from . import sending

        sending.changed(rows, state)

    @classmethod
    def why_not_here(cls, rows: models.QuerySet[Any]) -> str:
        from .services import gate

        return gate.why_not_here(rows)

    def title(self) -> str:
        return f"{self.broadcast} > {self.group}"

    def evidence(self) -> str:
        from .evidence import words

        return words.of_proof(self.proof)

    def __str__(self) -> str:
        return f"{self.get_mode_display()} #{self.pk}"


class Delivery(models.Model):
    """One person, or one group, reached by a dispatch: a line of the ledger."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")
        UNKNOWN = "unknown", _("Unknown")

    broadcast = models.ForeignKey(
        Broadcast, models.CASCADE, related_name="deliveries", db_index=False, verbose_name=_("broadcast")
    )
    dispatch = models.ForeignKey(Dispatch, models.CASCADE, related_name="deliveries", verbose_name=_("call"))
    group = models.ForeignKey(
        Group, models.PROTECT, related_name="+", db_index=False, verbose_name=_("group")
    )
    mobile_number = models.CharField(_("mobile number"), max_length=20, blank=True)  # "" for a whole group
    name = models.CharField(_("name"), max_length=300, blank=True)
    people = models.PositiveIntegerField(_("people"), default=1)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED)
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["broadcast", "state", "id"], name="delivery_broadcast_state"),
            models.Index(
                fields=["broadcast", "reason", "id"],
                condition=models.Q(state__in=["failed", "unknown"]),
                name="delivery_broadcast_reason",
            ),
            models.Index(fields=["broadcast", "group", "id"], name="delivery_broadcast_group"),
            models.Index(fields=["mobile_number", "id"], name="delivery_mobile"),
        ]

    def __str__(self) -> str:
        return self.name or self.mobile_number or str(self.group)


class AudienceLine(models.Model):
    """A pasted, uploaded or ticked number of a draft: what was given in which line, and what it came to."""

    Problem = Problem

    broadcast = models.ForeignKey(Broadcast, models.CASCADE, related_name="lines", db_index=False)
    line = models.PositiveIntegerField(_("line"))
    given = models.CharField(_("given"), max_length=100)
    mobile_number = models.CharField(_("mobile number"), max_length=20, blank=True)
    problem = models.CharField(_("problem"), max_length=20, choices=Problem, blank=True, default="")
    columns = models.JSONField(_("columns"), null=True, blank=True)  # the sheet's other cells, by key

    class Meta:
        verbose_name = _("audience line")
        verbose_name_plural = _("audience lines")
        ordering = ["broadcast", "line", "id"]
        indexes = [
            models.Index(fields=["broadcast", "problem", "line", "id"], name="audienceline_problem"),
            models.Index(fields=["broadcast", "mobile_number"], name="audienceline_number"),
        ]

    def __str__(self) -> str:
        return f"{self.line}: {self.given}"

    @property
    def why(self) -> str | Promise:
        return self.Problem(self.problem).label
