"""An import: its file, its state, and each row of the sheet with what became of it."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from groups.reading.numbers import Problem as NumberProblem
from kaizala_admin.connectors.models import Tenant


class ImportRun(models.Model):
    """One uploaded sheet, from the upload to the last row's result."""

    class Kind(models.TextChoices):
        ADD = "add", _("Add people to one group")
        REMOVE = "remove", _("Remove people from one group")
        EQUAL = "equal", _("Make one group equal to the list")
        MANY = "many", _("Add people to many groups")
        LEAVE = "leave", _("Remove people from many groups")
        LINKS = "links", _("Link groups below groups")
        UNLINK = "unlink", _("Unlink groups from groups above them")
        UNDO = "undo", _("Take back an import")

    class State(models.TextChoices):
        READING = "reading", _("Being read")
        MAPPING = "mapping", _("Columns wanted")
        CHECKED = "checked", _("Checked, waits for a yes")
        RUNNING = "running", _("Under way")
        PAUSED = "paused", _("Paused")
        FINISHED = "finished", _("Finished")
        CANCELLED = "cancelled", _("Cancelled")
        FAILED = "failed", _("Cannot be read")

    tenant = models.ForeignKey(Tenant, models.PROTECT, related_name="+", verbose_name=_("tenant"))
    kind = models.CharField(_("what"), max_length=10, choices=Kind)
    group = models.ForeignKey(
        "groups.Group", models.CASCADE, null=True, blank=True, related_name="imports", verbose_name=_("group")
    )
    undoes = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="undone_by", verbose_name=_("takes back")
    )
    subscribers = models.BooleanField(_("as subscribers"), default=False)  # of one public group
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.READING)
    region = models.CharField(_("default country"), max_length=2)
    file_name = models.CharField(_("file"), max_length=200)
    file_size = models.PositiveBigIntegerField(_("size"), default=0)  # bytes
    columns = models.JSONField(default=dict, blank=True)  # field: place of its column from 0
    headed = models.BooleanField(default=False)  # the first row names the columns
    heading = models.JSONField(default=list, blank=True)  # its cells, "" where it has none
    sample = models.JSONField(default=list, blank=True)  # the first rows, for mapping by hand
    rows_read = models.PositiveIntegerField(_("rows"), default=0)
    bytes_read = models.PositiveBigIntegerField(default=0)
    calls = models.PositiveIntegerField(_("calls"), default=0)
    seconds = models.PositiveIntegerField(default=0)  # that the calls take at today's budgets
    kept = models.JSONField(default=dict, blank=True)  # who stays although the list lacks them: {why: count}
    totals = models.JSONField(_("result"), default=dict, blank=True)  # rows by state, once it is over
    error = models.CharField(_("error"), max_length=500, blank=True)
    claim = models.PositiveIntegerField(default=0)  # grows with each reader: a late one writes nothing
    lease_until = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("uploaded by"),
    )  # fmt: skip
    created_at = models.DateTimeField(_("uploaded"))
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("accepted by"),
    )  # fmt: skip
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True)
    finished_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["undoes"],
                condition=~models.Q(state__in=["cancelled", "failed"]),
                name="import_undone_once",
            )
        ]
        indexes = [
            models.Index(
                fields=["state"],
                condition=models.Q(state__in=["reading", "running"]),
                name="import_under_way",
            )
        ]

    def __str__(self) -> str:
        return self.file_name


class ImportChunk(models.Model):
    """A part of the uploaded file; in the database, as any worker may be the one to read it."""

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="chunks", db_index=False)
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="import_chunk_once")]

    def __str__(self) -> str:
        return f"{self.run_id}: {self.number}"


class ImportRow(models.Model):
    """One row of the sheet (or one person whom the list lacks, line 0), and what becomes of it."""

    class Action(models.TextChoices):
        ADD = "add", _("add")
        REMOVE = "remove", _("remove")
        PROMOTE = "promote", _("make an admin")
        DEMOTE = "demote", _("make an ordinary member")
        LINK = "link", _("link")
        UNLINK = "unlink", _("unlink")

    class State(models.TextChoices):
        READY = "ready", _("To do")
        THERE = "there", _("Already so")
        DUPLICATE = "duplicate", _("Repeats another row")
        WRONG = "wrong", _("Wrong")
        QUEUED = "queued", _("In line")
        DONE = "done", _("Done")
        REFUSED = "refused", _("Refused")
        CANCELLED = "cancelled", _("Cancelled")

    class Problem(models.TextChoices):
        NO_NUMBER = "no_number", _("The cell is empty. A merged cell keeps its text in its first row only.")
        NO_GROUP = "no_group", _("No group has this name or ID.")
        TWO_GROUPS = "two_groups", _("Several groups have this name. Write the group's ID instead.")
        NO_ADMIN = "no_admin", _("No grant of ours may change this group.")
        NO_ROLE = "no_role", _("This is no role. Write member, admin or subscriber.")
        NOT_PUBLIC = "not_public", _("This group is not public, so it has no subscribers.")
        NOT_SYNCED = (
            "not_synced",
            _("This group was never synced, so its people are not known. Sync it first."),
        )
        RING = "ring", _("That would be a ring: the group cannot stand below itself.")

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="rows", db_index=False)
    line = models.PositiveIntegerField(_("line"))  # of the sheet, from 1
    action = models.CharField(_("action"), max_length=10, choices=Action)
    group = models.ForeignKey("groups.Group", models.CASCADE, null=True, related_name="+", db_index=False)
    other = models.ForeignKey("groups.Group", models.CASCADE, null=True, related_name="+", db_index=False)
    mobile_number = models.CharField(_("mobile number"), max_length=20, blank=True)
    role = models.CharField(_("role"), max_length=10, blank=True)  # member, admin, subscriber
    state = models.CharField(_("state"), max_length=10, choices=State)
    problem = models.CharField(_("problem"), max_length=20, blank=True)
    column = models.CharField(_("column"), max_length=10, blank=True)  # the field that is wrong
    given = models.CharField(_("given"), max_length=100, blank=True)  # what stood in that cell
    cells = models.TextField(blank=True)  # the whole row as JSON, of wrong rows only
    change_id = models.PositiveBigIntegerField(null=True)  # the GroupChange that does it
    reason = models.CharField(_("reason"), max_length=200, blank=True)  # Kaizala's, where it refused
    joined = models.BooleanField(default=False)  # of who is made an admin: this import brought him or her in

    class Meta:
        verbose_name = _("import row")
        verbose_name_plural = _("import rows")
        ordering = ["id"]
        indexes = [
            models.Index(fields=["run", "state", "id"], name="importrow_state"),
            models.Index(
                fields=["change_id"], condition=models.Q(change_id__isnull=False), name="importrow_change"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.line}: {self.mobile_number or self.given}"

    @property
    def why(self) -> str:
        """In words: what is wrong with it, or what Kaizala said."""
        if self.reason:
            return self.reason
        for words in (self.Problem, NumberProblem):
            if self.problem in words.values:
                return str(words(self.problem).label)
        return ""
