"""An export: what was asked for, how far it is, and where its file lies until it expires."""

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Format(models.TextChoices):
    CSV = "csv", _("CSV: any spreadsheet or program")
    XLSX = "xlsx", _("XLSX: Excel and LibreOffice")
    JSONL = "jsonl", _("JSON lines: for programs")
    ZIP = "zip", _("ZIP archive")
    GEOJSON = "geojson", _("GeoJSON: for maps")


class Export(models.Model):
    """One file to be made. Its state changes by compare-and-set only; `claim` fences off a late worker."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Under way")
        DONE = "done", _("Ready")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")
        EXPIRED = "expired", _("Expired")

    kind = models.CharField(_("what"), max_length=60)  # the key of a registered Kind
    title = models.CharField(_("name"), max_length=200)
    parameters = models.JSONField(default=dict)
    format = models.CharField(_("format"), max_length=10, choices=Format, default=Format.CSV)
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED)
    rows_done = models.PositiveBigIntegerField(_("rows"), default=0)
    rows_expected = models.PositiveBigIntegerField(_("rows expected"), null=True, blank=True)
    file = models.CharField(max_length=100, blank=True)  # its name in the exports' folder
    size = models.PositiveBigIntegerField(_("size"), default=0)  # bytes
    sha256 = models.CharField("SHA-256", max_length=64, blank=True)
    detail = models.CharField(_("why"), max_length=500, blank=True)
    claim = models.PositiveIntegerField(default=0)  # fencing: grows with each worker that begins
    deaths = models.PositiveSmallIntegerField(default=0)  # workers that stopped in the middle of it
    lease_until = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("asked for by")
    )
    created_at = models.DateTimeField(_("asked for"), default=timezone.now)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    expires_at = models.DateTimeField(_("kept until"), null=True, blank=True)

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        ordering = ["-id"]
        permissions = [("archive_tenant", _("Can archive a tenant, with all its people and messages"))]
        indexes = [
            models.Index(fields=["state", "id"], name="export_state"),
            models.Index(fields=["kind", "-id"], name="export_kind"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("admin:exports_export_progress", args=[self.pk])

    @property
    def is_open(self) -> bool:
        """Whether a worker works on it or will."""
        return self.state in OPEN


OPEN = (Export.State.QUEUED, Export.State.RUNNING)
