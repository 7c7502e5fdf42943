"""The mirror of who: groups, their graph, members, subscribers. Only `sync` writes it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kaizala_admin.connectors.models import Grant, Tenant
from kaizala_admin.outbox.models import OutboxRow, State

NOT_REGISTERED = models.Q(is_provisioned=False, gone_at__isnull=True)
GONE = models.Q(gone_at__isnull=False)


class Mirrored(models.Model):
    """A row that mirrors something at Kaizala. Gone ones stay, dated (design, Sync)."""

    first_seen_at = models.DateTimeField(_("first seen"))
    gone_at = models.DateTimeField(_("gone since"), null=True, blank=True)
    seen_run = models.PositiveBigIntegerField(default=0)  # the SyncRun that last wrote it

    class Meta:
        abstract = True


class Group(Mirrored):
    """A conversation group or a managed public group (contract, section 4)."""

    class Type(models.TextChoices):
        GROUP = "Group", _("Group")
        PUBLIC = "ConnectGroup", _("Public group")

    tenant = models.ForeignKey(Tenant, models.PROTECT, related_name="groups", verbose_name=_("tenant"))
    group_id = models.CharField(_("group ID"), max_length=80)
    name = models.CharField(_("name"), max_length=300)
    group_type = models.CharField(_("type"), max_length=20, choices=Type, default=Type.GROUP)
    image_url = models.TextField(_("picture"), blank=True)
    welcome_message = models.TextField(_("welcome message"), blank=True)
    has_sub_groups = models.BooleanField(_("has sub-groups"), default=False)
    member_count = models.PositiveIntegerField(
        _("members"), default=0
    )  # not gone, as of the last finished sync
    subscriber_count = models.PositiveIntegerField(_("subscribers"), default=0)
    unprovisioned_count = models.PositiveIntegerField(_("not registered"), default=0)  # of both lists
    unprovisioned_members = models.PositiveIntegerField(_("members not registered"), default=0)
    remote_user_count = models.PositiveIntegerField(_("people below, says Kaizala"), null=True, blank=True)
    synced_at = models.DateTimeField(_("last synced"), null=True, blank=True)
    gone_reason = models.CharField(_("why gone"), max_length=200, blank=True)
    sub_groups = models.ManyToManyField(
        "self", through="GroupLink", symmetrical=False, related_name="parents", verbose_name=_("sub-groups")
    )

    class Meta:
        verbose_name = _("group")
        verbose_name_plural = _("groups")
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["tenant", "group_id"], name="group_once_in_tenant")]
        indexes = [models.Index(fields=["gone_at", "name", "id"], name="group_name")]
        permissions = [("sync_group", _("Can sync groups"))]

    def __str__(self) -> str:
        return self.name

    @property
    def unprovisioned_subscribers(self) -> int:
        return self.unprovisioned_count - self.unprovisioned_members


class GroupLink(Mirrored):
    """Parent and child. Groups form a graph: a child may have several parents."""

    parent = models.ForeignKey(Group, models.CASCADE, related_name="child_links")
    child = models.ForeignKey(Group, models.CASCADE, related_name="parent_links")

    class Meta:
        verbose_name = _("sub-group link")
        verbose_name_plural = _("sub-group links")
        constraints = [models.UniqueConstraint(fields=["parent", "child"], name="link_once")]

    def __str__(self) -> str:
        return f"{self.parent_id} > {self.child_id}"


class Reach(Mirrored):
    """This grant reaches this group, in this role."""

    grant = models.ForeignKey(Grant, models.CASCADE, related_name="reaches")
    group = models.ForeignKey(Group, models.CASCADE, related_name="reaches")
    role = models.CharField(_("role"), max_length=10, blank=True)  # "Admin", "Member" or not told

    class Meta:
        verbose_name = _("reach")
        verbose_name_plural = _("reaches")
        constraints = [models.UniqueConstraint(fields=["grant", "group"], name="reach_once")]

    def __str__(self) -> str:
        return f"{self.grant_id} > {self.group_id}"


class Person(Mirrored):
    """What Kaizala tells of a person in one group (contract, sections 5 and 6)."""

    person_id = models.CharField(_("user ID"), max_length=80)
    mobile_number = models.CharField(_("mobile number"), max_length=20, blank=True)
    name = models.CharField(_("name"), max_length=300, blank=True)
    profile_pic = models.TextField(_("picture"), blank=True)
    is_provisioned = models.BooleanField(_("registered"), default=False)
    back_at = models.DateTimeField(_("back since"), null=True, blank=True)  # the last time, after being gone

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name or self.mobile_number or self.person_id

    @property
    def since(self) -> datetime:
        """Of those who are here: since when, without a break that the console saw."""
        return self.back_at or self.first_seen_at


class Member(Person):
    """A person in a group, with a role."""

    class Role(models.TextChoices):
        ADMIN = "Admin", _("Admin")
        MEMBER = "Member", _("Member")

    group = models.ForeignKey(
        Group, models.CASCADE, related_name="members", verbose_name=_("group"), db_index=False
    )
    role = models.CharField(_("role"), max_length=10, choices=Role, default=Role.MEMBER)
    event_at = models.DateTimeField(null=True, blank=True)  # the last event; a sync that began before is late

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        constraints = [models.UniqueConstraint(fields=["group", "person_id"], name="member_once_in_group")]
        indexes = [
            models.Index(fields=["group", "gone_at", "id"], name="member_group"),
            models.Index(fields=["mobile_number"], name="member_mobile"),
            models.Index(fields=["group", "mobile_number"], name="member_group_mobile"),
            models.Index(
                fields=["group", "gone_at", "id"], condition=NOT_REGISTERED, name="member_unregistered"
            ),
            models.Index(fields=["id"], condition=GONE, name="member_gone"),
            models.Index(
                fields=["group"], condition=models.Q(role="Admin", gone_at__isnull=True), name="member_admin"
            ),
            models.Index(
                fields=["group", "event_at"],
                condition=models.Q(event_at__isnull=False),
                name="member_event",
            ),
        ]


class Subscriber(Person):
    """A person who follows a managed public group."""

    group = models.ForeignKey(
        Group, models.CASCADE, related_name="subscribers", verbose_name=_("group"), db_index=False
    )

    class Meta:
        verbose_name = _("subscriber")
        verbose_name_plural = _("subscribers")
        constraints = [
            models.UniqueConstraint(fields=["group", "person_id"], name="subscriber_once_in_group")
        ]
        indexes = [
            models.Index(fields=["group", "gone_at", "id"], name="subscriber_group"),
            models.Index(fields=["mobile_number"], name="subscriber_mobile"),
            models.Index(fields=["group", "mobile_number"], name="subscriber_group_mobile"),
            models.Index(
                fields=["group", "gone_at", "id"], condition=NOT_REGISTERED, name="subscriber_unregistered"
            ),
            models.Index(fields=["id"], condition=GONE, name="subscriber_gone"),
        ]


class SyncRun(OutboxRow):
    """One sync: of what a grant reaches, or of one group. Each call is a page; the row is its own cursor."""

    class Kind(models.TextChoices):
        DIRECTORY = "directory", _("Groups of a grant")
        GROUP = "group", _("One group")
        MEMBERS = "members", _("Members of one group")

    repeatable: ClassVar[bool] = True

    kind = models.CharField(_("what"), max_length=10, choices=Kind)
    group = models.ForeignKey(
        Group, models.CASCADE, null=True, blank=True, related_name="sync_runs", verbose_name=_("group")
    )
    parent = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="children")
    stage = models.CharField(
        _("stage"), max_length=20, blank=True
    )  # "details", "sub_groups", "members", "subscribers"
    cursor = models.TextField(blank=True)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    pages = models.PositiveIntegerField(_("pages"), default=0)  # each is one call
    expected_pages = models.PositiveIntegerField(_("pages expected"), default=1)  # for the time to go
    seen = models.PositiveIntegerField(_("seen"), default=0)
    created = models.PositiveIntegerField(_("new"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    gone = models.PositiveIntegerField(_("gone"), default=0)
    allow_gone = models.BooleanField(default=False)  # a person accepted that many will be marked as gone
    stop_asked = models.BooleanField(default=False)  # a person cancelled it while a call was under way

    class Meta(OutboxRow.Meta):
        verbose_name = _("sync run")
        verbose_name_plural = _("sync runs")
        ordering = ["-id"]
        indexes = [
            *OutboxRow.Meta.indexes,
            models.Index(fields=["group", "-id"], name="syncrun_group_latest"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["group"], condition=models.Q(state__in=["queued", "sending"]), name="one_sync_a_group"
            ),
            models.UniqueConstraint(
                fields=["grant"],
                condition=models.Q(state__in=["queued", "sending"], kind="directory"),
                name="one_directory_sync_a_grant",
            ),
        ]

    @classmethod
    def prepare_many(cls, rows: Sequence["SyncRun"]) -> None:
        models.prefetch_related_objects(rows, "group")

    def perform(self, client: Any) -> Any:
        from . import sync

        return sync.fetch(self, client)

    def record(self, result: Any) -> bool:
        from . import sync

        return sync.record(self, result)

    def after(self, answer: Any) -> "SyncRun | None":
        from . import sync

        return sync.after(self, answer)

    def together(self) -> int:
        from . import sync

        return sync.together(self)

    def __str__(self) -> str:
        return f"{self.get_kind_display()} #{self.pk}"

    @classmethod
    def many_changed(cls, rows: Sequence["SyncRun"], state: State) -> None:
        """A person who retries a stopped run wants it to go on."""
        if state == State.QUEUED:
            cls.objects.filter(pk__in=[row.pk for row in rows], stop_asked=True).update(stop_asked=False)

    @property
    def explanation(self) -> str:
        """Why it failed or waits, or what is worth knowing; "" mostly. Select connector and grant."""
        from kaizala_admin.outbox.words import why_waiting

        return self.detail or why_waiting(self)

    def title(self) -> str:
        if self.group is not None and self.kind == self.Kind.MEMBERS:
            return gettext("Sync of the members of %(group)s") % {"group": self.group.name}
        if self.group is not None:
            return gettext("Sync of the group %(group)s") % {"group": self.group.name}
        return gettext("Sync of the groups that %(grant)s reaches") % {"grant": self.grant.name}


class SyncPage(models.Model):
    """What one page of a run held. Kept until the run is done, so that unchanged rows need no write.

    `cursor` and `content` are digests: a cursor or a page that comes again is a loop. `ids` are the primary
    keys of the page's mirror rows, 8 bytes each (`groups.sync.seen`).
    """

    run = models.ForeignKey(SyncRun, models.CASCADE, related_name="page_set")
    cursor = models.CharField(max_length=32)
    content = models.CharField(max_length=32)
    ids = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "cursor"], name="sync_cursor_once"),
            models.UniqueConstraint(fields=["run", "content"], name="sync_content_once"),
        ]

    def __str__(self) -> str:
        return f"{self.run_id}: {len(self.ids) // 8}"


from .changes.models import ChangePicture, GroupChange  # noqa: E402, F401 - the app's other models
from .figures.models import DailyTotal, Headcount, Return, TenantTotal  # noqa: E402, F401
from .imports.models import ImportChunk, ImportRow, ImportRun  # noqa: E402, F401
