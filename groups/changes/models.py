"""One thing to change at Kaizala, its state, and what came of it for each number."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from kaizala_admin.kaizala import KaizalaClient
from kaizala_admin.outbox.models import OutboxRow, State


class GroupChange(OutboxRow):
    """One call that changes a group (contract, operations 4, 7, 8, 10, 11, 13, 15, 16 and the member role).

    `payload` is what is asked, `results` what came of it: {number: [outcome, reason]} (`changes.results`).
    """

    class Kind(models.TextChoices):
        CREATE_GROUP = "create_group", _("Create a group")
        CREATE_SUBGROUP = "create_subgroup", _("Create a sub-group")
        LINK = "link", _("Link a sub-group")
        UNLINK = "unlink", _("Unlink a sub-group")
        ADD_MEMBERS = "add_members", _("Add members")
        REMOVE_MEMBER = "remove_member", _("Remove a member")
        SET_ROLE = "set_role", _("Change a member's role")
        ADD_SUBSCRIBERS = "add_subscribers", _("Add subscribers")
        REMOVE_SUBSCRIBERS = "remove_subscribers", _("Remove subscribers")

    repeatable: ClassVar[bool] = False  # some kinds are: `may_repeat` knows

    kind = models.CharField(_("what"), max_length=20, choices=Kind)
    group = models.ForeignKey(
        "groups.Group",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="changes",
        verbose_name=_("group"),
        db_index=False,
    )  # none: a new group that hangs below no other
    other = models.ForeignKey(
        "groups.Group",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("other group"),
    )  # the sub-group that is linked or unlinked; the group that was made
    stage = models.CharField(_("stage"), max_length=10, blank=True)  # what comes before the change itself
    payload = models.JSONField(_("what is asked"), default=dict, blank=True)
    results = models.JSONField(_("what came of it"), default=dict, blank=True)
    people = models.PositiveIntegerField(_("people"), default=0)
    done = models.PositiveIntegerField(_("done"), default=0)
    refused = models.PositiveIntegerField(_("refused"), default=0)
    follow_up = models.BooleanField(default=True)  # read the list again afterwards: names and IDs
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("asked by"),
    )
    undoes = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="undone_by")

    class Meta(OutboxRow.Meta):
        verbose_name = _("group change")
        verbose_name_plural = _("group changes")
        ordering = ["-id"]
        indexes = [
            *OutboxRow.Meta.indexes,
            models.Index(fields=["group", "-id"], name="groupchange_group_latest"),
            models.Index(
                fields=["group", "kind"],
                condition=models.Q(state__in=["queued", "sending", "unknown"]),
                name="groupchange_pending",
            ),
        ]
        permissions = [("manage_group", _("Can create, link and fill groups"))]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} #{self.pk}"

    @classmethod
    def prepare_many(cls, rows: Sequence["GroupChange"]) -> None:
        from .operations.members import look_up

        look_up(rows)

    def perform(self, client: KaizalaClient) -> Any:
        from .operations import operation

        return operation(self.kind).perform(self, client)

    def record(self, result: Any) -> bool:
        from .operations import operation

        return operation(self.kind).record(self, result)

    def may_repeat(self) -> bool:
        """Adding a member twice is harmless; making a group twice makes two."""
        from .operations import operation

        return operation(self.kind).repeatable or bool(self.stage)

    def state_changed(self, state: State) -> None:
        self.many_changed([self], state)

    @classmethod
    def many_changed(cls, rows: Sequence["GroupChange"], state: State) -> None:
        from .following import follow

        follow(rows, state)

    def title(self) -> str:
        from .words import title

        return title(self)

    def evidence(self) -> str:
        from .words import evidence

        return evidence(self)


class ChangePicture(models.Model):
    """A new group's picture until it is uploaded; in the database, as any worker may be the one to do it."""

    change = models.OneToOneField(GroupChange, models.CASCADE, related_name="picture")
    name = models.CharField(max_length=100)
    content_type = models.CharField(max_length=50)
    data = models.BinaryField()

    def __str__(self) -> str:
        return self.name
