"""The outbox: each row is one thing to ask of Kaizala, its state, and every attempt (design, The outbox)."""

from collections.abc import Sequence
from typing import Any, ClassVar, Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kaizala_admin.connectors.models import Connector, Grant
from kaizala_admin.kaizala import KaizalaClient


class Lane(models.IntegerChoices):
    """Who goes first when the budget is short. Sync keeps a floor of a tenth."""

    PERSON = 10, _("Somebody is waiting")
    BROADCAST = 20, _("Broadcast")
    REPAIR = 30, _("Repair")
    SYNC = 40, _("Background sync")


class State(models.TextChoices):
    QUEUED = "queued", _("Queued")
    SENDING = "sending", _("Sending")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")
    UNKNOWN = "unknown", _("Unknown")


FINAL = (State.SENT, State.FAILED, State.CANCELLED)


class OutboxRow(models.Model):
    """The base of every row that calls Kaizala. Subclasses say what (`perform`) and what changes (`record`).

    A row may need several calls (a sync page by page): `record` answers False until it is done.
    """

    repeatable: ClassVar[bool] = (
        False  # True: asking twice is harmless, so an unknown outcome goes back in line
    )
    operation: ClassVar[str] = ""  # the client's method, for people to read
    first_by: ClassVar[str] = ""  # a field: of rows in the same lane, those with its least value go first

    connector = models.ForeignKey(Connector, models.PROTECT, related_name="+", verbose_name=_("connector"))
    grant = models.ForeignKey(Grant, models.PROTECT, related_name="+", verbose_name=_("grant"))
    lane = models.PositiveSmallIntegerField(_("lane"), choices=Lane, default=Lane.BROADCAST)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED)
    held = models.BooleanField(_("paused"), default=False)
    not_before = models.DateTimeField(_("not before"), default=timezone.now)
    permits = models.PositiveIntegerField(_("calls allowed now"), default=0)
    permits_until = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    claim = models.PositiveIntegerField(
        default=0
    )  # fencing: grows with each claim; a late writer holds an old one
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    reason = models.CharField(_("reason"), max_length=60, blank=True, db_index=True)
    detail = models.CharField(_("detail"), max_length=1000, blank=True)
    created_at = models.DateTimeField(_("queued at"), default=timezone.now)
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True)

    class Meta:
        abstract = True
        indexes = [
            models.Index(
                fields=["connector", "lane", "not_before", "id"],
                condition=models.Q(state="queued", held=False),
                name="%(class)s_due",
            ),
            models.Index(
                fields=["connector", "permits_until"],
                condition=models.Q(state="queued", permits__gt=0),
                name="%(class)s_granted",
            ),
            models.Index(
                fields=["lease_until"], condition=models.Q(state="sending"), name="%(class)s_sending"
            ),
            models.Index(fields=["state", "-id"], name="%(class)s_state"),
        ]

    @classmethod
    def line_order(cls) -> tuple[str, ...]:
        """The order of rows in a lane: by `first_by`, then who came first."""
        return (*filter(None, [cls.first_by]), "not_before", "pk")

    def perform(self, client: KaizalaClient) -> Any:
        """Makes exactly one call to Kaizala and returns its result. Network only: no database writes.

        Raises the client's errors (`kaizala_admin.kaizala.errors`); the pump classifies them.
        """
        raise NotImplementedError

    def record(self, result: Any) -> bool:
        """Writes what `perform` brought, inside the transaction that settles the row.

        Returns True when the row is done, False when it wants another call.
        """
        raise NotImplementedError

    def after(self, answer: Any) -> Self | None:
        """This row as its next call needs it, when that needs nothing but `answer`; without the database.

        `record` then gets the answers of several calls together, as `Pages`. None: record this one first.
        For repeatable rows alone: a crash forgets what was not recorded.
        """
        return None

    def together(self) -> int:
        """How many answers one transaction records at most, of a row that has `after`."""
        return 100

    @classmethod
    def prepare_many(cls, rows: Sequence[Self]) -> None:
        """Loads onto the rows what `perform` needs, inside the transaction that claims them. Override it
        to ask once for all rows of a claim; without it each `perform` asks for itself.
        """

    @classmethod
    def record_many(cls, answers: Sequence[tuple[Self, Any]]) -> list[bool]:
        """`record` for all answers of one group commit, in their order. Override it to write in bulk.

        What it raises undoes the whole commit, and each answer is then recorded alone.
        """
        return [row.record(result) for row, result in answers]

    def may_repeat(self) -> bool:
        """Whether asking this row's question twice is harmless. For classes whose rows differ in that."""
        return self.repeatable

    def state_changed(self, state: State) -> None:
        """Called in the transaction of every other change of state: failed, cancelled, unknown, queued again.

        Also `sent`, when a person says that an unknown one did arrive: there is no result to record then.
        """

    @classmethod
    def many_changed(cls, rows: Sequence[Self], state: State) -> None:
        """The same for a batch that was retried or cancelled at once. Override it to write in bulk."""
        for row in rows:
            row.state_changed(state)

    @classmethod
    def why_not_here(cls, rows: "models.QuerySet[Any]") -> str:
        """Why these may not be put in line again from the outbox's own pages, in words; "" when they may.

        For classes that ask for more before than those pages do.
        """
        return ""

    def title(self) -> str:
        """What this row does, for a person, in one line."""
        return str(self)

    def evidence(self) -> str:
        """What helps a person to judge whether an unknown row arrived; makes no queries. May be empty."""
        return ""


class Attempt(models.Model):
    """One try of one row; kept for good, so that a person can see what happened.

    Written when the try ends: by the pump, or by the sweeper for a worker that died. The pages of a long read
    that succeeded are not tries of their own. `number` is the row's claim, so it never repeats.
    """

    row_class = models.CharField(_("what"), max_length=100)  # "messaging.dispatch"
    row_id = models.PositiveBigIntegerField(_("row"))
    number = models.PositiveIntegerField(_("attempt"))
    started_at = models.DateTimeField(_("started"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=20, blank=True)
    reason = models.CharField(_("reason"), max_length=60, blank=True)
    detail = models.CharField(_("detail"), max_length=1000, blank=True)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        ordering = ["-id"]
        permissions = [("settle", _("Can retry, cancel and settle rows"))]
        constraints = [
            models.UniqueConstraint(fields=["row_class", "row_id", "number"], name="attempt_number_of_row")
        ]

    def __str__(self) -> str:
        return f"{self.row_class} {self.row_id} #{self.number}"
